"""The difference of two arms' means where those who were dealt come again and again.

An entity that was dealt to an arm stays with it, so its rows are one toss of the coin and not many. The difference is
the mean over strata (stretches of time with one share of the candidate) of the arms' mean values a row, each weighted
by ``a b / (a + b)`` of its rows; its variance is summed by entity, over all strata in which the entity has rows. What a
day does to both arms alike cancels within the stratum.

Reference:
    Liang & Zeger (1986), Biometrika 73(1), for sums by cluster in place of sums by row.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class ClusteredDifference(msgspec.Struct, frozen=True):
    """A difference of means and how sure it is.

    Attributes:
        estimate: Mean of the treated less mean of the others, in the values' unit.
        variance: Of the estimate, in the square of that unit; above 0.
        effective: How many clusters carry the variance: all of them if they weigh alike, one where one carries all.
    """

    estimate: float
    variance: float
    effective: float


def clustered_difference(
    cluster: npt.NDArray[Any], *, stratum: npt.NDArray[Any], treated: npt.NDArray[np.bool_], n: Floats, total: Floats
) -> ClusteredDifference | None:
    """Return the difference of the treated and the others; None where nothing can be compared, or nothing varies.

    Args:
        cluster: Who each group of rows belongs to, shape (groups,).
        stratum: When; only groups of one stratum are compared with one another.
        treated: On which side.
        n: Rows of each group, above 0.
        total: Sum of their values, finite.

    >>> told = clustered_difference(
    ...     np.array([1, 2, 3, 4]),
    ...     stratum=np.zeros(4),
    ...     treated=np.array([True, True, False, False]),
    ...     n=np.ones(4),
    ...     total=np.array([3.0, 5.0, 1.0, 2.0]),
    ... )
    >>> told.estimate, told.variance  # Welch: 4 - 1.5 and 2/2 + .5/2
    (2.5, 1.25)
    """
    times, at = np.unique(stratum, return_inverse=True)
    side, shape = treated.astype(np.intp), (2, len(times))
    cell = side * len(times) + at
    rows, sums = (np.bincount(cell, weights=of, minlength=2 * len(times)).reshape(shape) for of in (n, total))
    weight = np.divide(rows[0] * rows[1], rows.sum(axis=0), out=np.zeros(len(times)), where=rows.sum(axis=0) > 0)
    if not weight.sum() > 0:
        return None
    weight /= weight.sum()
    means = np.divide(sums, rows, out=np.zeros(shape), where=rows > 0)
    pull = np.where(treated, 1.0, -1.0) * weight[at] * (total - means[side, at] * n) / rows[side, at]
    who = np.unique(cluster, return_inverse=True)[1]
    counted = weight[at] > 0
    fewest = min(len(np.unique(who[counted & (side == s)])) for s in (0, 1))
    squares = np.bincount(who, weights=pull) ** 2
    variance = float(squares.sum())
    if fewest < 2 or not variance > 0:
        return None
    return ClusteredDifference(
        estimate=float((weight * (means[1] - means[0])).sum()),
        variance=variance * fewest / (fewest - 1),
        effective=variance**2 / float((squares**2).sum()),
    )
