"""When a budget is full at today's growth, told only where the growth is certain. Pure.

Each day counts by its highest hour. The slope is Sen's, which one odd day does not move, and is told of only where its
95 % interval lies above 0; the answer is a range, and none is given further ahead than the days that were seen.

Reference:
    Sen (1968), JASA 63(324): the interval of the slope from the variance of Kendall's score, n (n - 1) (2 n + 5) / 18.
"""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from slipway.monitoring.service_alarms import level
from slipway.records.service_book import ServiceBook, ServiceBudget

LEAST_DAYS = 7
"""Days that have to be known: a working week and its end."""

LEAST_HOURS = 12
"""Hours of a day that somebody has to have watched for it to count."""

_DAY_US = 86_400_000_000
_Z = 1.959964


class Slope(NamedTuple):
    """A slope with its 95 % interval, in units a day."""

    middle: float
    low: float
    high: float


class FullIn(NamedTuple):
    """In how many days a budget is full: not before ``low``, and not after ``high``."""

    low: float
    high: float


def sen(days: Sequence[float], values: Sequence[float]) -> Slope:
    """Return Sen's slope with its 95 % interval; infinite limits where the points are too few for one.

    Args:
        days: When, shape (n,), n >= 2, each another.
        values: What was measured, shape (n,).

    >>> sen(range(10), [1.0, 2.5, 2.0, 4.5, 5.5, 5.0, 7.5, 8.0, 8.5, 11.0])  # scipy.stats.theilslopes says the same
    Slope(middle=1.0, low=0.8333333333333334, high=1.1666666666666667)
    """
    pairs = combinations(zip(days, values, strict=True), 2)
    slopes = sorted((later - before) / (then - when) for (when, before), (then, later) in pairs)
    n, number = len(values), len(slopes)
    width = _Z * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    first, last = round((number - width) / 2) - 1, round((number + width) / 2)
    middle = (slopes[(number - 1) // 2] + slopes[number // 2]) / 2
    if first < 0 or last >= number:
        return Slope(middle, -math.inf, math.inf)
    return Slope(middle, slopes[first], slopes[last])


def full_in(book: ServiceBook, budget: ServiceBudget, *, limit: float) -> FullIn | None:
    """Return in how many days a level reaches its budget, or None where nobody can honestly say.

    Args:
        book: What is kept.
        budget: One of the levels.
        limit: What the scope allows.
    """
    peaks: dict[int, list[float]] = {}
    for hour in book.hours:
        taken = level(hour, budget)
        if taken is not None:
            peaks.setdefault(hour.start_us // _DAY_US, []).append(taken)
    known = {day: max(hours) for day, hours in peaks.items() if len(hours) >= LEAST_HOURS}
    if len(known) < LEAST_DAYS:
        return None
    slope, last = sen(list(known), list(known.values())), max(known)
    room = limit - known[last]
    if slope.low <= 0 or room <= 0 or math.isinf(slope.high):
        return None
    found = FullIn(room / slope.high, room / slope.low)
    return found if found.low <= last - min(known) + 1 else None
