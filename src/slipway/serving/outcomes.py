"""Bodies of ``POST /outcomes``: what turned out to be true, by prediction id."""

import re
from typing import Annotated

import msgspec

from slipway.records.task import TaskKind
from slipway.serving.explain import not_json
from slipway.serving.naming import LONGEST_ID
from slipway.serving.refusal import Refusal

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]


class _One(msgspec.Struct, forbid_unknown_fields=True):
    id: _Id
    value: float


class _Many(msgspec.Struct, forbid_unknown_fields=True):
    outcomes: list[_One]


_MANY = re.compile(rb'\s*\{\s*"outcomes"\s*:')
_one, _many = msgspec.json.Decoder(_One).decode, msgspec.json.Decoder(_Many).decode


def decode_outcomes(body: bytes, *, kind: TaskKind) -> tuple[list[str], list[float]]:
    """Return ids and values of ``{"id", "value"}`` or ``{"outcomes": [...]}``.

    Raises:
        Refusal: 400; not of that form, or a binary outcome that is neither 0 nor 1.

    >>> decode_outcomes(b'{"id": "w-1", "value": 1}', kind=TaskKind.BINARY)
    (['w-1'], [1.0])
    """
    try:
        outcomes = _many(body).outcomes if _MANY.match(body) else [_one(body)]
    except msgspec.ValidationError as error:
        raise Refusal(
            400,
            "This is no outcome.",
            wanted='{"id": "...", "value": 1} or {"outcomes": [{"id": "...", "value": 1}]}',
            got=str(error),
            hint="The id is the one that the prediction's reply carried; the value is a number.",
        ) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise not_json(error) from None
    values = [o.value for o in outcomes]
    if not outcomes:
        raise Refusal(400, "There are no outcomes.", wanted="at least one", got="an empty list")
    if kind is TaskKind.BINARY and (odd := [o for o in outcomes if o.value not in (0.0, 1.0)]):
        raise Refusal(400, f"outcome of '{odd[0].id}': Y is binary.", wanted="0 or 1", got=f"{odd[0].value:g}")
    return [o.id for o in outcomes], values
