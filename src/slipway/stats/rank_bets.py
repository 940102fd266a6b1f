"""Are these blocks like those before them? Bets on ranks, exact for exchangeable blocks however few and however skewed.

Rows of one day are not independent, but days may be exchangeable. Then the rank of a new day's mean among all days so
far is uniform and independent of the ranks before it (the idea of conformal prediction), whatever the distribution. No
variance is estimated, no reference has to be long, and no normal limit has to be near.

The pool of earlier values is kept as counts in cells, so that the state does not grow. Values of one cell count as
equal, which makes p-values larger: that can only lose power. For the same reason no tie is broken by chance.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.restarts import compound, log_mean

Floats = npt.NDArray[np.float64]

_CELLS = 96
_CELLS_PER_SD = 8
_STAKES = np.array([0.3, 0.6, 0.9])
_EDGES = np.array([0.03, 0.1, 0.25, 0.5])
_SHARES = np.array([0.5, 0.7, 0.8, 0.8])


class RankState(msgspec.Struct, frozen=True, eq=False):
    """What is remembered.

    Attributes:
        blocks: Blocks seen since the start.
        pool: All blocks so far per cell, the reference's too, shape (series, cells).
        log_capital: Per series and bet, shape (series, bets).
    """

    blocks: int
    pool: npt.NDArray[np.int32]
    log_capital: Floats


class RankBets(msgspec.Struct, frozen=True, eq=False):
    """Bets that new blocks are larger or smaller than those before, for several series at once.

    If the blocks of a series, reference and new, are exchangeable, each bet is an e-process, exactly.

    Attributes:
        cuts: Increasing limits between cells, shape (series, cells - 1).
        pool: Reference blocks per cell, shape (series, cells).
        tails: Whether to bet on the extremes too. Quicker for a sudden large change; but if blocks may become more
            variable without their mean moving, only the bets without tails bear it.

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
    tails: bool = True

    @classmethod
    def of(cls, values: Floats, *, tails: bool = True) -> "RankBets":
        """Learn from reference blocks, shape (blocks, series); NaN where a block has no value."""
        if values.ndim != 2 or not values.size:
            raise BadInput(f"reference: want one block or more of one series or more, got shape {values.shape}.")
        cuts = np.stack([_cells(series[~np.isnan(series)]) for series in values.T])
        empty = np.zeros((len(cuts), _CELLS), dtype=np.int32)
        bets = cls(cuts=cuts, pool=empty, tails=tails)
        for block in values:
            bets = msgspec.structs.replace(bets, pool=bets.pool + bets._cell(block))
        return bets

    def start(self) -> RankState:
        """Return the state before any new block."""
        bets = 2 * (len(_STAKES) + (len(_EDGES) if self.tails else 0))
        return RankState(blocks=0, pool=self.pool, log_capital=np.full((len(self.cuts), bets), -np.inf))

    def increments(self, state: RankState, values: Floats) -> Floats:
        """Return the log e-value of one new block, shape (series, bets); a series without a value bets nothing."""
        here = self._cell(values)
        size = state.pool.sum(axis=1)[:, None] + 1.0
        at_least = (np.cumsum(state.pool[:, ::-1], axis=1)[:, ::-1] * here).sum(axis=1)[:, None] + 1.0
        at_most = (np.cumsum(state.pool, axis=1) * here).sum(axis=1)[:, None] + 1.0
        logs = np.concatenate([self._payoffs(at_least / size), self._payoffs(at_most / size)], axis=1)
        return np.where(np.isnan(values)[:, None], 0.0, logs)

    def update(self, state: RankState, values: Floats) -> RankState:
        """Return the state after one more block, shape (series,)."""
        blocks = state.blocks + 1
        return RankState(
            blocks=blocks,
            pool=state.pool + self._cell(values),
            log_capital=compound(state.log_capital, self.increments(state, values), tick=blocks),
        )

    def log_e(self, state: RankState) -> Floats:
        """Return the log e-value per series, shape (series,): the mean over bets and over blocks they may begin at."""
        weights = np.full(state.log_capital.shape[1], -np.log(state.log_capital.shape[1]))
        return np.array([log_mean(series, weights, ticks=state.blocks) for series in state.log_capital])

    def _payoffs(self, p: Floats) -> Floats:
        """Bet that p-values are small: a line, and for tails a share of the capital on ``p <= edge``."""
        logs = np.log1p(_STAKES * (1 - 2 * p))
        if not self.tails:
            return logs
        steps = np.where(p <= _EDGES, np.log(_SHARES / _EDGES), np.log((1 - _SHARES) / (1 - _EDGES)))
        return np.concatenate([logs, steps], axis=1)

    def _cell(self, values: Floats) -> npt.NDArray[np.int32]:
        if values.shape != (len(self.cuts),):
            raise BadInput(f"block: want one value for each of {len(self.cuts)} series, got shape {values.shape}.")
        cell = (self.cuts <= values[:, None]).sum(axis=1)
        here = np.arange(_CELLS) == cell[:, None]
        return np.asarray(here & ~np.isnan(values)[:, None], dtype=np.int32)


def _cells(values: Floats) -> Floats:
    """Cut evenly around the median: eight cells to a robust standard deviation, six of them to either side."""
    if not len(values):
        return np.linspace(-1.0, 1.0, _CELLS - 1)
    centre = float(np.median(values))
    sd = 1.4826 * float(np.median(np.abs(values - centre))) or float(values.std()) or 1e-9 * max(abs(centre), 1.0)
    return np.asarray(centre + (np.arange(1, _CELLS) - _CELLS / 2) * (sd / _CELLS_PER_SD), dtype=np.float64)
