"""What an interval counts in: groups, days, entities or rows. One rule for models, baselines, groups and packages.

Rows of one day meet the same weather, rows of one person the same person: they say less than as many rows that have
nothing to do with each other. Who keeps the rows of a hospital together when rows are divided says that they are alike,
and intervals take him at his word.
"""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

DAY_US = 86_400_000_000
ENOUGH_DAYS = 4
"""Fewer days tell nothing of how days differ."""


def clusters_of(times_us: Ints | None, *, entities: Ints | None, groups: Ints | None = None) -> Ints | None:
    """Return the cluster of each row; None where each row is its own.

    It is the row's group where the split keeps groups together, or its day where days are fewer than groups; without
    groups its day, with fewer than four days its entity. One group alone tells nothing of how groups differ, and does
    not count: then the interval speaks of that one only.

    Args:
        times_us: Moments in microseconds since the epoch, UTC, shape (n,), or None without a time.
        entities: A number for the entity of each row, shape (n,), or None where nobody knows.
        groups: A number for the group of each row that the split keeps together, shape (n,), or None without.

    >>> day = 86_400_000_000
    >>> clusters_of(np.array([0, 1, day, 2 * day, 3 * day]), entities=None).tolist()
    [0, 0, 1, 2, 3]
    >>> clusters_of(np.array([0, 1, day]), entities=np.array([7, 7, 8])).tolist()
    [7, 7, 8]
    >>> clusters_of(np.array([0, 1, day, 2 * day, 3 * day]), entities=None, groups=np.array([5, 5, 6, 6, 6])).tolist()
    [5, 5, 6, 6, 6]
    >>> clusters_of(None, entities=np.array([7, 9, 8])) is None
    True
    """
    if times_us is not None:
        days = np.asarray(times_us // DAY_US, dtype=np.int64)
        if np.unique(days).size >= ENOUGH_DAYS:
            return days if groups is None or not 1 < np.unique(groups).size < np.unique(days).size else groups
    for units in (groups, entities):
        if units is not None and 1 < np.unique(units).size < units.size:
            return units
    return None
