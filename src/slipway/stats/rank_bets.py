"""Are these blocks like those before them? Bets on ranks, exact for exchangeable blocks however few and however skewed.

Rows of one day are not independent, but days may be exchangeable. Then the rank of a new day's mean among all days so
far is uniform and independent of the ranks before it (the idea of conformal prediction), whatever the distribution. No
variance is estimated, no reference has to be long, and no normal limit has to be near.

The pool of earlier values is kept as counts in cells, so that the state does not grow. Values of one cell count as
equal, which makes p-values larger: that can only lose power. For the same reason no tie is broken by chance.

Where blocks follow a rhythm (days of a week), those of one phase are exchangeable and others are not. A series in whose
reference a rhythm shows is therefore held against earlier blocks of the same phase only. The ranks within phases are
independent and uniform as ranks within one pool are, so the bets multiply as before and stay exact; what it costs is
that a new block may be the largest of 8 where it could have been the largest of 56.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.restarts import EVER, Onset, compound_all, log_mean
from slipway.stats.rhythm import find_rhythm

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CELLS = 96
_CELLS_PER_SD = 8
_STAKES = np.array([0.3, 0.6, 0.9])
_EDGES = np.array([0.03, 0.1, 0.25, 0.5])
_SHARES = np.array([0.5, 0.7, 0.8, 0.8])
_AT_A_TIME, _MOST_COMPARED = 128, 2**20
_LEVEL, _LEVEL_OF_ALL = 0.01, 0.05
"""Chance to take a series without a rhythm for one with it; and any of all series at most."""


class RankState(msgspec.Struct, frozen=True, eq=False):
    """What is remembered.

    Attributes:
        blocks: Blocks seen since the start.
        pool: All blocks so far per cell, the reference's too, shape (phases, series, cells).
        log_capital: Per series and bet, shape (series, bets).
    """

    blocks: int
    pool: npt.NDArray[np.int32]
    log_capital: Floats


class RankBets(msgspec.Struct, frozen=True, eq=False):
    """Bets that new blocks are larger or smaller than those before, for several series at once.

    If the blocks of a series, reference and new, are exchangeable, each bet is an e-process, exactly; where the series
    has a rhythm, if its blocks of each phase are.

    Attributes:
        cuts: Increasing limits between cells, shape (phases, series, cells - 1).
        pool: Reference blocks per cell, shape (phases, series, cells); without phases there is one.
        rhythmic: Which series are held against blocks of the same phase only, shape (series,).
        tails: Whether to bet on the extremes too. Quicker for a sudden large change; but if blocks may become more
            variable without their mean moving, only the bets without tails bear it.
        onset: When a change may begin, in blocks, and what is promised of false alarms.

    Reference:
        Vovk, Gammerman & Shafer (2022), Algorithmic Learning in a Random World, 2nd ed., chapter 8.

    >>> bets = RankBets.of(np.random.default_rng(0).normal(size=(60, 1)))
    >>> state = bets.start()
    >>> for value in [2.0, 2.1, 1.7, 2.4, 1.9, 2.2]:
    ...     state = bets.update(state, np.array([value]))
    >>> bool(bets.log_e(state)[0] > np.log(20))
    True
    """

    cuts: Floats
    pool: npt.NDArray[np.int32]
    rhythmic: npt.NDArray[np.bool_]
    tails: bool = True
    onset: Onset = EVER

    @classmethod
    def of(
        cls,
        values: Floats,
        *,
        phases: Ints | None = None,
        period: int = 0,
        tails: bool = True,
        onset: Onset = EVER,
    ) -> "RankBets":
        """Learn from reference blocks.

        Args:
            values: Shape (blocks, series); NaN where a block has no value.
            phases: Phase of each block, from 0; None where no rhythm is looked for.
            period: Number of phases that there are; 0 takes those of the reference.
            tails: Whether to bet on the extremes.
            onset: When a change may begin.

        Raises:
            BadInput: No block, no series, or not one phase for each block.
        """
        if values.ndim != 2 or not values.size:
            raise BadInput(f"reference: want one block or more of one series or more, got shape {values.shape}.")
        at = np.zeros(len(values), dtype=np.int64) if phases is None else phases
        if at.shape != (len(values),):
            raise BadInput(f"phases: want one for each of {len(values)} blocks, got {at.size}.")
        level = min(_LEVEL, _LEVEL_OF_ALL / values.shape[1])
        rhythmic = np.array(
            [phases is not None and find_rhythm(series, phases=at).found(level=level) for series in values.T]
        )
        rows = max(period, int(at.max()) + 1) if rhythmic.any() else 1
        cuts = np.zeros((rows, values.shape[1], _CELLS - 1))
        for i, series in enumerate(values.T):
            cuts[:, i] = _cells(series, phases=at if rhythmic[i] else np.zeros_like(at), count=rows)
        empty = np.zeros((rows, values.shape[1], _CELLS), dtype=np.int32)
        bets = cls(cuts=cuts, pool=empty, rhythmic=rhythmic, tails=tails, onset=onset)
        pool = empty.copy()
        for phase in np.unique(at).tolist():
            bets._join(pool, values[at == phase], phase=phase)
        return msgspec.structs.replace(bets, pool=pool)

    def start(self) -> RankState:
        """Return the state before any new block."""
        bets = 2 * (len(_STAKES) + (len(_EDGES) if self.tails else 0))
        return RankState(blocks=0, pool=self.pool, log_capital=np.full((self.cuts.shape[1], bets), -np.inf))

    def increments(self, state: RankState, values: Floats, *, phase: int = 0) -> Floats:
        """Return the log e-value of one new block, shape (series, bets).

        A series without a value bets nothing, nor does one whose phase was never seen before.
        """
        logs: Floats = self.run(state, values[None], phase=phase)[1][0]
        return logs

    def update(self, state: RankState, values: Floats, *, phase: int = 0) -> RankState:
        """Return the state after one more block, shape (series,), of a phase."""
        return self.run(state, values[None], phase=phase)[0]

    def run(self, state: RankState, values: Floats, *, phase: int = 0) -> tuple[RankState, Floats]:
        """Return the state after blocks of one phase in their order, and what each of them brought.

        The same as one after the other, up to rounding.

        Args:
            state: Before them.
            values: Shape (blocks, series); NaN where a block has no value.
            phase: Of all of them.

        Returns:
            The state, and the log e-value of each block alone, shape (blocks, series, bets).
        """
        self._check(values)
        pool = state.pool.copy()
        steps = self._steps(values.shape[1])
        parts = [self._bet(pool, values[i : i + steps], phase=phase) for i in range(0, len(values), steps)]
        logs = np.concatenate(parts)
        capital = compound_all(state.log_capital, logs, after=state.blocks, onset=self.onset)
        return RankState(blocks=state.blocks + len(values), pool=pool, log_capital=capital), logs

    def log_e(self, state: RankState) -> Floats:
        """Return the log e-value per series, shape (series,): the mean over bets and over blocks they may begin at."""
        weights = np.full(state.log_capital.shape[1], -np.log(state.log_capital.shape[1]))
        logs = [log_mean(series, weights, ticks=state.blocks, onset=self.onset) for series in state.log_capital]
        return np.array(logs)

    @property
    def _series(self) -> Ints:
        return np.arange(self.cuts.shape[1])

    def _rows(self, phase: int) -> Ints:
        """Return, for each series, the pool that a block of this phase belongs to."""
        if self.rhythmic.any() and not 0 <= phase < len(self.cuts):
            raise BadInput(f"phase: want 0 to {len(self.cuts) - 1}, got {phase}.")
        return np.where(self.rhythmic, phase, 0)

    def _bet(self, pool: npt.NDArray[np.int32], values: Floats, *, phase: int) -> Floats:
        """Bet on a few blocks, each against the pool and the blocks before it; they join the pool."""
        cells, given = self._cells_of(values, phase=phase), ~np.isnan(values)
        before = pool[self._rows(phase), self._series]
        up_to = np.zeros((len(before), _CELLS + 1), dtype=np.int64)  # [series, c]: blocks of the pool in cells below c
        np.cumsum(before, axis=1, out=up_to[:, 1:])
        counted = np.tri(len(values), k=-1, dtype=bool)[:, :, None] & given[None]  # [block, earlier, series]
        below = up_to[self._series, cells] + (counted & (cells[None] < cells[:, None])).sum(axis=1)
        at_most = up_to[self._series, cells + 1] + (counted & (cells[None] <= cells[:, None])).sum(axis=1)
        known = up_to[:, -1] + counted.sum(axis=1)
        size = known[..., None] + 1.0
        p_high, p_low = ((n[..., None] + 1.0) / size for n in (known - below, at_most))
        self._join(pool, values, phase=phase)
        logs = np.concatenate([self._payoffs(p_high), self._payoffs(p_low)], axis=-1)
        return np.where((~given | (known == 0))[..., None], 0.0, logs)

    def _join(self, pool: npt.NDArray[np.int32], values: Floats, *, phase: int) -> None:
        """Count blocks of one phase, shape (blocks, series), into the pool."""
        rows, series, steps = self._rows(phase), self._series, self._steps(values.shape[1])
        for start in range(0, len(values), steps):
            part = values[start : start + steps]
            given, cells = ~np.isnan(part), self._cells_of(part, phase=phase)
            at = (np.broadcast_to(rows, part.shape)[given], np.broadcast_to(series, part.shape)[given], cells[given])
            np.add.at(pool, at, 1)

    @staticmethod
    def _steps(series: int) -> int:
        """Return how many blocks are taken at a time, so that few series are quick and many take little memory."""
        return max(1, min(_AT_A_TIME, _MOST_COMPARED // (series * _CELLS)))

    def _payoffs(self, p: Floats) -> Floats:
        """Bet that p-values are small: a line, and for tails a share of the capital on ``p <= edge``."""
        logs = np.log1p(_STAKES * (1 - 2 * p))
        if not self.tails:
            return logs
        steps = np.where(p <= _EDGES, np.log(_SHARES / _EDGES), np.log((1 - _SHARES) / (1 - _EDGES)))
        return np.concatenate([logs, steps], axis=-1)

    def _cells_of(self, values: Floats, *, phase: int) -> Ints:
        """Return the cell of each value, shape (blocks, series); that of a missing one means nothing."""
        cuts = self.cuts[self._rows(phase), self._series]
        return np.asarray((cuts <= values[..., None]).sum(axis=-1), dtype=np.int64)

    def _check(self, values: Floats) -> None:
        if values.shape[1:] != (self.cuts.shape[1],):
            raise BadInput(
                f"block: want one value for each of {self.cuts.shape[1]} series, got shape {values.shape[1:]}."
            )


def _cells(values: Floats, *, phases: Ints, count: int) -> Floats:
    """Cut evenly around the median of each phase: eight cells to a robust standard deviation, six of them to a side."""
    known = ~np.isnan(values)
    x, at = values[known], phases[known]
    if not len(x):
        return np.tile(np.linspace(-1.0, 1.0, _CELLS - 1), (count, 1))
    centres = np.full(count, float(np.median(x)))
    for phase in np.unique(at):
        centres[phase] = float(np.median(x[at == phase]))
    away = x - centres[at]
    sd = 1.4826 * float(np.median(np.abs(away))) or float(away.std()) or 1e-9 * max(abs(float(centres[0])), 1.0)
    steps = (np.arange(1, _CELLS) - _CELLS / 2) * (sd / _CELLS_PER_SD)
    return np.asarray(centres[:, None] + steps, dtype=np.float64)
