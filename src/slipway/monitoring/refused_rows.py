"""Are more rows refused than is usual, for they do not fit the signature? Minute by minute, with honest evidence. Pure.

Promise: as long as the share of refused rows of every next minute is expected to be at most the bound, whatever came
before, it is told that more are refused with chance :data:`ALPHA` at most within :data:`HORIZON` minutes with rows.
Rows of one minute may depend on each other in any way, as those of one request or of one caller's loop do: each minute
is one bet, whose payoff is linear in its share. Bodies that come again are counted once by the workers.

The bound is the largest share that any hour older than a day had, and a margin, larger where there are few such hours.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec
import numpy as np

from slipway.monitoring.quality import MUCH
from slipway.monitoring.service_book import HOUR_S, MINUTE_S
from slipway.records.misfit import ELSEWHERE, WORDS, parts
from slipway.records.quality import Fault, Quality
from slipway.records.refused_rows import RefusedRows, RefusedWatch
from slipway.records.service import ServiceCounts, Spell
from slipway.records.service_book import ServiceBook
from slipway.stats.evidence import EValue
from slipway.stats.rate_rise import RISES, rise_bets
from slipway.stats.restarts import Onset, compound
from slipway.words import percent

ALPHA = 0.001
"""Chance of a false word of it within the horizon."""

HORIZON = 90 * 24 * 60
"""Minutes with rows."""

MARGIN = 0.1
"""By so much, at the most, the share has to exceed the usual, however little is known of that."""

FEWEST = 20
"""So many rows have to be refused, each body counted once."""

_ONSET = Onset(horizon=float(HORIZON))
_DAY_US, _MINUTE_US, _HOUR_US = 86_400_000_000, MINUTE_S * 1_000_000, HOUR_S * 1_000_000
_HOUR_ROWS, _WELL_MINUTES, _WELL_ROWS, _KEPT, _NAMED, _WORTH = 50, 10, 50, 50, 5, 0.1


def watch_refused(book: ServiceBook) -> ServiceBook:
    """Return the book with its watch over refused rows told of all minutes that are over."""
    watch = book.refused
    if watch.at_us > book.at_us:  # the clock was set back
        watch = msgspec.structs.replace(watch, at_us=book.minutes[-1].start_us if book.minutes else 0)
    for minute in book.minutes:
        if watch.at_us < minute.start_us <= book.at_us - _MINUTE_US:
            watch = msgspec.structs.replace(_taken(watch, minute=minute, book=book), at_us=minute.start_us)
    return msgspec.structs.replace(book, refused=watch)


def usual(hours: Iterable[Spell], *, before_us: int, spoiled: Iterable[tuple[int, int]]) -> float:
    """Return the bound: the largest share of refused rows in an hour of before, and a margin.

    >>> hours = [Spell(start_us=n * 3_600_000_000, length_s=3600.0, counts=ServiceCounts(answered=100)) for n in (0, 1)]
    >>> usual(hours, before_us=7_200_000_000, spoiled=()), usual([hours[0]] * 99, before_us=10**13, spoiled=())
    (0.1, 0.02)
    """
    times = list(spoiled)
    known = [
        refused / rows
        for hour in hours
        for refused, rows in [_rows(hour.counts)]
        if rows >= _HOUR_ROWS
        and hour.start_us + _HOUR_US <= before_us
        and not any(since < hour.start_us + _HOUR_US and hour.start_us < upto for since, upto in times)
    ]
    return min(1.0, max(known, default=0.0) + max(MUCH, min(1.0 / (len(known) + 1), MARGIN)))


def _rows(counts: ServiceCounts) -> tuple[int, int]:
    refused = sum(counts.refused.values())
    return refused, refused + counts.answered


def _taken(watch: RefusedWatch, *, minute: Spell, book: ServiceBook) -> RefusedWatch:
    refused, rows = _rows(minute.counts)
    if not rows:
        return watch
    share = refused / rows
    if watch.told is not None:
        return _waited(watch, told=watch.told, share=share, minute=minute)
    bound = usual(book.hours, before_us=minute.start_us - _DAY_US, spoiled=watch.spoiled)
    yes, no = rise_bets([bound])
    bets = np.log(share * np.exp(yes[0]) + (1 - share) * np.exp(no[0]))
    none = (0.0,) * len(RISES)
    climb, begun = np.array(watch.climb or none), np.array(watch.begun_us or none, dtype=np.int64)
    begun = np.where(climb <= 0, minute.start_us, begun)
    climb = np.maximum(climb + bets, 0.0)
    capital = compound(np.array(watch.log_capital or (-np.inf,) * len(RISES)), bets, tick=watch.ticks + 1, onset=_ONSET)
    log_e = float(np.logaddexp.reduce(capital)) - float(np.log(len(RISES)))
    watch = msgspec.structs.replace(
        watch,
        ticks=watch.ticks + 1,
        log_capital=tuple(capital.tolist()),
        climb=tuple(climb.tolist()),
        begun_us=tuple(begun.tolist()),
    )
    if log_e < -np.log(ALPHA) or share <= bound:
        return watch
    since_us = int(begun[int(climb.argmax())])
    counts = _since(book.minutes, since_us=since_us, upto_us=minute.start_us)
    lost, came = _rows(counts)
    if lost < FEWEST or lost <= bound * came:
        return watch
    return msgspec.structs.replace(watch, told=_told(counts, since_us=since_us, bound=bound, log_e=log_e))


def _since(minutes: Iterable[Spell], *, since_us: int, upto_us: int) -> ServiceCounts:
    whole = ServiceCounts()
    for minute in minutes:
        if since_us <= minute.start_us <= upto_us:
            whole = whole.plus(minute.counts)
    return whole


def _told(counts: ServiceCounts, *, since_us: int, bound: float, log_e: float) -> RefusedRows:
    lost, rows = _rows(counts)
    most = Counter(counts.refused).most_common(_NAMED)
    named = [(pair, n / rows) for pair, n in most if n >= _WORTH * lost] or [(most[0][0], most[0][1] / rows)]
    return RefusedRows(
        since_us=since_us,
        remarks=tuple(_remark(pair, share=share) for pair, share in named),
        shares=tuple(share for _, share in named),
        usual=bound,
        evidence=EValue(log_e=log_e, n=rows),
    )


def _remark(pair: str, *, share: float) -> Quality:
    reason, field = parts(pair)
    named = field != ELSEWHERE
    what = f"{field} {WORDS[reason]}" if named else WORDS[reason]
    return Quality(
        fault=Fault.REFUSED,
        column=field if named else "",
        serious=True,
        detail=f"{percent(share)} of the rows are refused: {what}.",
    )


def _waited(watch: RefusedWatch, *, told: RefusedRows, share: float, minute: Spell) -> RefusedWatch:
    """Return the watch after one more minute in which something is told; it is over after some that are within."""
    if share > told.usual:
        return msgspec.structs.replace(watch, well_minutes=0, well_rows=0)
    minutes, rows = watch.well_minutes + 1, watch.well_rows + _rows(minute.counts)[1]
    if minutes < _WELL_MINUTES or rows < _WELL_ROWS:
        return msgspec.structs.replace(watch, well_minutes=minutes, well_rows=rows)
    spoiled = (*watch.spoiled, (told.since_us, minute.start_us))[-_KEPT:]
    return RefusedWatch(at_us=watch.at_us, spoiled=spoiled)
