"""Has the share of rows of a kind risen above a bound? Rows may stick together in clusters of a known size.

The null is composite: whatever came before, the next row is of the kind with a chance of at most the bound. A bet on a
higher share is paid by the likelihood ratio, whose mean is then at most 1. Rows of one request or one job are not
independent, so what a row pays is taken to the power ``1 / cluster``: by Hölder's inequality the mean payoff of a
cluster of so many rows is at most 1 *however* they depend on each other.
"""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]

RISES = (0.05, 0.3, 0.95)
"""Shares that are bet on: the bound, and so much of what lies above it."""

MOST = 0.8
"""A bound above this leaves no room for a rise that anybody could tell."""


def rise_bets(bound: npt.ArrayLike, *, cluster: int = 1) -> tuple[Floats, Floats]:
    """Return the log payoffs of bets that a share went above a bound.

    Args:
        bound: Shape (k,), each in [0, 1]; nothing is bet on one of 0 or above :data:`MOST`.
        cluster: As many rows in a row may depend on each other in any way, 1 or more.

    Returns:
        Log payoff of a row that is of the kind, and of one that is not; each of shape (k, rises).

    Raises:
        BadInput: A number is outside its range.

    Reference:
        Waudby-Smith & Ramdas (2024), JRSS B 86(1), on bets; Hölder (1889) for the power.

    >>> yes, no = rise_bets([0.2])
    >>> bool(np.allclose(0.2 * np.exp(yes) + 0.8 * np.exp(no), 1))  # fair at the bound
    True
    """
    bounds = np.atleast_1d(np.asarray(bound, dtype=np.float64))
    if not ((bounds >= 0) & (bounds <= 1)).all() or cluster < 1:
        raise BadInput(f"bound, cluster: want shares and 1 or more, got {bounds} and {cluster}.")
    p = bounds[:, None]
    judged = (p > 0) & (p <= MOST)
    p = np.where(judged, p, 0.5)
    q = p + np.array(RISES) * (1 - p)
    yes, no = np.where(judged, np.log(q / p), 0.0), np.where(judged, np.log((1 - q) / (1 - p)), 0.0)
    return yes / cluster, no / cluster
