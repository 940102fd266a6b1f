"""The rules of what counts as a fault of the data that arrive, and how it is said: for two tables and for live traffic.

Whoever has the data says how much; here it is decided what is serious, and put into words. What is *proven* of live
traffic, which is looked at again and again, is for :mod:`slipway.monitoring.feed`.
"""

from slipway.records.quality import Fault, Quality, Since
from slipway.words import count, day, percent, span

MUCH = 0.02
"""A share of rows that grew by more is serious."""

SOME = 0.001
"""A share of rows below this is not told."""

GAPS = 10.0
"""A silence, or a stretch of one value, this many times the longest one of before is told."""

FEW = 20
"""Rows in a row that may have one value though none ever did."""


def far_limits(low: float, *, high: float) -> tuple[float, float]:
    """Return the limits beyond which a number is no mere extreme of what was: another unit, or a sentinel like -999.

    >>> far_limits(0.0, high=10.0)
    (-10.0, 20.0)
    """
    wide = high - low  # seasons pass a limit; another unit, or a sentinel, leaps beyond
    return low - wide, high + wide


def empty(name: str) -> Quality:
    """Return that a column has no value at all."""
    return Quality(fault=Fault.EMPTY, column=name, serious=True, detail=f"{name} has no value in any row.")


def missing(name: str, *, was: float, now: float, since: Since | None = None) -> Quality | None:
    """Return that values are missing more often, as shares of the rows; None where that is not much."""
    if now - was <= MUCH:
        return None
    detail = f"{name} is missing in {percent(now)} of the rows, in {percent(was)} before{_from(since)}."
    return Quality(fault=Fault.MISSING, column=name, serious=True, detail=detail, since=since)


def constant(name: str, *, value: str, varied: bool) -> Quality:
    """Return that every row has one value, or lies between two that are close; ``varied`` where it did not before."""
    detail = f"{name} is {value} in every row" + (", and was not before." if varied else ", as it was before.")
    return Quality(fault=Fault.CONSTANT, column=name, serious=varied, detail=detail)


def stuck(name: str, *, value: str, rows: int, usual: int, begun_us: int, ended_us: int | None) -> Quality | None:
    """Return that a column kept one value for very many rows, and never did so before; None where it did, or nearly.

    Args:
        name: The column.
        value: The value that it kept.
        rows: In so many rows, one after the other in time.
        usual: Most rows in a row with one value before, at least 1.
        begun_us: Moment of the first of them.
        ended_us: Moment of the last; None where no other value came after it.
    """
    if rows <= max(FEW, GAPS * usual):
        return None
    when = f"since {day(begun_us)}" if ended_us is None else f"from {day(begun_us)} to {day(ended_us)}"
    detail = (
        f"{name} is {value} in all {count(rows, 'row')} {when}; before, the same value came in at most "
        f"{count(usual, 'row')} one after the other."
    )
    since = Since(at_us=begun_us, share=1.0) if ended_us is None else None
    return Quality(fault=Fault.CONSTANT, column=name, serious=True, detail=detail, since=since)


def unseen(name: str, *, now: float, examples: str = "", since: Since | None = None) -> Quality | None:
    """Return that a share of rows has categories that never came before; None where that is next to none."""
    if now <= SOME:
        return None
    detail = f"{name} has values that the reference never had in {percent(now)} of the rows"
    detail += f"{_from(since)}: {examples}." if examples else f"{_from(since)}."
    return Quality(fault=Fault.UNSEEN, column=name, serious=now > MUCH, detail=detail, since=since)


def out_of_range(
    name: str, *, low: float, high: float, now: float, far: float, since: Since | None = None
) -> Quality | None:
    """Return that a share of rows leaves what was, of which a share lies beyond :func:`far_limits`; None as above."""
    if now <= SOME:
        return None
    detail = f"{name} leaves what it was, {low:.4g} to {high:.4g}, in {percent(now)} of the rows{_from(since)}."
    return Quality(fault=Fault.RANGE, column=name, serious=far > SOME, detail=detail, since=since)


def another_unit(
    name: str, *, factor: float, plus: float, words: str, unit: str = "", since: Since | None = None
) -> Quality:
    """Return that numbers arrive as if their unit had been changed."""
    how = f"about {factor:,.4g} times what it was" if not plus else f"as {factor:.3g} x {plus:+.4g}"
    was = f" ({unit})" if unit else ""
    when = f" since {day(since.at_us)}" if since else ""
    detail = f"{name}{was} arrives{when} {how}: perhaps {words}."
    return Quality(fault=Fault.UNIT, column=name, serious=True, detail=detail, since=since)


def swapped(name: str, *, other: str, since: Since | None = None) -> Quality:
    """Return that two columns have each other's values."""
    when = f"since {day(since.at_us)}, " if since else ""
    detail = f"{when}{name} has the values that {other} had, and {other} those of {name}: perhaps they were swapped."
    return Quality(fault=Fault.RENAMED, column=name, serious=True, detail=detail, since=since)


def duplicates(*, was: float, now: float, since: Since | None = None) -> Quality | None:
    """Return that more rows repeat another one, as shares of the rows; None where that is not much."""
    if now - was <= MUCH:
        return None
    detail = f"{percent(now)} of the rows repeat another row, {percent(was)} before{_from(since)}."
    return Quality(fault=Fault.DUPLICATES, column="", serious=True, detail=detail, since=since)


def silence(column: str, *, longest_s: float, usual_s: float, times: float = GAPS) -> Quality | None:
    """Return that nothing came for much longer than the longest silence of before; None where nobody can say so."""
    if usual_s <= 0 or longest_s <= times * usual_s:
        return None
    detail = f"no row came for {span(longest_s)}; the longest silence of the reference was {span(usual_s)}."
    return Quality(fault=Fault.STALE, column=column, serious=True, detail=detail)


def _from(since: Since | None) -> str:
    return f", in {percent(since.share)} since {day(since.at_us)}" if since else ""
