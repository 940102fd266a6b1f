"""Bodies of ``POST /outcomes``: what turned out to be true, by prediction id."""

import re
from collections.abc import Mapping

import msgspec
import numpy as np

from slipway.records.task import TaskKind
from slipway.serving.explain import NO_JSON, not_json
from slipway.serving.naming import checked_id
from slipway.serving.once import refuse_twice
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import Values

COLUMNS = ("id", "value")
"""Names of the columns of a table of outcomes."""
Outcomes = tuple[list[str], list[float]]
"""Prediction ids and what turned out to be true of them."""


class _One(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    value: float


class _Many(msgspec.Struct, forbid_unknown_fields=True):
    outcomes: list[_One]


_MANY = re.compile(rb'\s*\{\s*"outcomes"\s*:')
_one, _many = msgspec.json.Decoder(_One).decode, msgspec.json.Decoder(_Many).decode


def decode_outcomes(body: bytes, *, kind: TaskKind) -> Outcomes:
    """Return ids and values of ``{"id", "value"}`` or ``{"outcomes": [...]}``.

    Raises:
        Refusal: 400; not of that form, or a binary outcome that is neither 0 nor 1. 409; two values of one id.

    >>> decode_outcomes(b'{"id": "w-1", "value": 1}', kind=TaskKind.BINARY)
    (['w-1'], [1.0])
    """
    try:
        outcomes = _many(body).outcomes if _MANY.match(body) else [_one(body)]
    except msgspec.ValidationError as error:
        raise _no_outcome(str(error)) from None
    except NO_JSON as error:
        raise not_json(error) from None
    refuse_twice(body, names=2 * len(outcomes))
    return _checked([o.id for o in outcomes], [o.value for o in outcomes], kind=kind)


def outcomes_of(columns: Mapping[str, Values], *, kind: TaskKind) -> Outcomes:
    """Return ids and values of the columns ``id`` and ``value``.

    Raises:
        Refusal: 400 or 409; as :func:`decode_outcomes`.

    >>> outcomes_of({"id": ["w-1"], "value": np.array([1])}, kind=TaskKind.BINARY)
    (['w-1'], [1.0])
    """
    if columns.keys() != set(COLUMNS):
        raise _no_outcome(f"the columns {', '.join(sorted(columns))}"[:200])
    ids, values = list(columns["id"]), columns["value"]
    if odd := [i for i in ids if not isinstance(i, str)]:
        raise _no_outcome(f"the id {odd[0]!r}"[:200])
    numbers = np.asarray(values)
    if numbers.dtype.kind not in "biuf" or not np.isfinite(numbers).all():
        raise _no_outcome("a value that is no number")
    return _checked(ids, numbers.astype(np.float64).tolist(), kind=kind)


def _checked(ids: list[str], values: list[float], *, kind: TaskKind) -> Outcomes:
    if not ids:
        raise Refusal(400, "There are no outcomes.", wanted="at least one", got="an empty list")
    for name in ids:
        checked_id(name, name="id", made=False)
    if kind is TaskKind.BINARY and not {0.0, 1.0}.issuperset(values):
        name, value = next((i, v) for i, v in zip(ids, values, strict=True) if v not in (0.0, 1.0))
        raise Refusal(400, f"outcome of '{name}': Y is binary.", wanted="0 or 1", got=f"{value:g}")
    if len(set(ids)) < len(ids):
        known: dict[str, float] = {}
        for name, value in zip(ids, values, strict=True):
            if known.setdefault(name, value) != value:
                got = f"{known[name]:g} and {value:g}"
                raise Refusal(409, f"outcome of '{name}': two contradict each other.", wanted="one value", got=got)
    return ids, values


def _no_outcome(got: str) -> Refusal:
    return Refusal(
        400,
        "This is no outcome.",
        wanted='{"id": "...", "value": 1}, {"outcomes": [{"id": "...", "value": 1}]}, or the columns id and value',
        got=got,
        hint="The id is the one that the prediction's reply carried; the value is a number. "
        'What a person decided is told as {"id": "...", "decision": 1, "by": "ana"}.',
    )
