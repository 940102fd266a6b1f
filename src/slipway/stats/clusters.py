"""What an interval counts in: days, entities or rows. One rule for models, baselines, groups and packages.

Rows of one day meet the same weather, rows of one person the same person: they say less than as many rows that have
nothing to do with each other.
"""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

DAY_US = 86_400_000_000
ENOUGH_DAYS = 4
"""Fewer days tell nothing of how days differ."""


def clusters_of(times_us: Ints | None, *, entities: Ints | None) -> Ints | None:
    """Return the cluster of each row: its day; with fewer than four days its entity; None where each row is its own.

    Args:
        times_us: Moments in microseconds since the epoch, UTC, shape (n,), or None without a time.
        entities: A number for the entity of each row, shape (n,), or None where nobody knows.

    >>> day = 86_400_000_000
    >>> clusters_of(np.array([0, 1, day, 2 * day, 3 * day]), entities=None).tolist()
    [0, 0, 1, 2, 3]
    >>> clusters_of(np.array([0, 1, day]), entities=np.array([7, 7, 8])).tolist()
    [7, 7, 8]
    >>> clusters_of(None, entities=np.array([7, 9, 8])) is None
    True
    """
    if times_us is not None:
        days = times_us // DAY_US
        if np.unique(days).size >= ENOUGH_DAYS:
            return np.asarray(days, dtype=np.int64)
    if entities is not None and np.unique(entities).size < entities.size:
        return entities
    return None
