"""A share known from a finite reference: its limits, and bets that it has left them."""

import functools
import math

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]

RATIOS = (1.1, 1.25, 1.5, 2.0, 4.0, 16.0, 64.0)
"""Odds ratios that are bet on, up and down."""


def share_limits(count: npt.ArrayLike, *, n: npt.ArrayLike, delta: float) -> tuple[Floats, Floats]:
    """Bound shares of which a reference of ``n`` independent rows holds ``count``; each misses with at most ``delta``.

    The limits are where ``n KL(count/n, p)`` reaches ``ln(2 / delta)`` (Chernoff's bound, exact at every n); with
    ``n = 0`` they are 0 and 1.

    Args:
        count: Rows of each kind, any shape, 0 to n.
        n: Rows in the reference, a number or one a count.
        delta: Miss probability of each pair of limits, in (0, 1).

    Raises:
        BadInput: A count is below 0 or above n.

    Reference:
        Chernoff (1952), Annals of Mathematical Statistics 23(4).

    >>> low, high = share_limits([0, 50], n=100, delta=0.05)
    >>> low[0], round(high[0], 6)  # 1 - exp(-ln(40) / 100)
    (np.float64(0.0), np.float64(0.036217))
    """
    k, rows = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if (k < 0).any() or (k > rows).any():
        raise BadInput(f"count: want 0 <= count <= n, got {k} of {rows}.")
    share = np.where(rows > 0, k / np.maximum(rows, 1.0), 0.5)
    budget = math.log(2.0 / delta) / np.maximum(rows, 1e-300)
    return _solve(share, np.zeros_like(share), budget), _solve(share, np.ones_like(share), budget)


@functools.lru_cache(maxsize=4096)
def one_share_limits(count: int, *, n: int, delta: float) -> tuple[float, float]:
    """Bound one share as :func:`share_limits` does; thousands of columns without a missing value ask the same."""
    low, high = share_limits(count, n=n, delta=delta)
    return float(low), float(high)


def _solve(share: Floats, end: Floats, budget: Floats) -> Floats:
    near, far = share.copy(), end.copy()
    for _ in range(48):
        middle = (near + far) / 2
        inside = _kl(share, middle) <= budget
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return np.asarray(far)


def _kl(p: Floats, q: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        yes = np.where(p > 0, p * np.log(p / q), 0.0)
        no = np.where(p < 1, (1 - p) * np.log((1 - p) / (1 - q)), 0.0)
    return np.asarray(yes + no)


def bets_on_shares(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return the log payoffs of bets that a share went above ``high`` or below ``low``.

    A bet multiplies the odds at the limit by one of :data:`RATIOS` (or divides) and is paid by the likelihood ratio;
    under every share between the limits the mean payoff is at most 1. A limit of 0 or 1 cannot be left: that bet
    always pays exactly 1.

    Args:
        low: Lower limits, shape (k,).
        high: Upper limits, shape (k,).

    Returns:
        Log payoff if a row is of the kind, and if it is not; each of shape (k, 2 * ratios), ups first.

    >>> yes, no = bets_on_shares(np.array([0.1]), np.array([0.2]))
    >>> q = 0.5 / 1.5  # odds 0.25 doubled
    >>> bool(np.isclose(yes[0, 3], np.log(q / 0.2))), bool(np.isclose(no[0, 3], np.log((1 - q) / 0.8)))
    (True, True)
    """
    ratios = np.array(RATIOS)
    up_yes, up_no = _payoffs(high, ratios)
    down_yes, down_no = _payoffs(low, 1 / ratios)
    return np.concatenate([up_yes, down_yes], axis=1), np.concatenate([up_no, down_no], axis=1)


def _payoffs(limit: Floats, ratios: Floats) -> tuple[Floats, Floats]:
    p, r = limit[:, None], ratios[None, :]
    total = 1 - p + r * p
    open_limit = (p > 0) & (p < 1)
    return np.where(open_limit, np.log(r / total), 0.0), np.where(open_limit, -np.log(total), 0.0)
