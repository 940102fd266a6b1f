"""The order in which people see rows: ranked by tranche, and within a tranche by chance.

Were rows shown strictly by rank, what was found so far would say little about the next row, for each is a little less
suspect than the last. Dealt by chance within a tranche of, say, fifty, the rows seen are a random sample of their
tranche, and what was found in it bounds what is left in it.
"""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Ints = npt.NDArray[np.int64]


def shuffled_by_tranche(order: Ints, *, size: int, seed: int) -> Ints:
    """Return the rows with each stretch of ``size`` of them in an order of chance; the same seed gives the same order.

    Raises:
        BadInput: A tranche of fewer than one row.

    >>> sorted(shuffled_by_tranche(np.arange(5), size=3, seed=0)[:3].tolist())
    [0, 1, 2]
    """
    if size < 1:
        raise BadInput(f"tranche: want 1 row or more, got {size}.")
    rng = np.random.default_rng(seed)
    parts = [rng.permutation(order[i : i + size]) for i in range(0, len(order), size)]
    return np.concatenate(parts).astype(np.int64) if parts else order


def drawn(rows: int, *, count: int, seed: int) -> Ints:
    """Return ``count`` of the rows (or all, where there are fewer), drawn by chance, in the order of drawing."""
    if count < 1:
        raise BadInput(f"sample: want 1 row or more, got {count}.")
    return np.random.default_rng(seed).permutation(rows)[:count].astype(np.int64)
