"""A field of X: what one named value of a request is, and who may see it."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record, check_name


class FieldKind(StrEnum):
    """What values a field takes."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"


class Privacy(StrEnum):
    """What the journal may hold of a field."""

    CLEAR = "clear"
    PSEUDONYM = "pseudonym"
    NOTHING = "nothing"


class Field(Record, frozen=True, kw_only=True):
    """One named input.

    Attributes:
        name: As in the data and in a request; a checked word.
        kind: Number, category (text) or boolean.
        unit: Unit of a number, such as ``min``; empty if it has none.
        low: Smallest sensible number, or None.
        high: Largest sensible number, or None.
        values: Closed set of categories; empty means open.
        required: Whether a request must carry it; a field that is not required may be null or absent.
        privacy: What the journal may hold of it.
    """

    name: str
    kind: FieldKind
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    required: bool = False
    privacy: Privacy = Privacy.CLEAR

    def __post_init__(self) -> None:
        check_name("field", self.name)
        if self.kind is not FieldKind.NUMBER and (self.low is not None or self.high is not None or self.unit):
            raise BadInput(f"field {self.name}: want low, high and unit on a number only, got kind '{self.kind}'.")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise BadInput(f"field {self.name}: want low < high, got {self.low} and {self.high}.")
        if self.values and self.kind is not FieldKind.CATEGORY:
            raise BadInput(f"field {self.name}: want values on a category only, got kind '{self.kind}'.")
