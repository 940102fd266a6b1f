"""What a frame holds of X: the numbers of a tick in one block, everything else column by column."""

from collections.abc import Iterator, Mapping
from itertools import chain

Column = bytes | list[str | None]
"""One field of X: float64 bytes for numbers and booleans, a list for categories."""

_NUMBER_BYTES = 8


class Held(Mapping[str, Column]):
    """Fields of X by name, as they lie in a frame; a column of numbers is cut out of the block when it is asked for.

    A worker writes a frame a tick, and most are a few rows of many fields: one block costs one copy, where columns
    would cost one each.

    Args:
        columns: Fields that lie alone: categories, pseudonyms, and numbers where there is no block.
        names: Fields of the block, in its order.
        block: Their values: little-endian float64, row behind row, shape (rows, len(names)); a view of memory that
            belongs to another will do, as long as that stays as it is.

    Attributes:
        columns: As given.
        names: As given.
        block: As given.

    >>> held = Held({"carrier": ["EV"]}, names=("a", "b"), block=bytes.fromhex("000000000000f03f0000000000000040"))
    >>> list(held), held["b"].hex()  # IEEE 754 double 2.0
    (['a', 'b', 'carrier'], '0000000000000040')
    """

    __slots__ = ("block", "columns", "names")

    def __init__(
        self, columns: Mapping[str, Column], *, names: tuple[str, ...] = (), block: bytes | memoryview = b""
    ) -> None:
        self.columns, self.names, self.block = columns, names, block

    def __getitem__(self, name: str) -> Column:
        if name in self.columns:
            return self.columns[name]
        try:
            place = self.names.index(name)
        except ValueError:
            raise KeyError(name) from None
        return memoryview(self.block).cast("q")[place :: len(self.names)].tobytes()  # eight bytes each, as they are

    def __iter__(self) -> Iterator[str]:
        return chain(self.names, self.columns)

    def __len__(self) -> int:
        return len(self.names) + len(self.columns)

    def __repr__(self) -> str:
        return f"Held({dict(self)!r})"

    def is_even(self, rows: int) -> bool:
        """Tell whether each field has one value a row."""
        if len(self.block) != _NUMBER_BYTES * len(self.names) * rows:
            return False
        columns = self.columns.values()
        return all(len(c) == (_NUMBER_BYTES * rows if type(c) is bytes else rows) for c in columns)
