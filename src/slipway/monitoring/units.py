"""The units of a reference in the order of time, and the phase of each: hour of the day, or day of the week."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_HOUR_US, _DAY_US = 3_600_000_000, 86_400_000_000
ORDER = ("row", "hour", "day")
SLICE_US = {"row": _HOUR_US, "hour": _HOUR_US, "day": _DAY_US}
"""Length of the slices that are fed to the instruments; rows may be fed in slices of any length."""

PERIOD = {"row": "", "hour": "day", "day": "week"}
"""What a rhythm is looked for in."""

PERIOD_US = {"hour": _DAY_US, "day": 7 * _DAY_US}
_FIRST_MONDAY = -3
_RANKED_EVERY = 3
_WHOLE = 4
"""Whole periods from which on what is left over is cut off."""


class Units(NamedTuple):
    """Units of a reference.

    Attributes:
        unit: ``hour`` or ``day``.
        starts: Beginning of each, increasing, shape (units,).
        groups: Which blocks of the reference lie in each.
    """

    unit: str
    starts: Ints
    groups: tuple[tuple[int, ...], ...]

    @property
    def phases(self) -> Ints:
        """Phase of each."""
        return phases_of(self.starts, unit=self.unit)

    @property
    def until_us(self) -> int:
        """End of the last."""
        return int(self.starts[-1]) + SLICE_US[self.unit]

    @property
    def ranked(self) -> Bools:
        """Which third is taken to say what is usual; of hours whole days, so that it has nights as well."""
        at = np.arange(len(self.starts))
        if self.unit == "hour":
            _, of_day = np.unique(self.starts // _DAY_US, return_inverse=True)
            at = of_day if int(of_day[-1]) >= _RANKED_EVERY - 1 else at
        return np.asarray(at % _RANKED_EVERY == _RANKED_EVERY - 1)

    def newest_whole(self) -> "Units":
        """Return the newest whole periods, so that no phase is there more often than another; all if they are few."""
        length = PERIOD_US[self.unit]
        whole = (self.until_us - int(self.starts[0])) // length
        if whole < _WHOLE:
            return self
        first = int(np.searchsorted(self.starts, self.until_us - whole * length))
        return Units(unit=self.unit, starts=self.starts[first:], groups=self.groups[first:])


def phases_of(starts_us: Ints, *, unit: str) -> Ints:
    """Return the hour of the day of hours (UTC), the day of the week of days, Monday 0; 0 for rows.

    >>> phases_of(np.array([0, 4 * 86_400_000_000]), unit="day").tolist()  # 1 January 1970 was a Thursday
    [3, 0]
    """
    if unit == "row":
        return np.zeros(len(starts_us), dtype=np.int64)
    at = starts_us // SLICE_US[unit]
    return np.asarray(at % 24 if unit == "hour" else (at - _FIRST_MONDAY) % 7, dtype=np.int64)


def count_of(unit: str) -> int:
    """Return how many phases a period of this unit has."""
    return PERIOD_US[unit] // SLICE_US[unit] if unit in PERIOD_US else 1


def units_of(starts: tuple[int, ...], *, unit: str, block_us: int) -> Units:
    """Group the blocks of a reference into units.

    Args:
        starts: Beginning of each block, increasing.
        unit: ``hour`` or ``day``.
        block_us: Length of a block; 0 where there is no time.

    Raises:
        BadInput: The blocks are longer than the unit, or there is no time.
    """
    length = SLICE_US[unit]
    if not block_us or block_us > length:
        have = f"blocks of {block_us / 1e6:.0f} s: take unit day" if block_us else "no time: take unit row"
        raise BadInput(f"monitoring.unit: want a unit that the reference was summed in, got {unit}; it has {have}.")
    found: dict[int, list[int]] = {}
    for i, start in enumerate(starts):
        found.setdefault(start // length, []).append(i)
    keys = sorted(found)
    return Units(
        unit=unit,
        starts=np.array([key * length for key in keys], dtype=np.int64),
        groups=tuple(tuple(found[key]) for key in keys),
    )
