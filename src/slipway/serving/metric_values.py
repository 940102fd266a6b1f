"""Bodies of ``POST /outcomes`` that tell business metrics: by prediction id, and by the metric's name."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from slipway.records.base import NAME
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import Values
from slipway.serving.telling import Form, check_ids, numbers_of, refuse_contradictions, texts_of

COLUMNS = ("id", "metric", "value")
"""Names of the columns of a table of metrics."""


class MetricValues(NamedTuple):
    """Values of business metrics, one entry each.

    Attributes:
        ids: Prediction ids.
        metrics: Names of metrics.
        values: What was measured.
    """

    ids: list[str]
    metrics: list[str]
    values: list[float]


class _One(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    metric: str
    value: float


class _Many(msgspec.Struct, forbid_unknown_fields=True):
    metrics: list[_One]


_SINGLE = re.compile(rb'"metric"\s*:')


def tells_metrics(body: bytes) -> bool:
    """Tell whether a body is meant to tell metrics, and not outcomes.

    >>> tells_metrics(b'{"id": "w-1", "metric": "revenue", "value": 3.2}')
    True
    >>> tells_metrics(b'{"id": "metric", "value": 1}')
    False
    """
    return _FORM.is_list(body) or _SINGLE.search(body) is not None


def decode_metrics(body: bytes) -> MetricValues:
    """Return what ``{"id", "metric", "value"}`` or ``{"metrics": [...]}`` tells.

    Raises:
        Refusal: 400; not of that form, or a name that is no checked word. 409; two values of one metric of one id.

    >>> decode_metrics(b'{"id": "w-1", "metric": "revenue", "value": 3.2}')
    MetricValues(ids=['w-1'], metrics=['revenue'], values=[3.2])
    """
    told = _FORM.decode(body)
    return _checked(MetricValues([m.id for m in told], [m.metric for m in told], [m.value for m in told]))


def metrics_of(columns: Mapping[str, Values]) -> MetricValues:
    """Return what the columns :data:`COLUMNS` tell.

    Raises:
        Refusal: 400 or 409; as :func:`decode_metrics`.

    >>> metrics_of({"id": ["w-1"], "metric": ["revenue"], "value": [3.2]}).metrics
    ['revenue']
    """
    if columns.keys() != set(COLUMNS):
        raise _no_metric(f"the columns {', '.join(sorted(columns))}"[:200])
    ids, metrics = (texts_of(columns, name, wrong=_no_metric) for name in ("id", "metric"))
    values = numbers_of(columns["value"], flags=True, wrong=lambda: _no_metric("a value that is no number"))
    return _checked(MetricValues(ids, metrics, values))


def check_metric(name: str) -> None:
    """Return if this can name a metric.

    Raises:
        Refusal: 400; it is no checked word.
    """
    if NAME.fullmatch(name):
        return
    raise Refusal(
        400,
        "metric: this names no metric.",
        wanted="1 to 64 lower-case letters, digits, '-' or '_' that start with a letter",
        got=repr(name)[:80],
        hint="It is the name that a gate of the rollout's plan asks for.",
    )


def _checked(told: MetricValues) -> MetricValues:
    check_ids(told.ids, noun="metric")
    for name in set(told.metrics):
        check_metric(name)
    refuse_contradictions(
        zip(told.ids, told.metrics, strict=True),
        told.values,
        error=lambda key: f"'{key[1]}' of '{key[0]}': two values contradict each other.",
        wanted="one value",
    )
    return told


def _no_metric(got: str) -> Refusal:
    return Refusal(
        400,
        "This is no business metric.",
        wanted='{"id": "...", "metric": "revenue", "value": 3.2}, {"metrics": [...]} or columns of these names',
        got=got,
        hint="The id is the one that the prediction's reply carried; the value is a number in the metric's own unit.",
    )


_FORM = Form("metrics", msgspec.json.Decoder(_One).decode, msgspec.json.Decoder(_Many).decode, 3, _no_metric)
