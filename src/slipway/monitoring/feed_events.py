"""What is watched in a feed: each kind of row whose share, if it rose, would mean that something upstream broke.

Every fault is a share that has a bound. The bound is the largest share that any stretch of the reference had (so what
sticks together in an hour does not count as news), and a margin: two rows in a hundred, and where there are few
stretches the more, for the next one may be beyond all of them.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.monitoring.quality import MUCH, far_limits
from slipway.monitoring.unit_change import APART, CHANGES, Change, distance, expected
from slipway.records.quality import Fault
from slipway.records.reference import ColumnReference, Reference
from slipway.records.watch import FeedSums
from slipway.stats.histogram import NumericReference
from slipway.stats.rate_rise import rise_bets
from slipway.stats.row_marks import RowMarks

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CLUSTER = 10
"""So many rows in a row may depend on each other in any way, as those of one request do."""

FIT = 0.35
"""A change of unit that leaves less than this of the distance explains it."""

_TIMES = 3.0
"""Pairs of rows that are alike may come so many times more often than in the reference."""

_REPEATS = 0.1
"""The margin of repeats at the most, however few stretches there were."""

_OPEN = 0.5
"""Share of the rows that a change of unit may move beyond the outermost cuts: there, bins cannot tell it from drift."""

_RATIO, _FEW_VALUES, _ROOM, _BLOCK, _ONE = 1.25, 16, 0.1, 30, 0.9


class Event(NamedTuple):
    """One kind of row.

    Attributes:
        fault: What its rise would mean.
        column: Place of the column; -1 for all together.
        bin: The bin that it is about, or -1.
        change: The change of unit that it would show.
        then: The share of known values that each bin of the column would hold after it, shape (bins - 1,).
    """

    fault: Fault
    column: int
    bin: int = -1
    change: Change | None = None
    then: Floats | None = None


class _Number(NamedTuple):
    """What a change of unit is asked of."""

    profile: NumericReference
    low: float
    high: float


class FeedEvents:
    """All that is watched in the feed of one model.

    Args:
        reference: As packaged, with what is usual of its columns.

    Attributes:
        reference: As given.
        places: Where the bins of each column lie in :attr:`slipway.records.watch.FeedSums.counts`.
        events: In one order for good; the last is that rows repeat each other.
    """

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        ends = np.cumsum([len(c.profile.counts) for c in reference.columns]).tolist()
        self.places = [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
        self._margin = 1.0 / (reference.stretches + 1)
        events: list[tuple[Event, float]] = []
        self._unit_bins: list[Ints] = []
        for i, column in enumerate(reference.columns):
            if column.usual is not None:
                events += self._of_bins(i, column, usual=column.usual)
        single = len(events)
        self._bins = np.array([self.places[e.column].start + e.bin for e, _ in events], dtype=np.intp)
        ranged = [
            (i, c, _Number(c.number, c.low, c.high))
            for i, c in enumerate(reference.columns)
            if c.number is not None and c.low is not None and c.high is not None and c.usual is not None
            if len(c.number.counts) > _FEW_VALUES
        ]
        events += [(Event(Fault.RANGE, i), self._bound(0.0)) for i, _, _ in ranged]
        self._far = np.array([i for i, _, _ in ranged], dtype=np.intp)
        for i, column, number in ranged:
            events += self._of_units(i, column, number=number)
        self._unit_places = np.concatenate([np.zeros(0, dtype=np.int64), *self._unit_bins])
        self._unit_starts = np.cumsum([0, *map(len, self._unit_bins)])[:-1]  # none is empty
        self.events = [*(event for event, _ in events), Event(Fault.DUPLICATES, -1)]
        self.bounds = np.array([bound for _, bound in events])
        self._yes, self._no = rise_bets(self.bounds, cluster=CLUSTER)
        self._single = single

    @staticmethod
    def of(reference: Reference) -> "FeedEvents | None":
        """Return what is watched; None for a package of before, whose reference does not say what is usual."""
        return FeedEvents(reference) if reference.stretches else None

    def hits(self, sums: FeedSums) -> Ints:
        """Return how many rows of a slice were of each kind."""
        moved = sums.counts[self._unit_places]
        units = np.add.reduceat(moved, self._unit_starts) if self._unit_starts.size else moved
        return np.concatenate([sums.counts[self._bins], sums.far[self._far], units, [sums.repeats]]).astype(np.int64)

    def bound(self, event: int, *, rows: int) -> float:
        """Return the share that an event had to pass; of repeats it grows with the rows of a slice."""
        if event < len(self.bounds):
            return float(self.bounds[event])
        alike = min(1.0, _TIMES * self.reference.alike * max(rows - 1, 0))
        return min(1.0, alike + max(MUCH, min(self._margin, _REPEATS)))  # pairs are many, also of a single stretch

    def increments(self, hits: Ints, *, rows: int) -> Floats:
        """Return the log e-values of one slice alone, shape (events, rises)."""
        k = hits[:, None]
        yes, no = rise_bets([self.bound(len(self.bounds), rows=rows)], cluster=CLUSTER)
        bets = k * np.concatenate([self._yes, yes]) + (rows - k) * np.concatenate([self._no, no])
        return np.asarray(bets, dtype=np.float64)

    def misfit(self, event: Event, *, counts: Ints) -> float:
        """Return how far a column's bins lie from a change of unit, as a share of how far they lie from what was.

        1 where they do not lie far from what was, or all in one bin, which tells nothing of a factor; below
        :data:`FIT` the change explains them.
        """
        column, seen = self.reference.columns[event.column], counts[self.places[event.column]][:-1]
        if (
            event.then is None
            or seen.max(initial=0) > _ONE * seen.sum()
            or (apart := distance(seen, shares=_shares(column))) < APART
        ):
            return 1.0
        return distance(seen, shares=event.then) / apart

    def _bound(self, share: float) -> float:
        return min(1.0, share + max(MUCH, (1 - share) * self._margin))

    def _of_bins(self, place: int, column: ColumnReference, *, usual: Floats) -> list[tuple[Event, float]]:
        last = len(usual) - 1
        kinds = [(Fault.MISSING, last)]
        if column.category is not None:
            kinds.append((Fault.UNSEEN, last - 1))
        kinds += [(Fault.CONSTANT, b) for b in range(last if column.number is not None else last - 2)]
        return [(Event(fault, place, b), self._bound(float(usual[b]))) for fault, b in kinds]

    def _of_units(self, place: int, column: ColumnReference, *, number: _Number) -> list[tuple[Event, float]]:
        """Return an event a change of unit that would move most rows into bins that few are in."""
        was, found = _shares(column), []
        blocks = column.block_counts[:, :-1]
        blocks = blocks[blocks.sum(axis=1) >= _BLOCK]
        per_block = blocks / blocks.sum(axis=1, keepdims=True)
        for change in CHANGES:
            then = expected(number.profile, low=number.low, high=number.high, change=change)
            if then[0] + then[-1] > _OPEN:
                continue
            favoured = np.flatnonzero(then > _RATIO * was + 1e-3)
            usual = float(per_block[:, favoured].sum(axis=1).max(initial=float(was[favoured].sum())))
            bound = self._bound(usual)
            if np.abs(then - was).sum() / 2 > APART and float(then[favoured].sum()) > bound + _ROOM:
                found.append((Event(Fault.UNIT, place, change=change, then=then), bound))
                self._unit_bins.append((self.places[place].start + favoured).astype(np.int64))
        return found


def _shares(column: ColumnReference) -> Floats:
    seen = column.profile.counts[:-1]
    return np.asarray(seen / max(int(seen.sum()), 1), dtype=np.float64)


def marks_of(reference: Reference) -> RowMarks | None:
    """Return what marks the rows of a feed; None for a package of before, as :meth:`FeedEvents.of`."""
    if not reference.stretches:
        return None
    ends = {c.name: None if c.low is None or c.high is None else (c.low, c.high) for c in reference.columns}
    return RowMarks({name: None if end is None else far_limits(end[0], high=end[1]) for name, end in ends.items()})
