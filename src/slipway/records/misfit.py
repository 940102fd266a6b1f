"""Why a row does not fit the signature, in words of ours: what refusals are counted by."""

from enum import StrEnum


class Reason(StrEnum):
    """What is wrong with a field of a row that is refused. A closed set, for it names samples of Prometheus.

    ``TEXT``, ``NUMBER``, ``BOOLEAN``, ``NESTED``: it came as that, and another type was wanted. ``MISSING``: it is
    required. ``OUTSIDE``: a number or category outside the signature. ``UNKNOWN``: there is no such field. ``BODY``:
    the whole body is no row. ``OTHER``: anything else, such as an id that comes twice.
    """

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NESTED = "nested"
    MISSING = "missing"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"
    BODY = "body"
    OTHER = "other"


WORDS = {
    Reason.TEXT: "is text",
    Reason.NUMBER: "is a number",
    Reason.BOOLEAN: "is true or false",
    Reason.NESTED: "is a list or an object",
    Reason.MISSING: "is missing",
    Reason.OUTSIDE: "is outside what the signature takes",
    Reason.UNKNOWN: "fields come that the signature does not have",
    Reason.BODY: "bodies come that are no rows",
    Reason.OTHER: "requests are wrong in other ways",
}
"""What is said of each, behind the name of the field where there is one."""

ELSEWHERE = "other"
"""Stands for a field that is none of the signature's, or one too many."""


def key(reason: Reason, field: str) -> str:
    """Return what a pair is counted under.

    >>> parts(key(Reason.TEXT, "air time"))
    (<Reason.TEXT: 'text'>, 'air time')
    """
    return f"{reason} {field}"


def parts(counted: str) -> tuple[Reason, str]:
    """Return reason and field of what was counted; what another version counted is for another reason."""
    reason, _, field = counted.partition(" ")
    known = reason in Reason.__members__.values()
    return Reason(reason) if known else Reason.OTHER, field


def kind_of(value: object) -> Reason:
    """Return which type a value came as.

    >>> [str(kind_of(v)) for v in ("12", True, 3.5, [1])]
    ['text', 'boolean', 'number', 'nested']
    """
    if isinstance(value, str):
        return Reason.TEXT
    if isinstance(value, bool):
        return Reason.BOOLEAN
    return Reason.NUMBER if isinstance(value, int | float) else Reason.NESTED
