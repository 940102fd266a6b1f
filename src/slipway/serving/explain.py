"""What is wrong with a row, in words: field, wanted, got, and the nearest spelling. Pure; not on the fast path."""

import math
import sys
from collections.abc import Sequence

import msgspec

from slipway.errors import nearest
from slipway.records.field import Field, FieldKind
from slipway.records.misfit import ELSEWHERE, Reason, kind_of
from slipway.serving.naming import LONGEST_ENTITY
from slipway.serving.refusal import Refusal


def explain(row: object, *, fields: Sequence[Field], others: tuple[str, str], place: str = "") -> None:
    """Return if nothing is found to be wrong; else say the first thing that is.

    Args:
        row: One decoded JSON value.
        fields: Fields of X.
        others: Names of the entity and of the prediction id.
        place: Such as ``rows[3]``, or empty where there is one row.

    Raises:
        Refusal: 400.

    >>> try:
    ...     explain({"dely": 3}, fields=[Field(name="delay", kind=FieldKind.NUMBER)], others=("plane", "id"))
    ... except Refusal as refusal:
    ...     print(refusal.body.error, refusal.body.hint)
    dely: no such field. Did you mean 'delay'?
    """
    prefix = f"{place}." if place else ""
    if not isinstance(row, dict):
        raise Refusal(
            400,
            f"{place or 'The body'} is no row.",
            wanted="a JSON object of named values",
            got=_kind(row),
            misfit=(Reason.BODY, ELSEWHERE),
        )
    entity, own_id = others
    known = [*(f.name for f in fields), *(n for n in others if n not in {f.name for f in fields})]
    for name in row:
        if name not in known:
            raise unknown_field(str(name), known=known, place=place)
    for field in fields:
        _check(field, row, prefix, required=field.required or field.name == entity)
    if not _names_somebody(row.get(entity), free=entity not in {f.name for f in fields}):
        wanted = f"text of 1 to {LONGEST_ENTITY} characters, or a whole number"
        raise Refusal(
            400,
            f"{prefix}{entity}: the entity is missing.",
            wanted=wanted,
            got=_value(row, entity),
            misfit=(Reason.MISSING, entity),
        )
    if not isinstance(row.get(own_id), str | None):
        raise Refusal(400, f"{prefix}{own_id}: this is no id.", wanted="text", got=_value(row, own_id))


def unknown_field(name: str, *, known: Sequence[str], place: str = "") -> Refusal:
    """Say that there is no such field, with the nearest spelling."""
    hint = nearest(name, known).strip() or f"Fields are {', '.join(known)}."
    where = f"{place}." if place else ""
    return Refusal(
        400,
        f"{where}{name}: no such field.",
        wanted="a known field",
        got=f"'{name}'",
        hint=hint,
        misfit=(Reason.UNKNOWN, ELSEWHERE),
    )


NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading a body raises where it is no JSON; msgspec leaves bytes that are no UTF-8, and depth, to Python."""


def not_json(error: Exception) -> Refusal:
    """Say that a body is no JSON; NaN, Infinity and 1e400 are none either."""
    return Refusal(
        400,
        "The body is no JSON.",
        wanted="JSON in UTF-8; a missing number is null, never NaN, and a number fits a float64",
        got=str(error),
        hint='Send one object, such as {"field": 1.5}, or {"rows": [{...}, {...}]}.',
        misfit=(Reason.BODY, ELSEWHERE),
    )


def _check(field: Field, row: dict[str, object], prefix: str, *, required: bool) -> None:
    value = row.get(field.name)
    if value is None and not required:
        return
    wanted = _wanted(field)
    if value is None:
        how = "null" if field.name in row else "nothing"
        missing = (Reason.MISSING, field.name)
        raise Refusal(400, f"{prefix}{field.name}: this field is required.", wanted=wanted, got=how, misfit=missing)
    if not _fits(field, value):
        hint = nearest(value, field.values).strip() if isinstance(value, str) and field.values else ""
        error = f"{prefix}{field.name}: this value does not fit."
        misfit = (_reason(field, value), field.name)
        raise Refusal(400, error, wanted=wanted, got=_value(row, field.name), hint=hint, misfit=misfit)


def _fits(field: Field, value: object) -> bool:
    if field.kind is FieldKind.BOOLEAN:
        return isinstance(value, bool)
    if field.kind is FieldKind.CATEGORY:
        return isinstance(value, str) and (not field.values or value in field.values)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    low = -sys.float_info.max if field.low is None else field.low
    high = sys.float_info.max if field.high is None else field.high
    return low <= value <= high


def _reason(field: Field, value: object) -> Reason:
    came = kind_of(value)
    fits = {FieldKind.BOOLEAN: Reason.BOOLEAN, FieldKind.CATEGORY: Reason.TEXT}.get(field.kind, Reason.NUMBER)
    return Reason.OUTSIDE if came is fits else came


def _wanted(field: Field) -> str:
    if field.kind is FieldKind.BOOLEAN:
        return "true or false"
    if field.kind is FieldKind.CATEGORY:
        return f"one of {', '.join(field.values)}" if field.values else "text"
    low = "" if field.low is None else f" from {field.low:g}"
    high = "" if field.high is None else f" up to {field.high:g}"
    return f"a number{low}{high}{' ' + field.unit if field.unit else ''}"


def _names_somebody(value: object, *, free: bool) -> bool:
    """Tell whether a value can be an entity; one that is a field too has been checked as such."""
    if isinstance(value, str):
        return 0 < len(value) <= (LONGEST_ENTITY if free else len(value))
    return isinstance(value, int | float) and not (free and isinstance(value, bool | float))


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _value(row: dict[str, object], name: str) -> str:
    value = row.get(name)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return msgspec.json.encode(value).decode()[:80] if name in row else "nothing"
