"""When will a gate know? At today's traffic, with what was seen so far; a plan, not a promise."""

import math

from slipway.stats.asymptotic import half_width_t
from slipway.stats.evidence import AnytimeInterval

_MOST_UNITS = 100_000


def units_to_bound(interval: AnytimeInterval, *, sd: float, n_star: int, above: float) -> int | None:
    """Return the number of units at which the interval would leave ``above`` (from below) or 0 (from above).

    It supposes that mean and spread of the units stay as they are. None if neither is in sight: the estimate lies
    between, or so near to a bound that it would take more than 100,000 units.

    Args:
        interval: What is known now.
        sd: Standard deviation of the units.
        n_star: Tuning of the sequence.
        above: The margin.
    """
    room = max(above - interval.estimate, interval.estimate)
    if not room > 0 or not math.isfinite(sd):
        return None

    def known(n: int) -> bool:
        return half_width_t(n, alpha=interval.alpha, n_star=n_star) * sd < room

    low, high = interval.n, max(interval.n, 8)
    while not known(high):
        low, high = high, high * 2
        if high > _MOST_UNITS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if known(middle) else (middle, high)
    return high


def more_evidence(log_e: float, *, alpha: float, n: int) -> int | None:
    """Return how many more observations a growing e-value needs to reach ``1 / alpha``, at its mean pace so far.

    >>> more_evidence(1.5, alpha=0.05, n=100)  # ln 20 = 2.996
    100
    >>> more_evidence(-0.5, alpha=0.05, n=100) is None
    True
    """
    if not log_e > 0 or n == 0:
        return None
    return math.ceil(n * max(0.0, -math.log(alpha) / log_e - 1) - 1e-9)
