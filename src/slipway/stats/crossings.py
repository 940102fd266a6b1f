"""Who was ever that slow? Entities by the level that they first reached, level by level.

An entity that was slow once may be slow every day, and all its requests go to the arm that it was dealt to: its
hundred slow answers are one toss of the coin. So an entity counts once at each level: at its first wait that reaches
it. Whether that request went to the one arm or the other is a fresh toss, whatever the waits of one entity have to do
with one another.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.log_counts import bucket_of

Levels = npt.NDArray[np.uint16]

ERROR = 0.025
"""Waits of one level differ by twice this at most, relatively."""

RATIO = (1.0 + ERROR) / (1.0 - ERROR)
"""From one level to the next."""

NEVER = 460
"""Level of what never ended; above that of 71 minutes in microseconds."""


class Crossings(msgspec.Struct, frozen=True):
    """First times by level. Parts add up exactly, in any order.

    Attributes:
        first: The lowest level that is kept.
        counts: From there on: entities whose first wait of at least that level is here.

    >>> some = count_crossings(np.array([0, 3], dtype=np.uint16), np.array([2, 5], dtype=np.uint16))
    >>> some.first, some.counts, some.at(4), some.at(9)
    (1, (1, 1, 0, 1, 1), 1, 0)
    """

    first: int = 0
    counts: tuple[int, ...] = ()

    def at(self, level: int) -> int:
        """Return how many entities first reached a level here."""
        place = level - self.first
        return self.counts[place] if 0 <= place < len(self.counts) else 0

    def exactly(self, levels: int) -> npt.NDArray[np.float64]:
        """Return how many reached each level and no higher one here, shape (levels,), from level 1 on.

        Of an entity's first wait of all that is its level; of later ones it is the change of its highest.

        >>> count_crossings(np.array([0, 0]), np.array([2, 4])).exactly(5)
        array([0., 1., 0., 1., 0.])
        """
        reached = np.zeros(max(levels, self.first + len(self.counts)) + 2)
        reached[self.first : self.first + len(self.counts)] = self.counts
        return reached[1 : levels + 1] - reached[2 : levels + 2]

    def merge(self, other: "Crossings") -> "Crossings":
        """Add two parts of one stream; exact."""
        parts = [part for part in (self, other) if part.counts]
        first = min((part.first for part in parts), default=0)
        total = np.zeros(max((part.first + len(part.counts) for part in parts), default=first) - first, np.int64)
        for part in parts:
            total[part.first - first : part.first - first + len(part.counts)] += part.counts
        return Crossings(first=first, counts=tuple(total.tolist()))


def levels_of(waits_us: npt.ArrayLike) -> Levels:
    """Return the level of each wait, shape (n,), 1 or more.

    Args:
        waits_us: Microseconds; what is less than 1 counts as 1, what never ended is infinite.

    Raises:
        BadInput: A wait is not a number.

    >>> levels_of([0, 1, 1000, 1050, np.inf]).tolist()
    [1, 1, 139, 140, 460]
    """
    waits = np.asarray(waits_us, dtype=np.float64)
    if np.isnan(waits).any():
        raise BadInput("waits_us: want numbers, got NaN. A wait that nobody measured is infinite.")
    ended = np.isfinite(waits)
    level = np.full(waits.shape, NEVER, dtype=np.uint16)
    level[ended] = np.clip(bucket_of(np.maximum(waits[ended], 1.0), ERROR), 1, NEVER)
    return level


def count_crossings(before: Levels, reached: Levels) -> Crossings:
    """Count from rows.

    Args:
        before: The highest level that each row's entity had reached before it, 0 for none, shape (rows,).
        reached: The row's own level.
    """
    higher = reached > before
    before, reached = before[higher].astype(np.int64), reached[higher].astype(np.int64)
    if not len(before):
        return Crossings()
    first, last = int(before.min()) + 1, int(reached.max())
    width = last - first + 2
    steps = np.bincount(before + 1 - first, minlength=width) - np.bincount(reached + 1 - first, minlength=width)
    return Crossings(first=first, counts=tuple(np.cumsum(steps)[:-1].tolist()))
