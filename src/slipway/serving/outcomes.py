"""Bodies of ``POST /outcomes``: what turned out to be true, by prediction id."""

from collections.abc import Mapping

import msgspec

from slipway.records.task import TaskKind
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import Values
from slipway.serving.telling import Form, check_ids, check_of_y, numbers_of, refuse_contradictions, texts_of

COLUMNS = ("id", "value")
"""Names of the columns of a table of outcomes."""
Outcomes = tuple[list[str], list[float]]
"""Prediction ids and what turned out to be true of them."""


class _One(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    value: float


class _Many(msgspec.Struct, forbid_unknown_fields=True):
    outcomes: list[_One]


def decode_outcomes(body: bytes, *, kind: TaskKind) -> Outcomes:
    """Return ids and values of ``{"id", "value"}`` or ``{"outcomes": [...]}``.

    Raises:
        Refusal: 400; not of that form, or a binary outcome that is neither 0 nor 1. 409; two values of one id.

    >>> decode_outcomes(b'{"id": "w-1", "value": 1}', kind=TaskKind.BINARY)
    (['w-1'], [1.0])
    """
    outcomes = _FORM.decode(body)
    return _checked([o.id for o in outcomes], [o.value for o in outcomes], kind=kind)


def outcomes_of(columns: Mapping[str, Values], *, kind: TaskKind) -> Outcomes:
    """Return ids and values of the columns ``id`` and ``value``.

    Raises:
        Refusal: 400 or 409; as :func:`decode_outcomes`.

    >>> outcomes_of({"id": ["w-1"], "value": [1]}, kind=TaskKind.BINARY)
    (['w-1'], [1.0])
    """
    if columns.keys() != set(COLUMNS):
        raise _no_outcome(f"the columns {', '.join(sorted(columns))}"[:200])
    ids = texts_of(columns, "id", wrong=_no_outcome)
    values = numbers_of(columns["value"], flags=True, wrong=lambda: _no_outcome("a value that is no number"))
    return _checked(ids, values, kind=kind)


def _checked(ids: list[str], values: list[float], *, kind: TaskKind) -> Outcomes:
    check_ids(ids, noun="outcome")
    check_of_y(ids, values, kind=kind, named="outcome of")
    if len(set(ids)) < len(ids):
        refuse_contradictions(
            ids, values, error=lambda name: f"outcome of '{name}': two contradict each other.", wanted="one value"
        )
    return ids, values


def _no_outcome(got: str) -> Refusal:
    return Refusal(
        400,
        "This is no outcome.",
        wanted='{"id": "...", "value": 1}, {"outcomes": [{"id": "...", "value": 1}]}, or the columns id and value',
        got=got,
        hint="The id is the one that the prediction's reply carried; the value is a number. "
        'What a person decided is told as {"id": "...", "decision": 1, "by": "ana"}, a business metric as '
        '{"id": "...", "metric": "revenue", "value": 3.2}.',
    )


_FORM = Form("outcomes", msgspec.json.Decoder(_One).decode, msgspec.json.Decoder(_Many).decode, 2, _no_outcome)
