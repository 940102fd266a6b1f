"""Counts of one worker, and those of all workers in the text format of Prometheus.

Any worker may get the scrape, so each leaves its counts in a file every second, and the one that is asked tells
of all.
"""

import math
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

import msgspec

from slipway.records.misfit import parts
from slipway.serving.leave import leave
from slipway.serving.prometheus import Histograms, Samples, family, histogram
from slipway.serving.use import Use
from slipway.serving.use_metrics import use_lines

_PREDICTIONS = "Rows answered, by the arm that did, and whether it was its turn or it stepped in for one that failed."
_REFUSALS = "Requests refused because their rows do not fit the signature, by what is wrong first."
EDGES_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends of the latency buckets; one more is open."""

_EDGES_US = tuple(edge * 1e6 for edge in EDGES_S)
_KEPT_S = 15.0


class ToldKind(StrEnum):
    """What callers tell of predictions; each is counted in the field of :class:`Counts` that bears its name."""

    OUTCOMES = "outcomes"
    DECISIONS = "decisions"
    METRICS = "metrics"


class Counts(msgspec.Struct, kw_only=True):
    """What one worker counted since it started.

    Attributes:
        predictions: Rows that were answered, or wait for a person, by arm. One that failed is none.
        stepped_in: Those of them that it gave in place of another arm, which failed.
        errors: Failures by kind.
        refusals: Requests whose rows did not fit, by reason and field (:func:`slipway.records.misfit.key`).
        refused_rows: Rows of such requests, each body once; by the same.
        outcomes: Outcomes taken.
        decisions: Decisions taken.
        metrics: Values of business metrics taken.
        unlogged: Answers that went out although the journal's disk refused them.
        disk_refuses: Whether it refused the last tick.
        latency: Answers by latency bucket; the last one is open. A row that failed is none, however fast.
        latency_sum_s: Sum of all latencies.
        slow: Answers that took longer than the latency budget.
        slow_over_us: That budget, in microseconds; infinite where the scope has none.
        waiting: Rows that wait.
        route_version: Version in force.
        worker: Name of the worker.
        use: What the worker and its arms take.
        spans: Spans of traces by what became of them; empty where nothing is traced.
        at_s: When this was written, in seconds since the epoch.
        since_s: When it was written first; another moment is another process, which began to count anew.
    """

    predictions: dict[str, int] = {}
    stepped_in: dict[str, int] = {}
    errors: dict[str, int] = {}
    refusals: dict[str, int] = {}
    refused_rows: dict[str, int] = {}
    outcomes: int = 0
    decisions: int = 0
    metrics: int = 0
    unlogged: int = 0
    disk_refuses: bool = False
    latency: list[int] = msgspec.field(default_factory=lambda: [0] * (len(EDGES_S) + 1))
    latency_sum_s: float = 0.0
    slow: int = 0
    slow_over_us: float = math.inf
    waiting: int = 0
    route_version: int = 0
    worker: str = ""
    use: Use = msgspec.field(default_factory=Use)
    spans: dict[str, int] = {}
    at_s: float = 0.0
    since_s: float = 0.0

    def answered(self, arms: list[str], fallbacks: list[bool], *, latency_us: int) -> None:
        """Count the answers of one frame, which all took as long; rows that got none are for :meth:`failed`.

        >>> counts = Counts(slow_over_us=500.0)
        >>> counts.answered(["live", "rule"], [False, True], latency_us=700)
        >>> counts.predictions, counts.stepped_in, sum(counts.latency), counts.slow
        ({'live': 1, 'rule': 1}, {'rule': 1}, 2, 2)
        """
        rows = len(arms)
        for arm in dict.fromkeys(arms):
            self.predictions[arm] = self.predictions.get(arm, 0) + arms.count(arm)
        if True in fallbacks:
            for arm, instead in zip(arms, fallbacks, strict=True):
                if instead:
                    self.stepped_in[arm] = self.stepped_in.get(arm, 0) + 1
        self.latency[bisect_left(_EDGES_US, latency_us)] += rows
        self.latency_sum_s += latency_us * rows / 1e6
        if latency_us > self.slow_over_us:
            self.slow += rows

    def told(self, count: int, *, kind: ToldKind) -> None:
        """Count what was told."""
        setattr(self, kind, getattr(self, kind) + count)

    def failed(self, kind: str, *, count: int = 1) -> None:
        """Count failures of a kind."""
        self.errors[kind] = self.errors.get(kind, 0) + count


def count_spans(counts: Counts) -> Callable[[str, int], None]:
    """Return what counts spans; each kind is there from the first, for a rate needs the 0."""
    counts.spans = dict.fromkeys(("sent", "dropped", "not_taken"), 0)

    def count(what: str, spans: int) -> None:
        counts.spans[what] += spans

    return count


def path_of(worker: str, *, folder: Path) -> Path:
    """Return where a worker, such as ``worker-0``, leaves its counts."""
    return folder / f"metrics-{worker}.msgpack"


def shadow_path(folder: Path) -> Path:
    """Return where the shadow process leaves what it takes; it answers nobody, so it is none of the workers."""
    return folder / "shadow-use.msgpack"


def save(counts: Counts, *, path: Path) -> None:
    """Leave the counts where the other workers find them. Not flushed to the disk: it is worth one second."""
    counts.at_s = time.time()
    counts.since_s = counts.since_s or counts.at_s
    leave(path, msgspec.msgpack.encode(counts), temporary=path.with_suffix(".new"))


def total(own: Counts, *, folder: Path, own_path: Path) -> list[Counts]:
    """Return the worker's own counts and the last ones that living workers beside it left."""
    return [own, *left(folder, but=own_path)]


