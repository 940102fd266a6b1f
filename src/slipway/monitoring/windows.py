"""Columns by the block: from a reference's counts to the test, and from when on each column is held against it.

The ranks are taken from a third of the units and the others are compared; as :meth:`BlockDrift.learn` does with rows. A
column that changed for good within the reference is held against what came after that.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.monitoring.units import Units, count_of
from slipway.records.reference import ColumnReference
from slipway.stats.block_drift import BlockDrift
from slipway.stats.block_means import BlockMeans
from slipway.stats.categories import CategoryReference
from slipway.stats.histogram import NumericReference
from slipway.stats.newest import newest_alike
from slipway.stats.rank_bets import RankBets
from slipway.stats.table import TableReference

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PERIODS = 8
"""Periods below which no part of a reference is taken alone."""


class Windowed(NamedTuple):
    """What was learned of some columns.

    Attributes:
        test: The test.
        units: Those that it was learned from.
        shorter: Columns of which only the newest part was taken, with its beginning.
        wandering: Columns that differ from themselves all along.
    """

    test: BlockDrift
    units: Units
    shorter: tuple[tuple[str, int], ...]
    wandering: tuple[str, ...]


def windowed(columns: Sequence[ColumnReference], *, units: Units) -> Windowed:
    """Learn from all units; from the newest whole periods where a rhythm shows in any column."""
    found = _learn(columns, units=units)
    whole = units.newest_whole()
    return _learn(columns, units=whole) if found.test.rhythmic and len(whole.starts) < len(units.starts) else found


def _learn(columns: Sequence[ColumnReference], *, units: Units) -> Windowed:
    per_column = [np.stack([c.block_counts[list(g)].sum(axis=0) for g in units.groups]) for c in columns]
    ranked, blocks = units.ranked, np.concatenate(per_column, axis=1)
    table = _table(columns, per_column, taken=[ranked] * len(columns))
    averaged = BlockMeans.of(table)
    series, of = averaged.means(blocks), averaged.column
    first, wandering = _first(series, units=units, of=of)
    if first.any():
        recent = np.arange(len(ranked))[:, None] >= first
        table = _table(columns, per_column, taken=[ranked & taken for taken in recent.T])
        series = np.where(recent[:, of], BlockMeans.of(table).means(blocks), np.nan)
    bets = RankBets.of(series[~ranked], phases=units.phases[~ranked], period=count_of(units.unit))
    return Windowed(
        test=BlockDrift(reference=table, bets=bets),
        units=units,
        shorter=tuple((c.name, int(units.starts[f])) for c, f in zip(columns, first.tolist(), strict=True) if f),
        wandering=tuple(c.name for c, wanders in zip(columns, wandering.tolist(), strict=True) if wanders),
    )


def _table(columns: Sequence[ColumnReference], counts: Sequence[Ints], *, taken: Sequence[Bools]) -> TableReference:
    """Return the columns with what they were in the units that are taken."""
    return TableReference(
        names=tuple(c.name for c in columns),
        columns=tuple(
            _recounted(c, counts=of[here].sum(axis=0)) for c, of, here in zip(columns, counts, taken, strict=True)
        ),
    )


def _recounted(column: ColumnReference, *, counts: Ints) -> NumericReference | CategoryReference:
    return msgspec.structs.replace(column.profile, counts=counts)


def _first(series: Floats, *, units: Units, of: Ints) -> tuple[Ints, Bools]:
    """Return, for each column, the first unit to take, and whether it wanders: as the worst of its series does."""
    fewest, phases = _PERIODS * count_of(units.unit), units.phases
    columns = int(of.max()) + 1
    first, wandering = np.zeros(columns, dtype=np.int64), np.zeros(columns, dtype=bool)
    if len(series) <= fewest:
        return first, wandering
    for values, column in zip(series.T, of.tolist(), strict=True):
        newest = newest_alike(values, phases=phases, fewest=fewest)
        first[column] = max(first[column], newest.first)
        wandering[column] |= newest.wanders
    return first, wandering & (first == 0)
