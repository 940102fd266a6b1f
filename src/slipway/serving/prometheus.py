"""The text format of Prometheus: one family of samples after the other, each with its meaning.

Reference:
    prometheus.io, "Exposition formats", text-based format 0.0.4, and "Metric and label naming".
"""

import math
from collections.abc import Mapping, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "slipway_"

Samples = Mapping[tuple[str, ...], float]
"""Values of the labels, in their order, to the number."""
Histograms = Mapping[tuple[str, ...], tuple[Sequence[int], float]]
"""The same to how many fell into each bucket, and the sum of what was counted."""


def family(name: str, text: str, samples: Samples, *, labels: tuple[str, ...] = ()) -> list[str]:
    r"""Return the lines of one family; none where it has no sample. A name that ends with ``_total`` is a counter.

    Args:
        name: Without the prefix; with its unit.
        text: What it means.
        samples: Each with a value for every label.
        labels: Names of the labels.

    >>> family("shares", "Part of the requests.", {('a"b',): 0.5}, labels=("arm",))
    ['# HELP slipway_shares Part of the requests.', '# TYPE slipway_shares gauge', 'slipway_shares{arm="a\\"b"} 0.5']
    >>> family("rows_total", "Rows.", {(): 3})[-1]
    'slipway_rows_total 3'
    """
    if not samples:
        return []
    kind = "counter" if name.endswith("_total") else "gauge"
    return [*_head(name, text, kind), *(_line(name, labels, key, value) for key, value in sorted(samples.items()))]


def histogram(
    name: str,
    text: str,
    samples: Histograms,
    *,
    edges: tuple[float, ...],
    labels: tuple[str, ...] = (),
) -> list[str]:
    """Return the lines of a histogram.

    Args:
        name: Without the prefix; with its unit.
        text: What it means.
        samples: How many fell into each bucket, shape (edges + 1,), and the sum of what was counted, by the labels.
        edges: Upper ends of the buckets, ascending; one more is open.
        labels: Names of the labels.

    >>> histogram("x_seconds", "X.", {("a",): ([2, 1], 0.7)}, edges=(0.1,), labels=("of",))[2:4]
    ['slipway_x_seconds_bucket{of="a",le="0.1"} 2', 'slipway_x_seconds_bucket{of="a",le="+Inf"} 3']
    """
    lines = _head(name, text, "histogram")
    for key, (counts, total) in sorted(samples.items()):
        so_far = 0
        for edge, count in zip([f"{e:g}" for e in edges] + ["+Inf"], counts, strict=True):
            so_far += count
            lines.append(_line(f"{name}_bucket", (*labels, "le"), (*key, edge), so_far))
        lines.append(_line(f"{name}_sum", labels, key, round(total, 6)))
        lines.append(_line(f"{name}_count", labels, key, so_far))
    return lines


def _head(name: str, text: str, kind: str) -> list[str]:
    return [f"# HELP {PREFIX}{name} {text}", f"# TYPE {PREFIX}{name} {kind}"]


def _line(name: str, labels: tuple[str, ...], values: tuple[str, ...], value: float) -> str:
    named = ",".join(f'{label}="{_escaped(word)}"' for label, word in zip(labels, values, strict=True))
    return f"{PREFIX}{name}{{{named}}} {_number(value)}" if named else f"{PREFIX}{name} {_number(value)}"


def _escaped(word: str) -> str:
    return word.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.10g}"
