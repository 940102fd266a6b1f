"""From which block on is a reference of one piece? A sensor that was changed in May says little of June before it.

A part is cut off only where two things hold: the blocks before the cut differ from those after it beyond doubt, and
those after it are alike among themselves. A reference that wanders all the time has no such cut. It is kept whole, for
what it wandered through was usual too, and it is said to wander.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.stats.rhythm import find_rhythm, without_rhythm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CUTS = (0.25, 0.5, 0.75)
_BEYOND_DOUBT, _ALIKE = 1e-4, 0.01


class Newest(NamedTuple):
    """What to take of a reference.

    Attributes:
        first: First block to take; 0 takes all.
        wanders: Whether older and newer blocks differ beyond doubt and no part of it is of one piece.
    """

    first: int
    wanders: bool


def newest_alike(values: Floats, *, phases: Ints, fewest: int) -> Newest:
    """Return from which block on the values are alike, of three cuts at quarters of the time.

    Args:
        values: Shape (blocks,), in the order of time; NaN where a block has none.
        phases: Phase of each block; what phases differ by is taken off first.
        fewest: Blocks below which a part is too short to be taken alone.

    >>> rng = np.random.default_rng(0)
    >>> step = rng.normal(size=80) + 5.0 * (np.arange(80) >= 40)
    >>> newest_alike(step, phases=np.arange(80) % 7, fewest=28)
    Newest(first=40, wanders=False)
    >>> newest_alike(np.arange(80) + rng.normal(size=80), phases=np.arange(80) % 7, fewest=28)
    Newest(first=0, wanders=True)
    """
    known = np.flatnonzero(~np.isnan(values))
    rest = np.full(len(values), np.nan)
    rest[known] = without_rhythm(values[known], phases=phases[known])
    differs = False
    for share in _CUTS:
        cut = int(share * len(values))
        if _differ(rest, cut=cut, level=_BEYOND_DOUBT):
            differs = True
            if len(values) - cut >= fewest and _of_one_piece(rest[cut:]):
                return Newest(first=cut, wanders=False)
    return Newest(first=0, wanders=differs)


def _of_one_piece(values: Floats) -> bool:
    return not any(_differ(values, cut=int(share * len(values)), level=_ALIKE) for share in _CUTS)


def _differ(values: Floats, *, cut: int, level: float) -> bool:
    return find_rhythm(values, phases=np.arange(len(values)) >= cut).found(level=level)
