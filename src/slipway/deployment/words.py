"""Numbers as people read them: shares in percent, differences in points, time in the largest unit that fits."""

import math
from datetime import UTC, datetime

_UNITS = (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0))


def level(value: float, *, metric: str) -> str:
    """Return a loss in words.

    >>> level(0.1021, metric="error"), level(12.345, metric="absolute-error")
    ('10.2 %', '12.3')
    """
    return f"{100 * value:.1f} %" if metric == "error" else f"{value:.3g}"


def gap(value: float, *, metric: str) -> str:
    """Return a difference of losses with its sign.

    >>> gap(-0.0071, metric="error"), gap(0.25, metric="absolute-error")
    ('-0.71 points', '+0.25')
    """
    return f"{100 * value:+.2f} points" if metric == "error" else f"{value:+.3g}"


def limits(low: float, high: float, *, metric: str) -> str:
    """Return an interval of differences.

    >>> limits(-0.014, 0.001, metric="error"), limits(-math.inf, math.inf, metric="error")
    ('[-1.40, +0.10]', 'not yet bounded')
    """
    if math.isinf(low) and math.isinf(high):
        return "not yet bounded"
    factor = 100 if metric == "error" else 1
    return f"[{factor * low:+.2f}, {factor * high:+.2f}]"


def duration(seconds: float) -> str:
    """Return a time span in its largest fitting unit.

    >>> duration(3 * 86400), duration(5400), duration(1)
    ('3 days', '1.5 hours', '1 second')
    """
    for name, length in _UNITS:
        if seconds >= length:
            return count(round(seconds / length, 1), name)
    return count(round(seconds, 1), "second")


def count(number: float, noun: str) -> str:
    """Return a number with its noun.

    >>> count(54021, "pair"), count(1, "day"), count(1.5, "hour")
    ('54,021 pairs', '1 day', '1.5 hours')
    """
    shown = f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"
    return f"{shown} {noun}" if number == 1 else f"{shown} {noun}s"


def odds(log_e: float) -> str:
    """Return an e-value as odds against chance.

    >>> odds(3.0), odds(-2.0), odds(40.0)
    ('20 : 1', '0.14 : 1', '2e+17 : 1')
    """
    if log_e > 700:
        return "more than 1e300 : 1"
    value = math.exp(log_e)
    return f"{value:.0f} : 1" if 10 <= value < 1e6 else f"{value:.2g} : 1" if value < 10 else f"{value:.0e} : 1"


def moment(at_us: int) -> str:
    """Return a moment, UTC, to the minute.

    >>> moment(0)
    '1970-01-01 00:00 UTC'
    """
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
