"""Do blocks follow a rhythm: is a Sunday like other Sundays, and unlike other days?

Days of a week come in a fixed order, so a week of them is no sample of exchangeable days: where Sundays differ, ranks
among all days go up and down with the calendar, a run of nights looks like a change, and a real change hides in the
difference between phases. What is exchangeable then are the blocks of one phase.

An analysis of variance of the ranks says whether phases differ at all. The burden of proof lies with the rhythm: one
that is too weak to be seen in the reference is too weak to raise an alarm by going up and down, while each rhythm that
is taken for granted costs power, since a new Monday is then held against Mondays only.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.student import incomplete_beta

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST = 2
"""Blocks of each phase below which a rhythm cannot be seen."""

_OFTEN = 0.2
"""Chance with which a share above its mean comes about at least; most columns are told apart by it, in no time."""


class Rhythm(msgspec.Struct, frozen=True):
    """How much blocks of different phases differ.

    Attributes:
        phases: Phases that have values.
        n: Values.
        fewest: Values of the phase that has fewest of them.
        share: Part of the variance of the ranks that lies between phases, 0 to 1; 0 where there is nothing to compare.
    """

    phases: int
    n: int
    fewest: int
    share: float

    @property
    def p_value(self) -> float:
        """Chance of a share as large if phases are alike; 1 where there is nothing to compare."""
        if self.n <= self.phases or self.phases < 2:
            return 1.0
        return incomplete_beta(1 - self.share, a=(self.n - self.phases) / 2, b=(self.phases - 1) / 2)

    def found(self, *, level: float) -> bool:
        """Tell whether phases differ, with a chance of at most ``level`` to say so where they do not."""
        if self.fewest < FEWEST:
            return False
        usual = self.share <= (self.phases - 1) / (self.n - 1)  # no more than the mean of what chance brings
        return not (usual and level < _OFTEN) and self.p_value <= level


def find_rhythm(values: Any, *, phases: Any) -> Rhythm:
    """Hold values of one phase against those of the others, by ranks, so that neither skew nor outliers matter.

    Valid at one look, for values that are exchangeable if there is no rhythm.

    Args:
        values: Shape (n,); NaN where there is none.
        phases: Phase of each, shape (n,), such as the day of the week.

    Raises:
        BadInput: Lengths that differ.

    Reference:
        Conover & Iman (1981), The American Statistician 35(3): the F test of one-way analysis of variance, of ranks. Of
        few values it sees more than Kruskal and Wallis' chi-squared.

    >>> found = find_rhythm([2.9, 3.0, 2.5, 2.6, 3.2, 3.8, 2.7, 4.0, 2.4], phases=[0] * 5 + [1] * 4)
    >>> round(found.share, 4), round(found.p_value, 4)  # scipy.stats.f_oneway of the ranks: 0.6559
    (0.03, 0.6559)
    """
    x, at = np.asarray(values, dtype=np.float64), np.asarray(phases)
    if x.shape != at.shape or x.ndim != 1:
        raise BadInput(f"phases: want one for each of {x.size} values, got {at.size}.")
    known = ~np.isnan(x)
    _, group = np.unique(at[known], return_inverse=True)
    sizes = np.bincount(group)
    n, count = int(known.sum()), len(sizes)
    fewest = int(sizes.min()) if count else 0
    ranks = _ranks(x[known])
    spread = float(((ranks - ranks.mean()) ** 2).sum()) if n else 0.0
    if count < 2 or spread <= 0:
        return Rhythm(phases=count, n=n, fewest=fewest, share=0.0)
    means = np.bincount(group, weights=ranks) / sizes
    share = min(1.0, float(sizes @ (means - ranks.mean()) ** 2) / spread)
    return Rhythm(phases=count, n=n, fewest=fewest, share=share)


def without_rhythm(values: Floats, *, phases: Ints) -> Floats:
    """Return values less the mean of their phase, which says how alike they are beside the rhythm.

    >>> without_rhythm(np.array([1.0, 5.0, 3.0, 9.0]), phases=np.array([0, 1, 0, 1])).tolist()
    [-1.0, -2.0, 1.0, 2.0]
    """
    _, group = np.unique(phases, return_inverse=True)
    means = np.bincount(group, weights=values) / np.bincount(group)
    return np.asarray(values - means[group], dtype=np.float64)


def _ranks(x: Floats) -> Floats:
    """Return ranks from 1, equal values sharing the mean of theirs."""
    _, at, counts = np.unique(x, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[at], dtype=np.float64)
