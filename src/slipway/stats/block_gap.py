"""The gap with blocks (hours, days) as the unit, for rows that come in clusters.

A block's gap is the mean of ``phi r`` over its rows whose outcome is known. The alarm asks by ranks whether new blocks
have larger or smaller gaps than the reference's: exact for exchangeable blocks. Only bets on location are made, not on
the extremes, because inputs that move make blocks more or less variable without moving their mean. The interval, in
points, takes the blocks' means as nearly normal.
"""

import math
from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.stats.moments import Moments
from slipway.stats.rank_bets import RankBets, RankState
from slipway.stats.residuals import ONE, GapReference, GapTick, Measure
from slipway.stats.restarts import log_mean

Floats = npt.NDArray[np.float64]


class BlockGapState(msgspec.Struct, frozen=True, eq=False):
    """What the monitor remembers: the bets on ranks, and the moments of the blocks' gaps per measure."""

    ranks: RankState
    moments: tuple[Moments, ...]


class BlockGap(msgspec.Struct, frozen=True, eq=False):
    """Evidence that realised and expected performance have come apart; one update is one whole block.

    Promise: if the gaps of blocks, the reference's and new ones, are exchangeable, the chance that the evidence *ever*
    reaches ``1 / alpha`` is at most ``alpha``, for any number of reference blocks.

    Attributes:
        reference: How calibrated the model was, row by row; says what is measured.
        moments: Gaps of the reference blocks, per measure.
        bets: Bets with the reference blocks as their pool.

    >>> rng = np.random.default_rng(5)
    >>> def day(shift):
    ...     p = rng.uniform(size=200)
    ...     return p, rng.uniform(size=200) < p + rng.normal(shift, 0.05)
    >>> days = [day(0.0) for _ in range(60)]
    >>> test = BlockGap.learn(GapReference.of_classes(*day(0)[:1], y=rng.integers(0, 2, 200)), blocks=days)
    >>> state = test.start()
    >>> for _ in range(30):
    ...     p, y = day(0.1)
    ...     state = test.update(state, test.tick(p, outcome=y))
    >>> test.evidence(state).rejects(alpha=0.05)
    True
    >>> interval = test.interval(state, measure=Measure.CALIBRATION, alpha=0.05)
    >>> 0.0 < interval.low < 0.1 < interval.high
    True
    """

    reference: GapReference
    moments: tuple[Moments, ...]
    bets: RankBets

    @classmethod
    def learn(cls, reference: GapReference, *, blocks: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> Self:
        """Learn from reference blocks, each its predictions and outcomes; blocks without rows are left out.

        Raises:
            BadInput: No block has a row.
        """
        ticks = [reference.tick(predicted, outcome=outcome) for predicted, outcome in blocks]
        means = [_means(tick) for tick in ticks if tick.n]
        if not means:
            raise BadInput("blocks: want one block or more with a known outcome, got none.")
        series = np.stack(means)
        return cls(reference=reference, moments=_add(None, series), bets=RankBets.of(series, tails=False))

    def tick(self, predicted: npt.ArrayLike, *, outcome: npt.ArrayLike) -> GapTick:
        """Sum up a block, or a part of one: parts must be merged before the update."""
        return self.reference.tick(predicted, outcome=outcome)

    def start(self) -> BlockGapState:
        """Return the state before any block."""
        return BlockGapState(ranks=self.bets.start(), moments=tuple(Moments() for _ in self.moments))

    def update(self, state: BlockGapState, tick: GapTick, *, phase: int = 0) -> BlockGapState:
        """Return the state after one more whole block of a phase; one without a known outcome changes nothing."""
        return self.run(state, (tick,), phase=phase)[0]

    def increments(self, state: BlockGapState, tick: GapTick, *, phase: int = 0) -> Floats:
        """Return the log e-value of one block alone, for each bet."""
        logs: Floats = self.run(state, (tick,), phase=phase)[1][0]
        return logs

    def run(self, state: BlockGapState, ticks: Sequence[GapTick], *, phase: int = 0) -> tuple[BlockGapState, Floats]:
        """Return the state after whole blocks of one phase in their order, and what each of them brought.

        Returns:
            The state, and the log e-value of each block alone, shape (blocks, bets).

        Raises:
            BadInput: Sums of other measures.
        """
        if any(tick.totals.shape != self.reference.means.shape for tick in ticks):
            raise BadInput("tick: want sums of this monitor's measures. Make ticks with the same reference.")
        filled = np.array([tick.n > 0 for tick in ticks], dtype=np.bool_)
        logs = np.zeros((len(ticks), state.ranks.log_capital.size))
        if not filled.any():
            return state, logs
        means = np.stack([_means(tick) for tick in ticks if tick.n])
        ranks, found = self.bets.run(state.ranks, means, phase=phase)
        logs[filled] = found.reshape(len(means), -1)
        return BlockGapState(ranks=ranks, moments=_add(state.moments, means)), logs

    def evidence(self, state: BlockGapState) -> EValue:
        """Return the evidence of a gap; its ``n`` counts blocks."""
        bets = state.ranks.log_capital.ravel()
        weights = np.full(len(bets), -math.log(len(bets)))
        log_e = log_mean(bets, weights, ticks=state.ranks.blocks, onset=self.bets.onset)
        return EValue(log_e=log_e, n=state.ranks.blocks)

    def interval(self, state: BlockGapState, *, measure: Measure, alpha: float) -> AnytimeInterval:
        """Return the mean gap of new blocks less that of the reference's, in the measure's unit.

        Each side takes half of alpha; asymptotic in the number of blocks, exact for normal ones.

        Raises:
            BadInput: ``measure`` is not one of this monitor's.
        """
        if measure not in self.reference.measures:
            known = ", ".join(m.value for m in self.reference.measures)
            raise BadInput(f"measure: want one of {known}, got {measure.value}.")
        i = self.reference.measures.index(measure)
        before, now = self.moments[i], state.moments[i]
        sequence = MeanSequence(alpha=alpha / 2, n_star=max(before.n, 10))
        old, new = sequence.evidence(before), sequence.evidence(now)
        scale = float(self.reference.scales[i])
        ends = sorted(((new.low - old.high) * scale, (new.high - old.low) * scale))
        return AnytimeInterval(
            low=ends[0],
            high=ends[1],
            estimate=(now.mean - before.mean) * scale,
            alpha=alpha,
            n=now.n,
            validity="asymptotic",
        )


def _means(tick: GapTick) -> Floats:
    return np.asarray(tick.totals / (ONE * max(tick.n, 1)), dtype=np.float64)


def _add(moments: tuple[Moments, ...] | None, series: Floats) -> tuple[Moments, ...]:
    new = [Moments(n=len(x), total=float(x.sum()), squares=float(x @ x)) for x in series.T]
    return tuple(new) if moments is None else tuple(m.merge(part) for m, part in zip(moments, new, strict=True))
