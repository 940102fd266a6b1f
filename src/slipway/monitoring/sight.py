"""How large a change would a monitor have seen? Each promise is asked apart: each column alone, and the answers.

A silence is worth what would have broken it. Blocks are ranked among those of the reference, so with few of them, old
or new, no change is large enough: that every answer turned wrong can pass without a word. What is asked here is put
through the instruments themselves, and has to raise the alarm as it is raised: over all that is watched at once.
Blocks that differ by nature hide what is small, so those of the reference are changed, one after the other.
"""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.monitoring.track import NOTHING, joined
from slipway.monitoring.units import SLICE_US, count_of, phases_of, units_of
from slipway.monitoring.watch import Monitor
from slipway.records.reference import Reference
from slipway.records.task import TaskKind
from slipway.stats.evidence import EValue
from slipway.stats.residuals import ONE, GapTick
from slipway.stats.table import TableTick

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHARES = (1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02)
"""Sizes of a change that are tried, the largest first."""

_SILENT = EValue(log_e=-math.inf, n=0)
"""The evidence of what is watched and says nothing; unlike NOTHING it keeps its weight."""


class Look(NamedTuple):
    """One slice that is looked at: its beginning in microseconds, its rows, and how many of them have a truth."""

    start_us: int
    rows: int
    labelled: int


class Sight(NamedTuple):
    """What would have been found, had it been so from the first of these slices on.

    Attributes:
        columns: How many columns are watched.
        hidden: Columns of which no change would have been found, however large.
        share: Share of the rows (one of :data:`SHARES`) that would have been found in whichever column had them among
            its rarest values; None where some column is hidden.
        watched: Whether the answers' truths were there to be held against what is expected.
        loss: Mean loss from which on it would have been found that the answers are worse than they expect, in the
            loss's own unit, if :func:`has_size`; None where not even the worst would have been, or nothing was watched.
    """

    columns: int
    hidden: tuple[str, ...]
    share: float | None
    watched: bool
    loss: float | None

    @property
    def whole(self) -> bool:
        """Whether each promise can be kept: a silence of this monitor means something."""
        return not self.hidden and (not self.watched or self.loss is not None)


def sight_of(monitor: Monitor, *, looks: Sequence[Look], shares: Sequence[float] = SHARES) -> Sight:
    """Tell what would have been found, with a look after each slice.

    Args:
        monitor: What watches.
        looks: The slices, in order.
        shares: Sizes to try, falling from 1.
    """
    names = monitor.instruments.inputs.reference.names
    by_answers = functools.partial(_gap_seen, monitor, looks=looks)
    by_columns = functools.partial(_columns_seen, monitor, looks=looks)
    seen = np.isfinite(by_columns(share=1.0))
    watched = monitor.instruments.gap is not None and any(look.labelled for look in looks)
    wrong = _smallest(shares, is_seen=lambda share: math.isfinite(by_answers(share=share))) if watched else None
    return Sight(
        columns=len(names),
        hidden=tuple(name for name, one in zip(names, seen.tolist(), strict=True) if not one),
        share=_smallest(shares, is_seen=lambda share: bool(np.isfinite(by_columns(share=share)).all()))
        if seen.all()
        else None,
        watched=watched,
        loss=None if wrong is None else _loss_at(monitor.reference, share=wrong),
    )


def _smallest(shares: Sequence[float], *, is_seen: Callable[[float], bool]) -> float | None:
    """Return the smallest size that is seen as are all above it; None where not even the largest is."""
    return next(iter([*itertools.takewhile(is_seen, shares)][-1:]), None)


