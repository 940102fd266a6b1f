"""What a row is called: the entity that it is dealt by, and the id that a caller may give it. Pure."""

from collections import Counter
from collections.abc import Sequence

from slipway.records.load_test import ID_PREFIX
from slipway.serving.refusal import Refusal

LONGEST_ID = 128
"""Characters of a prediction id."""
LONGEST_ENTITY = 256
"""Characters of an entity that is not one of the fields."""
_MADE, _TOLD = "Leave it out and one is made.", "It is the id that the prediction's reply carried."


def entity_text(value: object, *, name: str) -> str:
    """Return the text by which a row is dealt; the same value is the same text by whichever protocol it came.

    Args:
        value: Text or a number.
        name: Name of the entity, for the message.

    Raises:
        Refusal: 400; there is none.

    >>> entity_text("N101", name="plane"), entity_text(7, name="plane"), entity_text(7.0, name="plane")
    ('N101', '7', '7')
    """
    if value is None or value == "" or value != value:  # noqa: PLR0124 - NaN is missing
        raise Refusal(
            400,
            f"{name}: the entity is missing.",
            wanted="a value that says who or what the row is about",
            got=repr(value),
            hint="The same entity is always answered by the same arm; without one there is no fair assignment.",
        )
    return format(value, ".17g") if isinstance(value, float) else str(value)


def checked_id(value: str | None, *, name: str, load_test: bool = False, made: bool = True) -> str | None:
    """Return the id that a caller gave, or None.

    Args:
        value: The id.
        name: What it is called, for the message.
        load_test: Whether ``slipway bench`` asks. Only it may give ids that keep rows out of all evidence.
        made: Whether one is made where none is given; what is told of a prediction has to name it.

    Raises:
        Refusal: 400; too long, empty, not printable, or that of a load test.
    """
    if value is not None and not load_test and value.startswith(ID_PREFIX):
        raise Refusal(
            400,
            f"{name}: ids that begin with '{ID_PREFIX}' are those of load tests, whose rows count for nothing.",
            wanted="another id",
            got=repr(value)[:80],
            hint=f"Ask under load with 'slipway bench'. {_MADE if made else _TOLD}",
        )
    if value is not None and not (0 < len(value) <= LONGEST_ID and value.isprintable()):
        raise Refusal(
            400,
            f"{name}: this is no id.",
            wanted=f"1 to {LONGEST_ID} printable characters",
            got=repr(value)[:80],
            hint=_MADE if made else _TOLD,
        )
    return value


def all_differ(ids: Sequence[str | None], *, name: str) -> None:
    """Return if no id comes twice.

    Raises:
        Refusal: 409; the rows fit one by one, and contradict each other.
    """
    given = [i for i in ids if i is not None]
    if len(set(given)) < len(given):
        twice = Counter(given).most_common(1)[0][0]
        raise Refusal(409, f"{name}: two rows have the same.", wanted="ids that differ", got=repr(twice))
