"""Has any column of a table drifted? Blocks (hours, days) as the unit, for rows that come in clusters.

Each block is summed up by a few means: of the rank in the reference (location and spread), of missing values, of each
category. Whether these are like those of earlier blocks is a question of ranks (:mod:`slipway.stats.rank_bets`).

Promise: if blocks, those of the reference and new ones, are exchangeable, the chance that the evidence *ever* reaches
``1 / alpha`` is at most ``alpha``, for any number of reference blocks, of any size, with any dependence inside. The
ranks come from every third reference block, and only the others are compared with new ones: a block that helped to
define "usual" would look more usual than a new one.
"""

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.block_means import BlockMeans
from slipway.stats.drift import ColumnDrift, name_columns
from slipway.stats.evidence import EValue
from slipway.stats.multiple import mean_e
from slipway.stats.rank_bets import RankBets, RankState
from slipway.stats.restarts import log_means
from slipway.stats.table import TableReference, TableTick

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_RANKED_EVERY = 3


class BlockDriftState(msgspec.Struct, frozen=True, eq=False):
    """What the monitor remembers: rows per bin since the start, and the bets on ranks."""

    counts: Ints
    ranks: RankState


class BlockDrift(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Evidence that a table no longer is what the reference was; one update is one whole block.

    Attributes:
        reference: Ranks and categories, from a third of the reference blocks.
        bets: Bets on each series, with the other reference blocks as their pool.

    >>> rng = np.random.default_rng(3)
    >>> days = np.repeat(np.arange(60), 50)
    >>> values = rng.normal(size=(3_000, 2)) + rng.normal(size=60)[days, None]  # days differ, rows of one do not
    >>> test = BlockDrift.learn(values, names=("load", "price"), block_ids=days)
    >>> state = test.start()
    >>> for day in range(12):
    ...     state = test.update(state, test.tick(rng.normal(size=(50, 2)) + rng.normal() + np.array([0.0, 3.0])))
    >>> [column.name for column in test.columns(state, alpha=0.05) if column.drifted]
    ['price']
    """

    reference: TableReference
    bets: RankBets

    @classmethod
    def learn(
        cls, values: Mapping[str, Any] | npt.ArrayLike, *, block_ids: npt.ArrayLike, names: tuple[str, ...] = ()
    ) -> Self:
        """Learn from a reference of three blocks or more; twenty or more find something.

        Args:
            values: Columns by name, or a matrix of numbers, shape (rows, columns), with ``names``.
            block_ids: Block of each row, shape (rows,), such as the day.
            names: Names of the columns of a matrix.

        Raises:
            BadInput: Fewer than three blocks, or lengths that differ.
        """
        blocks, at = np.unique(np.asarray(block_ids), return_inverse=True)
        if len(blocks) < _RANKED_EVERY:
            raise BadInput(f"block_ids: want {_RANKED_EVERY} blocks or more, got {len(blocks)}.")
        order = np.argsort(at, kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(at))[:-1])
        ranked = np.concatenate(parts[_RANKED_EVERY - 1 :: _RANKED_EVERY])
        ranked.sort()
        if isinstance(values, Mapping):
            table = {name: np.asarray(column) for name, column in values.items()}
            _check_rows(table, rows=len(at))
            reference = TableReference.of({name: column[ranked] for name, column in table.items()})
            ticks = (reference.tick({n: c[part] for n, c in table.items()}) for part in parts)
        else:
            matrix = np.asarray(values)
            _check_rows({"values": matrix}, rows=len(at))
            reference = TableReference.of_matrix(matrix[ranked], names=names)
            ticks = (reference.tick_of_matrix(matrix[part]) for part in parts)
        series = BlockMeans.of(reference).means(np.stack([tick.counts for tick in ticks]))
        pool = np.arange(len(blocks)) % _RANKED_EVERY != _RANKED_EVERY - 1
        return cls(reference=reference, bets=RankBets.of(series[pool]))

    def tick(self, rows: Mapping[str, Any] | npt.ArrayLike) -> TableTick:
        """Count a block, or a part of one: parts must be merged before the update."""
        return self.reference.tick(rows) if isinstance(rows, Mapping) else self.reference.tick_of_matrix(rows)

    def start(self) -> BlockDriftState:
        """Return the state before any block."""
        counts = np.zeros(self.reference.slices[-1].stop, dtype=np.int64)
        return BlockDriftState(counts=counts, ranks=self.bets.start())

    def update(self, state: BlockDriftState, tick: TableTick, *, phase: int = 0) -> BlockDriftState:
        """Return the state after one more whole block of a phase; a block without rows changes nothing."""
        return self.run(state, (tick,), phase=phase)[0]

    def increments(self, state: BlockDriftState, tick: TableTick, *, phase: int = 0) -> Floats:
        """Return the log e-value of one block alone, for each bet."""
        logs: Floats = self.run(state, (tick,), phase=phase)[1][0]
        return logs

    def run(
        self, state: BlockDriftState, ticks: Sequence[TableTick], *, phase: int = 0
    ) -> tuple[BlockDriftState, Floats]:
        """Return the state after whole blocks of one phase in their order, and what each of them brought.

        Returns:
            The state, and the log e-value of each block alone, shape (blocks, bets).

        Raises:
            BadInput: Counts of other columns.
        """
        if any(tick.counts.shape != state.counts.shape for tick in ticks):
            raise BadInput("tick: want counts of this reference's columns. Make ticks with the same reference.")
        filled = np.array([tick.n > 0 for tick in ticks], dtype=np.bool_)
        logs = np.zeros((len(ticks), state.ranks.log_capital.size))
        if not filled.any():
            return state, logs
        counts = np.stack([tick.counts for tick in ticks])[filled]
        ranks, found = self.bets.run(state.ranks, self._means.means(counts), phase=phase)
        logs[filled] = found.reshape(len(counts), -1)
        return BlockDriftState(counts=state.counts + counts.sum(axis=0), ranks=ranks), logs

    def evidence(self, state: BlockDriftState) -> EValue:
        """Return one e-value for the whole table; its ``n`` counts blocks."""
        return mean_e(self._by_column(state))

    def columns(self, state: BlockDriftState, *, alpha: float) -> tuple[ColumnDrift, ...]:
        """Return what is known of each column; at most a share ``alpha`` of those named are false, on average."""
        return name_columns(self.reference.names, self._by_column(state), alpha=alpha)

    @property
    def rhythmic(self) -> tuple[str, ...]:
        """Columns that follow a rhythm in the reference, so that they are held against blocks of the same phase."""
        names = zip(self.reference.names, self._series, strict=True)
        return tuple(name for name, series in names if self.bets.rhythmic[series].any())

    @functools.cached_property
    def _means(self) -> BlockMeans:
        return BlockMeans.of(self.reference)

    @functools.cached_property
    def _series(self) -> tuple[slice, ...]:
        ends = np.cumsum([0, *np.bincount(self._means.column)]).tolist()
        return tuple(slice(a, b) for a, b in itertools.pairwise(ends))

    def _by_column(self, state: BlockDriftState) -> list[EValue]:
        bets = state.ranks.log_capital.shape[1]
        sizes = np.array([bets * (series.stop - series.start) for series in self._series])
        logs = log_means(
            state.ranks.log_capital.ravel(),
            np.repeat(-np.log(sizes), sizes),
            starts=np.array([bets * series.start for series in self._series]),
            ticks=state.ranks.blocks,
            onset=self.bets.onset,
        )
        return [EValue(log_e=log_e, n=state.ranks.blocks) for log_e in logs.tolist()]


def _check_rows(columns: Mapping[str, npt.NDArray[Any]], *, rows: int) -> None:
    for name, column in columns.items():
        if len(column) != rows:
            raise BadInput(f"block_ids: want one for each of {len(column)} rows of {name}, got {rows}.")