def left(folder: Path, *, but: Path | None = None) -> list[Counts]:
    """Return the last counts that living workers left in a folder, by name, all but one file's."""
    paths = [path for path in sorted(folder.glob("metrics-*.msgpack")) if path != but]
    return [counts for path in paths if (counts := read(path)) is not None]


def read(path: Path) -> Counts | None:
    """Return what a process left in its file, or None if that is too old, or is not there."""
    try:
        counts = msgspec.msgpack.decode(path.read_bytes(), type=Counts)
    except (OSError, msgspec.DecodeError):
        return None
    return counts if time.time() - counts.at_s < _KEPT_S else None


def render(workers: Iterable[Counts], *, shadow: Counts | None = None) -> bytes:
    """Return the text that Prometheus reads.

    Each counter bears the name of its worker: a sum over workers would fall when one of them starts anew, and whoever
    takes a rate of it would count again all that the others ever counted.

    Args:
        workers: What each worker counted; each has a name of its own.
        shadow: What the shadow process left, or None where none runs; it answers nobody, so only what it takes counts.

    >>> counts = Counts(route_version=3, worker="worker-0")
    >>> counts.answered(["live"], [False], latency_us=700)
    >>> text = render([counts]).decode()
    >>> print(*[line for line in text.splitlines() if line.startswith("slipway_predictions_total{")], sep=chr(10))
    slipway_predictions_total{arm="live",outcome="answered",worker="worker-0"} 1
    slipway_predictions_total{arm="live",outcome="fallback",worker="worker-0"} 0
    """
    known = list(workers)
    processes = [*known, *([shadow] if shadow else [])]
    lines = _counter("predictions_total", _PREDICTIONS, known, _predictions, labels=("arm", "outcome"))
    lines += _counter("outcomes_total", "Outcomes taken.", known, lambda c: {(): c.outcomes})
    lines += _counter("decisions_total", "Decisions of people taken.", known, lambda c: {(): c.decisions})
    lines += _counter("metrics_total", "Values of business metrics taken.", known, lambda c: {(): c.metrics})
    lines += _counter("unlogged_total", "Answers that the journal's disk refused.", known, lambda c: {(): c.unlogged})
    lines += _counter("errors_total", "Failures by kind.", known, lambda c: _by(c.errors), labels=("kind",))
    lines += _counter("refusals_total", _REFUSALS, known, _refusals, labels=("reason", "field"))
    latency: Histograms = {(c.worker,): (c.latency, c.latency_sum_s) for c in known}
    lines += histogram(
        "latency_seconds",
        "From receipt to answer, of the rows that got one.",
        latency,
        edges=EDGES_S,
        labels=("worker",),
    )
    if any(math.isfinite(c.slow_over_us) for c in known):
        text = "Answers that took longer than the scope's latency budget."
        lines += _counter("slow_answers_total", text, known, lambda c: {(): c.slow})
    oldest = min(c.route_version for c in known)
    lines += family("route_version", "Oldest route version in force in any worker.", {(): oldest})
    refuses = sum(c.disk_refuses for c in known)
    lines += family("disk_refuses", "Workers whose rows the journal's disk does not take.", {(): refuses})
    text = "Spans by what became of them."
    lines += _counter("trace_spans_total", text, processes, lambda c: _by(c.spans), labels=("outcome",))
    lines += family("workers", "Workers counted here.", {(): len(known)})
    lines += use_lines({c.worker: c.use for c in processes if c.worker})
    return ("\n".join(lines) + "\n").encode()


def _counter(
    name: str, text: str, known: list[Counts], of: Callable[[Counts], Samples], *, labels: tuple[str, ...] = ()
) -> list[str]:
    samples = {(*key, counts.worker): n for counts in known for key, n in of(counts).items()}
    return family(name, text, samples, labels=(*labels, "worker"))


def _by(counted: dict[str, int]) -> Samples:
    return {(key,): n for key, n in counted.items()}


def _refusals(counts: Counts) -> Samples:
    """Return how many requests did not fit, by reason and field."""
    return {parts(pair): n for pair, n in counts.refusals.items()}


def _predictions(counts: Counts) -> Samples:
    """Return how many answers each arm gave in its own turn, and how many in place of another."""
    instead = counts.stepped_in
    answered: dict[tuple[str, ...], float] = {
        (arm, "answered"): n - instead.get(arm, 0) for arm, n in counts.predictions.items()
    }
    # a rate needs the 0 before the first
    return answered | {(arm, "fallback"): float(instead.get(arm, 0)) for arm in counts.predictions}
