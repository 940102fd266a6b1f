"""Probabilities of the classes 0 and 1, and what they must be to be such."""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]

_ROUNDING = 1e-3
"""Sums of shares may miss 1 by so much: those of half precision do."""


def positive_share(shares: Floats, *, said: str) -> Floats:
    """Return the probability of class 1, shape (rows,).

    Args:
        shares: One column a class, shape (rows, 2). NaN and what is beyond 0 and 1 pass; others tell of them.
        said: Who gave them, for the message.

    Raises:
        BadInput: A row's sum is not 1, as of two sigmoids that know nothing of each other.

    >>> positive_share(np.array([[0.75, 0.25], [0.5, 0.5]]), said="model").tolist()
    [0.25, 0.5]
    """
    off = np.abs(shares.sum(axis=1) - 1)
    if (np.abs(shares - 0.5) <= 0.5 + _ROUNDING).all() and (bad := off > _ROUNDING).any():
        sums = shares[bad].sum(axis=1)
        raise BadInput(
            f"{said}: want one probability a class, each row with a sum of 1, got sums from {sums.min():.4g} to "
            f"{sums.max():.4g} in {int(bad.sum()):,} of {len(shares):,} rows. End with a softmax over both classes, "
            "not with a sigmoid for each."
        )
    return np.asarray(shares[:, 1], dtype=np.float64)
