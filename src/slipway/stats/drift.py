"""Has any column of a table drifted, which, and by how much? Rows as the unit.

One alarm for the whole: the mean over columns of their e-values, valid however the columns depend on each other. Which
columns: e-BH, whose false discovery rate holds under the same dependence. The state is counts and capital: a few
kilobytes a column, whatever the number of rows.

Rows must be independent. Where they come in clusters, rows alarm falsely without end: :mod:`slipway.stats.watch` finds
the unit from the reference, and :class:`slipway.stats.block_drift.BlockDrift` counts in blocks.
"""

import functools
import itertools
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.bets import BetState, BetTable
from slipway.stats.categories import CategoryDrift
from slipway.stats.evidence import EValue
from slipway.stats.histogram import HistogramDrift, NumericReference
from slipway.stats.multiple import e_bh, mean_e
from slipway.stats.restarts import EVER, Onset, compound, log_means
from slipway.stats.table import TableReference, TableTick

__all__ = ["ColumnDrift", "TableDrift", "TableReference", "TableTick", "name_columns"]

Floats = npt.NDArray[np.float64]


class ColumnDrift(msgspec.Struct, frozen=True):
    """What is known of one column.

    Attributes:
        name: The column.
        evidence: Evidence that it drifted.
        drifted: Whether it is among those that e-BH names.
    """

    name: str
    evidence: EValue
    drifted: bool


class TableDrift(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Evidence that a table no longer is what the reference was.

    Attributes:
        reference: What it was.
        delta: Chance that the reference misleads anywhere, added to alpha; in (0, 1).
        tolerance: Shift that is too small to matter: of the mean rank in a number column, of each share in a category
            column.
        onset: When a change may begin, in ticks, and what is promised of false alarms.

    Reference:
        Vovk & Wang (2021) for the mean, Wang & Ramdas (2022) for e-BH; see the columns' own tests.

    >>> rng = np.random.default_rng(0)
    >>> names = ("age", "income", "tenure")
    >>> test = TableDrift(TableReference.of_matrix(rng.normal(size=(10_000, 3)), names=names))
    >>> live = rng.normal(size=(1_000, 3)) + np.array([0.0, 0.5, 0.0])
    >>> state = test.update(test.start(), test.tick(live))
    >>> test.evidence(state).rejects(alpha=0.01)
    True
    >>> [column.name for column in test.columns(state, alpha=0.05) if column.drifted]
    ['income']
    """

    reference: TableReference
    delta: float = 0.001
    tolerance: float = 0.0
    onset: Onset = EVER

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 0.5:
            raise BadInput(f"tolerance: want 0 <= tolerance < 0.5, got {self.tolerance}.")
        _ = self.tables

    @functools.cached_property
    def tables(self) -> tuple[BetTable, ...]:
        """The bets on each column."""
        settings: Any = {"delta": self.delta, "tolerance": self.tolerance, "columns": len(self.reference.columns)}
        return tuple(
            HistogramDrift(column, **settings).table
            if isinstance(column, NumericReference)
            else CategoryDrift(column, **settings).table
            for column in self.reference.columns
        )

    @functools.cached_property
    def _bets(self) -> tuple[slice, ...]:
        ends = np.cumsum([0, *(len(table.payoffs) for table in self.tables)]).tolist()
        return tuple(slice(a, b) for a, b in itertools.pairwise(ends))

    def tick(self, rows: Mapping[str, Any] | npt.ArrayLike) -> TableTick:
        """Count a slice: columns by name, or a matrix of numbers in the order of the reference."""
        return self.reference.tick(rows) if isinstance(rows, Mapping) else self.reference.tick_of_matrix(rows)

    def start(self) -> BetState:
        """Return the state before any row."""
        bins = np.zeros(self.reference.slices[-1].stop, dtype=np.int64)
        return BetState(ticks=0, counts=bins, log_capital=np.full(self._bets[-1].stop, -np.inf))

    def increments(self, tick: TableTick) -> Floats:
        """Return the log e-value of this tick alone, per bet of all columns: what an e-detector is fed with."""
        if tick.counts.shape != (self.reference.slices[-1].stop,):
            raise BadInput("tick: want counts of this reference's columns. Make ticks with the same reference.")
        parts = zip(self.tables, self.reference.slices, strict=True)
        return np.concatenate([table.payoffs @ tick.counts[bins] for table, bins in parts])

    def update(self, state: BetState, tick: TableTick) -> BetState:
        """Return the state after one more tick; a tick without rows changes nothing."""
        increments = self.increments(tick)
        if tick.n == 0:
            return state
        ticks = state.ticks + 1
        return BetState(
            ticks=ticks,
            counts=state.counts + tick.counts,
            log_capital=compound(state.log_capital, increments, tick=ticks, onset=self.onset),
        )

    def evidence(self, state: BetState) -> EValue:
        """Return one e-value for the whole table."""
        return mean_e(self._by_column(state))

    def columns(self, state: BetState, *, alpha: float) -> tuple[ColumnDrift, ...]:
        """Return what is known of each column; at most a share ``alpha`` of those named is named falsely, on average.

        The promise is for one look at a time chosen by the evidence, such as the alarm.
        """
        return name_columns(self.reference.names, self._by_column(state), alpha=alpha)

    def _by_column(self, state: BetState) -> list[EValue]:
        starts, weights = self._layout
        logs = log_means(state.log_capital, weights, starts=starts, ticks=state.ticks, onset=self.onset)
        rows = self.reference.rows(state.counts)
        return [EValue(log_e=log_e, n=rows) for log_e in logs.tolist()]

    @functools.cached_property
    def _layout(self) -> tuple[npt.NDArray[np.intp], Floats]:
        starts = np.array([bets.start for bets in self._bets], dtype=np.intp)
        return starts, np.concatenate([table.log_weights for table in self.tables])


def name_columns(names: tuple[str, ...], evidence: list[EValue], *, alpha: float) -> tuple[ColumnDrift, ...]:
    """Put evidence by column and the choice of e-BH together."""
    drifted = e_bh([e.log_e for e in evidence], alpha=alpha)
    return tuple(
        ColumnDrift(name=name, evidence=e, drifted=bool(d)) for name, e, d in zip(names, evidence, drifted, strict=True)
    )
