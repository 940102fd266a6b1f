"""Blocks of time: which rows belong together, and how finely."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
_ENOUGH_DAYS = 10


class Blocks(NamedTuple):
    """The block of each row.

    Attributes:
        unit_us: Length of a block; 0 if there is no time and all rows are one block.
        starts: Beginning of each block, increasing, microseconds since the epoch, UTC.
        of_row: Place in ``starts`` of each row, shape (rows,).
    """

    unit_us: int
    starts: tuple[int, ...]
    of_row: Ints

    def rows(self) -> list[Ints]:
        """Return the rows of each block."""
        order = np.argsort(self.of_row, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.of_row, minlength=len(self.starts)))[:-1])


def block_length(times_us: Ints | None) -> int:
    """Choose days if there are at least ten, else hours: enough blocks to see them differ, few enough to keep.

    >>> block_length(np.arange(10) * DAY_US) == DAY_US, block_length(np.arange(9) * DAY_US) == HOUR_US
    (True, True)
    """
    if times_us is None:
        return 0
    return DAY_US if np.unique(times_us // DAY_US).size >= _ENOUGH_DAYS else HOUR_US


def into_blocks(times_us: Ints | None, *, rows: int, unit_us: int) -> Blocks:
    """Divide rows into blocks of time.

    Args:
        times_us: Moment of each row, shape (rows,), or None.
        rows: Number of rows.
        unit_us: Length of a block, or 0 for one block.
    """
    if times_us is None or not unit_us:
        return Blocks(unit_us=0, starts=(0,), of_row=np.zeros(rows, dtype=np.int64))
    starts, of_row = np.unique(times_us // unit_us, return_inverse=True)
    return Blocks(
        unit_us=unit_us, starts=tuple(int(s) * unit_us for s in starts), of_row=np.asarray(of_row, dtype=np.int64)
    )
