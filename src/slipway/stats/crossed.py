"""Two sorts of chance at once: other rows, and another seed of the training."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.student import student_quantile

Floats = npt.NDArray[np.float64]


class Chance(NamedTuple):
    """Where the uncertainty of a mean comes from.

    Attributes:
        rows: Variance of the mean from the sample of rows.
        seeds: Variance of the mean from the seeds; 0 with one seed, which says nothing about others.
        row_degrees: Degrees of freedom of the first.
        seed_degrees: Degrees of freedom of the second; 0 with one seed.
        mean: The mean itself.
        groups: Rows, or clusters of them.
    """

    rows: float
    seeds: float
    row_degrees: int
    seed_degrees: int
    mean: float
    groups: int


def chance_of(values: Floats, *, clusters: npt.ArrayLike | None = None) -> Chance:
    """Tell how far the mean of values over seeds and rows hangs on either.

    Args:
        values: Shape (seeds, rows), finite; two or more rows.
        clusters: Cluster of each row (a day), two or more; None where rows are independent.

    Raises:
        BadInput: Another shape, a value that is not finite, or fewer than two rows or clusters.

    >>> found = chance_of(np.array([[0.0, 1.0], [1.0, 2.0]]))
    >>> found.mean, found.rows, found.seeds  # variance of two means 0.5 apart, over 2: 0.5 / 2
    (1.0, 0.25, 0.25)
    """
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise BadInput(f"values: want finite values of shape (seeds, rows), got shape {values.shape} or NaN.")
    seeds, rows = values.shape
    groups = np.arange(rows) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    if groups.size != rows or (count := int(groups.max()) + 1) < 2:
        raise BadInput(f"clusters: want {rows} names of two or more clusters, got {np.unique(groups).size}.")
    mean = float(values.mean())
    sums = np.bincount(groups, weights=values.mean(axis=0) - mean, minlength=count)
    by_row = count / (count - 1) * float(sums @ sums) / rows**2
    by_seed = float(values.mean(axis=1).var(ddof=1)) / seeds if seeds > 1 else 0.0
    return Chance(by_row, by_seed, count - 1, seeds - 1, mean, count)


def crossed_interval(values: Floats, *, alpha: float, clusters: npt.ArrayLike | None = None) -> FixedInterval:
    """Bound the mean over other rows and other seeds.

    The two variances are added, which is right or too wide where they interact. With one seed the interval speaks of
    that one only. Degrees of freedom are the fewer of the two, which is cautious.

    Args:
        values: See :func:`chance_of`.
        alpha: Miss probability.
        clusters: See :func:`chance_of`.

    >>> i = crossed_interval(np.array([[0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]]), alpha=0.05)
    >>> round(i.low, 4), round(i.high, 4)  # R: t.test(sleep$extra[1:10])
    (-0.5298, 2.0298)
    """
    check_alpha(alpha)
    found = chance_of(values, clusters=clusters)
    degrees = min(found.row_degrees, found.seed_degrees) if found.seed_degrees else found.row_degrees
    half = student_quantile(1 - alpha / 2, degrees=degrees) * math.sqrt(found.rows + found.seeds)
    return FixedInterval(
        low=found.mean - half, high=found.mean + half, estimate=found.mean, alpha=alpha, n=found.groups
    )
