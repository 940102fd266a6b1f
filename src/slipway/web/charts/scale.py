"""From values to places: linear scales, and the ticks people expect."""

import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

from slipway.words import utc

_SIZES = (
    ("%H:%M", (60, 300, 900, 3600, 10_800, 21_600)),
    ("%b %d", (86_400, 172_800, 432_000, 864_000, 1_728_000)),
)
"""How a tick reads, and the steps in seconds that read so."""


class Scale(NamedTuple):
    """Maps [low, high] onto [start, end], straight.

    >>> Scale(0, 10, 100, 0)(2.5)
    75.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; infinities go far outside, to where they are cut off."""
        if math.isinf(value):
            value = self.high + 10 * (self.high - self.low) * (1 if value > 0 else -1)
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def span_of(values: Iterable[float], *, pad: float = 0.06) -> tuple[float, float]:
    """Return the range of the finite values, widened by ``pad`` on both sides; never empty.

    >>> span_of([1.0, 3.0, math.inf], pad=0.5)
    (0.0, 4.0)
    >>> span_of([])
    (0.0, 1.0)
    """
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    room = (high - low) * pad or abs(high) * pad or 1.0
    return low - room, high + room


def labelled(values: Iterable[float], say: Callable[[float], str]) -> list[tuple[float, str]]:
    """Pair ticks with their labels, without the ``.0`` that tells nothing, and without ticks that would say the same.

    >>> labelled([0.1, 0.125, 0.12501], lambda v: f"{100 * v:.1f} %")
    [(0.1, '10 %'), (0.125, '12.5 %')]
    """
    words: dict[str, float] = {}
    for value in values:
        words.setdefault(say(value).replace(".0 %", " %"), value)
    return [(value, told) for told, value in words.items()]


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Return round values inside [low, high], in steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0.083, 0.127)
    [0.09, 0.1, 0.11, 0.12]
    """
    raw = (high - low) / about
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= raw * (1 - 1e-9))
    digits = max(0, -math.floor(math.log10(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, digits) + 0.0 for i in range(first, last + 1)]


def time_ticks(low_us: float, high_us: float, *, about: int = 5) -> list[tuple[float, str]]:
    """Return moments inside the range with their labels: months, days, hours or minutes, whichever fits.

    >>> [label for _, label in time_ticks(1_364_774_400e6, 1_380_585_600e6)]  # 1 April to 1 October 2013
    ['Apr', 'Jun', 'Aug', 'Oct']
    """
    length = (high_us - low_us) / about
    for form, steps in _SIZES:
        for seconds in steps:
            if seconds * 1e6 >= length:
                step = seconds * 1e6
                moments = range(math.ceil(low_us / step), math.floor(high_us / step) + 1)
                return [(i * step, _label(i * step, form)) for i in moments]
    return _months(low_us, high_us, about=about)


def _label(at_us: float, form: str) -> str:
    return utc(int(at_us)).strftime(form).replace(" 0", " ")


def _months(low_us: float, high_us: float, *, about: int) -> list[tuple[float, str]]:
    at, end, found = utc(int(low_us)).replace(day=1, hour=0, minute=0, second=0, microsecond=0), utc(int(high_us)), []
    form = "%b" if at.year == end.year or (end - at).days < 360 else "%b %Y"
    while at <= end and at.year < 9999:
        us = at.timestamp() * 1e6
        if us >= low_us:
            found.append((us, _label(us, form)))
        at = (at + timedelta(days=32)).replace(day=1)
    return found[:: max(1, math.ceil(len(found) / (about + 1)))]
