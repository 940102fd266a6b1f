"""How numbers, moments and ids are said to people, the same in every face. Pure; no locale, no clock."""

import math
import re
from datetime import UTC, datetime

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_LONG_UNITS = (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0))


def percent(share: float | None, *, digits: int = 1) -> str:
    """Say a share in percent; what is not a number is ``unknown``, never a zero.

    >>> percent(0.1199), percent(None), percent(float("nan")), percent(1, digits=0)
    ('12.0 %', 'unknown', 'unknown', '100 %')
    """
    if share is None or math.isnan(share):
        return "unknown"
    if math.isinf(share):
        return "unbounded"
    return f"{100 * share:.{digits}f} %"


def number(value: float | None, *, digits: int = 4) -> str:
    """Say a number with at most that many significant digits and thousands apart.

    >>> number(336776), number(0.012346), number(-math.inf), number(None), number(12.0)
    ('336,776', '0.01235', 'unbounded', 'unknown', '12')
    """
    if value is None or math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "unbounded"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"


def amount(value: float | None, *, metric: str) -> str:
    """Say a value of a metric in the way people read it: errors in percent, everything else as a number.

    >>> amount(0.117, metric="error"), amount(3.5, metric="absolute-error")
    ('11.7 %', '3.5')
    """
    return percent(value) if metric in {"error", "error_rate"} else number(value)


def moment(at_us: int | None) -> str:
    """Say a moment to the minute, in UTC.

    >>> moment(1_365_516_300_000_000), moment(None)
    ('2013-04-09 14:05 UTC', '-')
    """
    return "-" if at_us is None else f"{utc(at_us):%Y-%m-%d %H:%M} UTC"


def day(at_us: int | None) -> str:
    """Say the day of a moment, in UTC.

    >>> day(1_365_516_300_000_000)
    '2013-04-09'
    """
    return "-" if at_us is None else f"{utc(at_us):%Y-%m-%d}"


def utc(at_us: int) -> datetime:
    """Return the moment as an aware datetime; outside the years 1 to 9999, the nearest of the two ends."""
    try:
        return datetime.fromtimestamp(at_us / 1e6, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC) if at_us > 0 else datetime.min.replace(tzinfo=UTC)


def span(seconds: float | None) -> str:
    """Say a length of time with its two largest units.

    >>> span(273_600), span(90), span(0.25), span(None), span(math.inf)
    ('3 d 4 h', '1 min 30 s', '0.25 s', 'unknown', 'without end')
    """
    if seconds is None or math.isnan(seconds):
        return "unknown"
    if math.isinf(seconds):
        return "without end"
    if abs(seconds) < 1:
        return f"{seconds:.2g} s"
    left = round(abs(seconds))
    parts: list[str] = []
    for size, unit in _UNITS:
        whole, left = divmod(left, size)
        if whole and len(parts) < 2:
            parts.append(f"{whole} {unit}")
    return ("-" if seconds < 0 else "") + " ".join(parts)


def duration(seconds: float) -> str:
    """Say a length of time in a sentence, in its largest fitting unit; tables take :func:`span`.

    >>> duration(3 * 86400), duration(5400), duration(1)
    ('3 days', '1.5 hours', '1 second')
    """
    for name, length in _LONG_UNITS:
        if seconds >= length:
            return count(round(seconds / length, 1), name)
    return count(round(seconds, 1), "second")


def size(size_bytes: float) -> str:
    """Say how many bytes, in units of a thousand.

    >>> size(512), size(64 << 20), size(2.5e12)
    ('512 bytes', '67.1 MB', '2.5 TB')
    """
    for unit, bytes_ in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(size_bytes) >= bytes_:
            return f"{size_bytes / bytes_:.1f} {unit}"
    return f"{size_bytes:.0f} bytes"


def short(content_id: str) -> str:
    """Cut a content id to the 12 digits people compare; names stay whole.

    >>> short("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"), short("canary-2")
    ('9f86d081884c', 'canary-2')
    """
    return content_id[:12] if len(content_id) == 64 else content_id


def plain(text: str) -> str:
    r"""Replace control characters, so that no stored text can move a cursor or colour a terminal.

    Line ends and tabs stay.

    >>> plain("a\x1b[31mb\x07")
    'a?[31mb?'
    """
    return "".join(c if c in "\n\t" or c.isprintable() else "?" for c in text)


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


def promised(alpha: float, *, within_s: float, run_length_s: float) -> str:
    """Say how seldom an alarm is false.

    >>> promised(0.01, within_s=90 * 86_400, run_length_s=17_909 * 86_400)
    'at most 1.0 % in the first 90 days; on average one in 49 years or more'
    """
    years = run_length_s / (365.2425 * 86_400)
    seldom = count(round(years), "year") if years >= 2 else duration(run_length_s)
    return f"at most {percent(alpha)} in the first {duration(within_s)}; on average one in {seldom} or more"


def since_when(at_us: int | None, *, low_us: int | None, high_us: int | None) -> str:
    """Say when something began, and between which days.

    >>> since_when(86_400_000_000, low_us=0, high_us=86_400_000_000)
    'since 1970-01-02 (between 1970-01-01 and 1970-01-02)'
    >>> since_when(0, low_us=0, high_us=0), since_when(None, low_us=None, high_us=None)
    ('since 1970-01-01', '')
    """
    if at_us is None:
        return ""
    first, last = (day(at_us if limit is None else limit) for limit in (low_us, high_us))
    between = "" if first == last else f" (between {first} and {last})"
    return f"since {day(at_us)}{between}"


def with_limits(value: float, *, low: float, high: float, metric: str) -> str:
    """Say a difference of losses with its limits, as far as they are known.

    >>> with_limits(0.021, low=0.013, high=0.029, metric="error")
    '+2.10 points [+1.30, +2.90]'
    >>> with_limits(0.021, low=-math.inf, high=math.inf, metric="error")
    '+2.10 points'
    """
    told = gap(value, metric=metric)
    known = math.isfinite(low) and math.isfinite(high)
    return f"{told} {limits(low, high, metric=metric)}" if known else told


def address(url: str) -> str:
    """Return an address as it may be shown: without the name and password that callers are let in by.

    >>> address("http://user:secret@old.example/infer?at=1@2")
    'http://***@old.example/infer?at=1@2'
    """
    return re.sub(r"//[^/?#]*@", "//***@", url)
