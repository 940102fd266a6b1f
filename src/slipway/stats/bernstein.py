"""Bounded values by count, sum and sum of squares alone: bets on their mean, and limits for it at any time.

Betting on a mean multiplies ``1 + lambda x`` over all rows, which no sum of parts gives back exactly. Fan's inequality
``ln(1 + lambda x) >= lambda x - psi(lambda) x^2`` for ``x >= -1`` does with sums, and loses little at stakes like ours.
"""

import math

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import AnytimeInterval, check_alpha

Floats = npt.NDArray[np.float64]

_STAKES: Floats = np.ldexp(0.5, -np.arange(18)).astype(np.float64)
_STAKE_WEIGHTS = 1.0 / ((np.arange(18) + 1.0) * (np.arange(18) + 2.0))


def psi(stake: Floats) -> Floats:
    """Return ``-ln(1 - lambda) - lambda``, what a bet of size ``lambda`` pays for each unit of squared outcome.

    >>> psi(np.array([0.5])).round(6)  # ln 2 - 0.5
    array([0.193147])
    """
    return np.asarray(-np.log1p(-stake) - stake)


def log_bets(
    *, n: int, total: Floats, squares: Floats, bound: Floats, sign: int, stakes: Floats, limit: float = 1.0
) -> Floats:
    """Return log e-values against ``sign * (mean - bound) <= 0`` for values in ``[-limit, limit]``.

    Args:
        n: Rows.
        total: Sums of the values, shape (k,).
        squares: Sums of their squares, shape (k,).
        bound: What the means do not exceed (sign 1) or fall below (sign -1) under the null, shape (k,).
        sign: 1 or -1.
        stakes: In (0, 1), shape (s,).
        limit: Largest absolute value.

    Returns:
        Shape (k, s); a sum over disjoint sets of rows, up to rounding.

    Reference:
        Fan, Grama & Liu (2015), Electronic Journal of Probability 20(1), lemma 4.1.

    >>> up = dict(n=1, bound=np.zeros(1), sign=1, stakes=np.array([0.5]))
    >>> log_bets(total=np.array([1.0]), squares=np.array([1.0]), **up).round(6)  # below ln 1.5 = 0.405465
    array([[0.306853]])
    """
    span = (limit + sign * bound)[:, None]
    usable = span > 0  # nothing is on either side of a bound at the edge of the range
    width = np.where(usable, span, 1.0)
    gain = (sign * (total - n * bound))[:, None] / width
    risk = (squares - 2 * bound * total + n * bound**2)[:, None] / width**2
    return np.where(usable, stakes * gain - psi(stakes) * np.maximum(risk, 0.0), 0.0)


def bernstein_slack(variance: Floats, *, n: int, span: float, delta: float) -> Floats:
    """Bound how far a sample mean of ``n`` independent rows lies from the mean, on both sides; infinite for n < 2.

    Args:
        variance: Unbiased sample variances, shape (k,).
        n: Rows.
        span: Width of the range of a value.
        delta: Miss probability of each bound, in (0, 1).

    Reference:
        Maurer & Pontil (2009), COLT, theorem 4, for [0, 1] and one side.

    >>> bernstein_slack(np.array([0.25]), n=1000, span=1.0, delta=0.05).round(6)
    array([0.057043])
    """
    if n < 2:
        return np.full_like(variance, np.inf)
    log_term = math.log(4 / delta)
    return np.asarray(np.sqrt(2 * variance * log_term / n) + 7 * span * log_term / (3 * (n - 1)))


def mean_interval(*, n: int, total: float, squares: float, limit: float, alpha: float) -> AnytimeInterval:
    """Cover the mean of independent values in ``[-limit, limit]`` at all times at once, from their sums.

    Exact at every n, and as wide as a betting sequence up to Fan's inequality.

    Raises:
        BadInput: ``alpha`` leaves (0, 1), or the sums cannot be those of such values.

    >>> interval = mean_interval(n=10_000, total=0.0, squares=100.0, limit=1.0, alpha=0.05)
    >>> -0.006 < interval.low < -0.00196 < 0.00196 < interval.high < 0.006  # sd 0.1: 1.96 sd / 100 with n fixed
    True
    """
    check_alpha(alpha)
    if not (n >= 0 and abs(total) <= n * limit * (1 + 1e-9) and 0 <= squares <= n * limit**2 * (1 + 1e-9)):
        raise BadInput(f"sums: want those of {n} values in [-{limit}, {limit}], got {total} and {squares}.")
    if n == 0:
        return AnytimeInterval(low=-limit, high=limit, estimate=math.nan, alpha=alpha, n=0)
    mean = total / n
    low, high = (_limit(n, mean, squares, limit=limit, alpha=alpha, sign=sign) for sign in (-1, 1))
    return AnytimeInterval(low=min(low, mean), high=max(high, mean), estimate=mean, alpha=alpha, n=n)


def _limit(n: int, mean: float, squares: float, *, limit: float, alpha: float, sign: int) -> float:
    """Bisect between the mean and the end of the range; the mixture grows steadily away from the mean."""
    enough = math.log(2 / alpha)
    variance = max(squares / n - mean**2, 0.0)
    span = 2 * limit

    def evidence(at: float) -> float:
        gap = sign * (at - mean) / span
        logs = n * (_STAKES * gap - psi(_STAKES) * (variance / span**2 + gap**2)) + np.log(_STAKE_WEIGHTS)
        top = float(logs.max())
        return top + math.log(np.exp(logs - top).sum())

    inside, outside = mean, sign * limit
    if evidence(outside) < enough:
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if evidence(middle) >= enough else (middle, outside)
    return outside