def looks_wanted(monitor: Monitor, *, looks: Sequence[Look], most: int) -> int | None:
    """Return about how many slices like these would do to keep each promise; None where ``most`` would not.

    Each is taken to have as many truths as those of these that have any.

    Args:
        monitor: What watches.
        looks: Slices that were too few, in order, one or more.
        most: The most slices that are asked about; the horizon of the question too.
    """
    middle = sorted(looks, key=lambda look: look.rows)[len(looks) // 2]
    told = [look.labelled for look in looks if look.labelled]
    usual = middle._replace(labelled=max(sum(told) // len(told), 1) if told else 0)
    step = monitor.instruments.slice_us
    longer = [usual._replace(start_us=looks[0].start_us + i * step) for i in range(most)]
    lasting = msgspec.structs.replace(monitor, instruments=monitor.instruments.within(most))
    wanted = float(_columns_seen(lasting, looks=longer, share=1.0).max())
    if monitor.instruments.gap is not None and told:
        wanted = max(wanted, _gap_seen(lasting, looks=longer, share=1.0))
    return int(wanted) if math.isfinite(wanted) else None


def _columns_seen(monitor: Monitor, *, looks: Sequence[Look], share: float) -> Floats:
    """Return after how many slices each column alone would raise the alarm with this share in its rarest bin, or inf.

    All move at once, and each is judged as if the others had brought no evidence.
    """
    instruments = monitor.instruments
    test: Any = instruments.inputs
    usual = _Blocks.of_inputs(monitor)
    rarest = _rarest(test.reference)
    state, seen = test.start(), np.full(len(test.reference.columns), math.inf)
    for at, look in enumerate(looks, start=1):
        shares = usual.at(look.start_us, unit=instruments.unit)
        counts = _whole((1 - share) * look.rows * shares, slices=test.reference.slices)
        for place, bin_ in zip(test.reference.slices, rarest, strict=True):
            counts[bin_] += look.rows - int(counts[place].sum())
        state = instruments.update(test, state, tick=TableTick(counts), start_us=look.start_us)
        logs = np.array([c.evidence.log_e for c in test.columns(state, alpha=monitor.alpha)]) - math.log(seen.size)
        raised = [_raises(monitor, inputs=EValue(log_e=log_e, n=at)) for log_e in logs.tolist()]
        seen[np.isinf(seen) & raised] = at
        if np.isfinite(seen).all():
            break
    return seen


def _whole(rows: Floats, *, slices: Sequence[slice]) -> Ints:
    """Round rows by bin so that what is rounded up in one bin is rounded down in the next of the same column."""
    sums = np.concatenate([np.diff(np.rint(np.cumsum(rows[place])), prepend=0.0) for place in slices])
    return np.asarray(sums, dtype=np.int64)


class _Blocks(NamedTuple):
    """What was usual, block by block of the reference; one for all where rows are counted.

    Attributes:
        phases: Phase of each block, shape (blocks,).
        values: Of each block, shape (blocks, values).
    """

    phases: Ints
    values: Floats

    def at(self, start_us: int, *, unit: str) -> Floats:
        """Return what is usual of a slice: blocks of its phase take turns."""
        alike = np.flatnonzero(self.phases == phases_of(np.array([start_us]), unit=unit)[0])
        among = alike if alike.size else np.arange(len(self.phases))
        return np.asarray(self.values[among[start_us // (SLICE_US[unit] * count_of(unit)) % among.size]])

    @classmethod
    def of_inputs(cls, monitor: Monitor) -> Self:
        """Return the share of rows in each bin of all columns."""
        reference, unit = monitor.reference, monitor.instruments.unit
        counts = np.concatenate([c.block_counts for c in reference.columns], axis=1).astype(np.float64)
        rows = reference.columns[0].block_counts.sum(axis=1).astype(np.float64)
        if unit == "row":
            return cls(np.zeros(1, dtype=np.int64), counts.sum(axis=0)[None] / max(rows.sum(), 1.0))
        units = units_of(reference.block_starts, unit=unit, block_us=reference.block_us)
        kept = [i for i, start in enumerate(units.starts) if start >= monitor.instruments.season.since_us]
        values = [counts[list(units.groups[i])].sum(axis=0) / rows[list(units.groups[i])].sum() for i in kept]
        return cls(units.phases[kept], np.stack(values))

    @classmethod
    def of_gap(cls, monitor: Monitor, *, usual: Floats) -> Self:
        """Return the mean of what the gap is measured in."""
        reference, unit = monitor.reference, monitor.instruments.unit
        if unit == "row":
            return cls(np.zeros(1, dtype=np.int64), usual[None])
        units = units_of(reference.score_starts, unit=unit, block_us=reference.block_us)
        sums = [functools.reduce(GapTick.merge, (reference.held_out[i].gap for i in g)) for g in units.groups]
        kept = [i for i, tick in enumerate(sums) if tick.n]
        return cls(units.phases[kept], np.stack([sums[i].totals / (ONE * sums[i].n) for i in kept]))


def _rarest(table: Any) -> list[int]:
    """Return the place of each column's rarest values among all bins: its far end, or missing if it has one value."""
    rarest = []
    for column, place in zip(table.columns, table.slices, strict=True):
        last = len(column.counts) - 2  # the very last counts what is missing
        ends = (last + 1,) if last < 1 else (last, 0)
        rarest.append(place.start + min(ends, key=lambda end: column.counts[end]))
    return rarest


def _gap_seen(monitor: Monitor, *, looks: Sequence[Look], share: float) -> float:
    """Return after how many slices the alarm would be raised with this share of the right answers wrong, or inf."""
    instruments = monitor.instruments
    test: Any = instruments.gap
    usual, worst, spread = _worst(monitor.reference)
    blocks = _Blocks.of_gap(monitor, usual=usual)
    state = test.start()
    for at, look in enumerate(looks, start=1):
        if not look.labelled:
            continue
        whole = look.labelled * ONE
        moved = blocks.at(look.start_us, unit=instruments.unit) + share * (worst - usual)
        means = np.clip(moved + (1 if at % 2 else -1) * _noise(monitor, labelled=look.labelled), -1.0, 1.0)
        squares = np.maximum(spread + share * (np.abs(worst) - spread), means**2)
        tick = GapTick(
            n=look.labelled,
            totals=np.rint(means * whole).astype(np.int64),
            squares=np.floor(squares * whole).astype(np.int64),
        )
        state = instruments.update(test, state, tick=tick, start_us=look.start_us)
        if _raises(monitor, gap=test.evidence(state)):
            return at
    return math.inf


def _noise(monitor: Monitor, *, labelled: int) -> Floats:
    """Return how much further than a block of the reference a mean of so few truths may well lie from its own.

    It is two standard deviations: of sizes told with one, three in four were not found in simulations. Where rows are
    counted it is 0: there the test itself takes their noise into account.
    """
    reference = monitor.reference
    known, blocks = reference.gap, monitor.instruments.season.blocks
    if monitor.instruments.unit == "row" or known is None:
        return np.zeros(1)
    usual = max(reference.held_out_rows / max(blocks, 1), 1.0)
    variances = np.where(np.isfinite(known.variances), known.variances, 1.0)
    return np.asarray(2 * np.sqrt(variances * max(1 / labelled - 1 / usual, 0.0)))


def _worst(reference: Reference) -> tuple[Floats, Floats, Floats]:
    """Return the mean of what the gap is measured in: as usual, with every answer wrong; and the usual mean square.

    From the sums of the reference alone, so of a binary task only what is certain is counted, as if answers were cut
    at .5 and each error cost 1 (where not, :func:`has_size` says so): with all answers wrong
    the residual in accuracy is ``max(p, 1 - p)`` itself, ``1 - expected`` at least on average; that of the log-loss
    ``(a - 1/2) a`` at least with ``a`` that mean, by convexity; and calibration may stay as it is.
    """
    known = reference.gap
    if known is None:
        raise ValueError("a reference without a gap has no answers that could be wrong")
    usual = np.asarray(known.means, dtype=np.float64)
    expected = math.fsum(b.expected for b in reference.held_out) / reference.held_out_rows
    if reference.kind is TaskKind.BINARY:
        sure = min(max(1 - expected, 0.5), 1.0)
        worst = np.array([usual[0], -sure, -(sure - 0.5) * sure])
    else:
        worst = np.array([max(1 - expected / float(known.scales[0]), 0.0)])
    variances = np.where(np.isfinite(known.variances), known.variances, 1.0)
    return usual, worst, np.minimum(variances + usual**2, 1.0)


def has_size(reference: Reference) -> bool:
    """Tell whether it is known from which loss on answers are found to be worse: of numbers, or at .5 with costs of 1.

    Elsewhere answers may be wrong by the scope and right by what the gap is measured in, or the other way round.
    """
    if reference.kind is not TaskKind.BINARY:
        return True
    return reference.threshold == 0.5 and (reference.gap is None or reference.gap.dearest == 1.0)


def _loss_at(reference: Reference, *, share: float) -> float:
    """Return the mean loss with this share of what was right as wrong as can be."""
    usual = math.fsum(b.loss for b in reference.held_out) / reference.held_out_rows
    worst = 1.0 if reference.kind is TaskKind.BINARY or reference.gap is None else float(reference.gap.scales[0])
    return usual + share * max(worst - usual, 0.0)


def _raises(monitor: Monitor, *, inputs: EValue = _SILENT, gap: EValue = _SILENT) -> bool:
    """Tell whether evidence of one kind raises the alarm for the whole, while all else is silent."""
    watched = monitor.instruments
    found = joined(
        inputs=inputs,
        joint=_SILENT if watched.joint is not None else NOTHING,
        answers=_SILENT if watched.answers is not None else NOTHING,
        overall=gap if watched.gap is not None else NOTHING,
        parts=_SILENT if watched.parts is not None else NOTHING,
    )
    return found.whole.rejects(alpha=monitor.alpha)
