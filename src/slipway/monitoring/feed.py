"""Is what feeds the model broken? Slice by slice, each kind of row whose share would mean so, with honest evidence.

Promise: while every next row is of each kind with a chance of at most its bound, whatever came before, and rows depend
on each other within clusters of :data:`slipway.monitoring.feed_events.CLUSTER` at most, the chance that any fault is
*ever* told is at most :data:`ALPHA`: every kind is an e-process, and the capital is divided among all of them.
A fault is over once its share is back within the bound for a while; that claims nothing.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.monitoring.feed_events import FIT, FeedEvents
from slipway.monitoring.feed_words import remark
from slipway.records.base import Record
from slipway.records.quality import Fault, Quality
from slipway.records.watch import FeedSums
from slipway.stats.rate_rise import RISES
from slipway.stats.restarts import compound

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ALPHA = 0.001
"""Chance that a sound feed is ever told to be broken, while no share leaves its bound but by chance.

Bounds come from hours of the reference: where days draw a share anew, one may come that is beyond all of them.
"""

WINDOW = 200
"""Rows of late that say how much it is now."""

SHAPE = 1000
"""Rows of late that say which change of unit it looks like."""

_OVER_ROWS, _OVER_SLICES, _CONSTANT, _FEWEST, _MOST = 100, 3, 0.98, 50, 0.5
_LONGEST = 3
_ORDER = (Fault.MISSING, Fault.UNIT, Fault.CONSTANT, Fault.RANGE, Fault.UNSEEN, Fault.DUPLICATES)
"""Of several faults of one column the first that fits is told: an empty column is no constant, nor is one far off."""


class Broken(Record, frozen=True, kw_only=True):
    """One fault that is there.

    Attributes:
        remark: What it is, in words.
        event: Place of its kind of row among the events.
        since_us: Beginning of the slice with which it seems to have begun.
        log_e: Evidence: a share of what all kinds have together.
        share: Share of the rows of late.
        usual: The bound that it passed.
        well_rows: Rows since its share was above the bound.
        well_slices: Slices since then.
    """

    remark: Quality
    event: int
    since_us: int
    log_e: float
    share: float
    usual: float
    well_rows: int = 0
    well_slices: int = 0


class Feed(msgspec.Struct, frozen=True, eq=False):
    """What is remembered of a feed; it does not grow with the rows.

    Attributes:
        slices: Slices with rows so far.
        log_capital: Per kind of row and size of the rise.
        climb: How far the evidence of each stands above its lowest.
        begun_us: The slice with which each climb began.
        counts: Rows of late, per column and bin, :data:`SHAPE` or as many as there were.
        counted: How many.
        hits: Rows of late, per kind, :data:`WINDOW` or as many as there were.
        rows: How many.
        broken: What is wrong now, one fault a column.
        last_us: End of the last slice with rows; 0 before one.
        gaps: The :data:`_LONGEST` longest times between two slices with rows, in microseconds, longest first.
    """

    slices: int
    log_capital: Floats
    climb: Floats
    begun_us: Ints
    counts: Ints
    hits: Ints
    rows: int = 0
    counted: int = 0
    broken: tuple[Broken, ...] = ()
    last_us: int = 0
    gaps: tuple[int, ...] = ()

    @property
    def silence_us(self) -> int:
        """The silence that is usual: one that came at least so many times, so that an outage or two is no custom."""
        return self.gaps[-1] if len(self.gaps) == _LONGEST else 0


class _Sight(NamedTuple):
    """One kind of row as it looks after a slice."""

    event: int
    share: float
    bound: float
    log_e: float


def begin_feed(events: FeedEvents) -> Feed:
    """Return what is remembered before any slice."""
    n = len(events.events)
    return Feed(
        slices=0,
        log_capital=np.full((n, len(RISES)), -np.inf),
        climb=np.zeros((n, len(RISES))),
        begun_us=np.zeros((n, len(RISES)), dtype=np.int64),
        counts=np.zeros(sum(len(c.profile.counts) for c in events.reference.columns), dtype=np.int64),
        hits=np.zeros(n, dtype=np.int64),
    )


def take_feed(feed: Feed, *, events: FeedEvents, units: dict[str, str], sums: FeedSums) -> Feed:
    """Return what is remembered after one more slice; one without rows changes nothing.

    Args:
        feed: What was remembered.
        events: What is watched.
        units: Column to its unit.
        sums: A whole slice.
    """
    if not sums.rows:
        return feed
    hits = events.hits(sums)
    bets = events.increments(hits, rows=sums.rows)
    slices = feed.slices + 1
    begun = np.where(feed.climb <= 0, sums.start_us, feed.begun_us)
    fresh = feed.rows >= WINDOW or sums.rows >= WINDOW
    anew = feed.counted >= SHAPE or sums.rows >= SHAPE
    feed = Feed(
        slices=slices,
        log_capital=compound(feed.log_capital, bets, tick=slices),
        climb=np.maximum(feed.climb + bets, 0.0),
        begun_us=begun,
        counts=sums.counts if anew else feed.counts + sums.counts,
        counted=sums.rows if anew else feed.counted + sums.rows,
        hits=hits if fresh else feed.hits + hits,
        rows=sums.rows if fresh else feed.rows + sums.rows,
        broken=feed.broken,
        last_us=sums.end_us,
        gaps=_gaps(feed, start_us=sums.start_us),
    )
    if feed.rows < _FEWEST:
        return feed
    return _judged(feed, events=events, units=units, sums=sums, hits=hits)


def _gaps(feed: Feed, *, start_us: int) -> tuple[int, ...]:
    if not feed.last_us or start_us <= feed.last_us:
        return feed.gaps
    return tuple(sorted((*feed.gaps, start_us - feed.last_us), reverse=True)[:_LONGEST])


def _judged(feed: Feed, *, events: FeedEvents, units: dict[str, str], sums: FeedSums, hits: Ints) -> Feed:
    told = {events.events[s.event].column: s for s in reversed(list(_sights(feed, events=events)))}
    broken = []
    for column, sight in told.items():
        said = remark(events.events[sight.event], reference=events.reference, share=sight.share, units=units)
        before = next((b for b in feed.broken if events.events[b.event].column == column), None)
        since_us = int(feed.begun_us[sight.event, int(feed.climb[sight.event].argmax())])
        broken.append(
            Broken(
                remark=said,
                event=sight.event,
                since_us=min(since_us, before.since_us) if before else since_us,
                log_e=sight.log_e,
                share=sight.share,
                usual=sight.bound,
            )
        )
    over = []
    for before in feed.broken:
        if events.events[before.event].column in told:
            continue
        well = _waited(before, hit=int(hits[before.event]), events=events, sums=sums)
        if well.well_rows >= _OVER_ROWS and well.well_slices >= _OVER_SLICES:
            over.append(events.events[before.event].column)
        else:
            broken.append(well)
    broken.sort(key=lambda b: -b.log_e)
    return msgspec.structs.replace(_afresh(feed, events=events, columns=over), broken=tuple(broken))


def _sights(feed: Feed, *, events: FeedEvents) -> Iterator[_Sight]:
    """Yield the kinds of row that are proven to have risen and still are, those first that explain most."""
    n = len(events.events)
    log_e = np.logaddexp.reduce(feed.log_capital, axis=1) - math.log(len(RISES) * n)
    found = []
    for event in np.flatnonzero(log_e >= -math.log(ALPHA)).tolist():
        share, kind = float(feed.hits[event]) / max(feed.rows, 1), events.events[event]
        bound = events.bound(event, rows=feed.rows)
        misfit = events.misfit(kind, counts=feed.counts) if kind.fault is Fault.UNIT else 0.0
        least = _CONSTANT if kind.fault is Fault.CONSTANT else bound
        if share > least and misfit < FIT:
            rank = _ORDER.index(Fault.MISSING if kind.fault is Fault.RANGE and share > _MOST else kind.fault)
            found.append((rank, misfit, _Sight(event, share, bound, float(log_e[event]))))
    yield from (sight for _, _, sight in sorted(found))


def _waited(broken: Broken, *, hit: int, events: FeedEvents, sums: FeedSums) -> Broken:
    """Return a fault after one more slice in which it was not told."""
    if hit / sums.rows > events.bound(broken.event, rows=sums.rows):
        return msgspec.structs.replace(broken, well_rows=0, well_slices=0)
    return msgspec.structs.replace(broken, well_rows=broken.well_rows + sums.rows, well_slices=broken.well_slices + 1)


def _afresh(feed: Feed, *, events: FeedEvents, columns: list[int]) -> Feed:
    """Return the feed with the bets on some columns started afresh."""
    if not columns:
        return feed
    theirs = np.isin([e.column for e in events.events], columns)
    capital, climb = feed.log_capital.copy(), feed.climb.copy()
    capital[theirs], climb[theirs] = -np.inf, 0.0
    return msgspec.structs.replace(feed, log_capital=capital, climb=climb)
