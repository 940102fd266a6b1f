"""Have realised and expected performance come apart in some part of the rows? One test over all parts.

Each part is tested as the whole is: by rows (:class:`slipway.stats.gap.Gap`), or by the ranks of its blocks
(:class:`slipway.stats.block_gap.BlockGap`). The evidence is the mean over parts, an e-value whatever the dependence
between them, so parts may overlap. Which parts it was is for ``e_bh`` over their e-values.
"""

import math
from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import EValue
from slipway.stats.gap import Gap
from slipway.stats.part_sums import PartSums
from slipway.stats.rank_bets import RankBets, RankState
from slipway.stats.residuals import ONE, GapReference
from slipway.stats.restarts import EVER, Onset, compound, log_mean

Floats = npt.NDArray[np.float64]

_DELTA = 0.001
_FEWEST = 2.0
"""Rows times variance of a residual: the skewness of a mean is then at most .71."""


class PartGapState(msgspec.Struct, frozen=True, eq=False):
    """What is remembered of rows: ticks, rows, and the capital of each bet, shape (parts, bets)."""

    ticks: int
    n: int
    log_capital: Floats


class PartGap(msgspec.Struct, frozen=True, eq=False):
    """Evidence that the gap of some part has moved, by rows.

    Promise: as :class:`slipway.stats.gap.Gap` has it, for all parts together: the chance that the evidence *ever*
    reaches ``1 / alpha`` is at most ``alpha + .001``.

    Attributes:
        gaps: One test for each part; they share ``delta``.
        onset: When a change may begin, in ticks.

    >>> rng = np.random.default_rng(0)
    >>> def day(wrong, rows=2_000):
    ...     carrier = rng.integers(0, 10, size=(rows, 1)).astype(np.uint8)
    ...     p = rng.uniform(size=rows)
    ...     y = (rng.uniform(size=rows) < np.clip(p - wrong * (carrier[:, 0] == 3), 0, 1)).astype(float)
    ...     return {"bins": carrier, "predicted": p, "outcome": y, "over": p - y}
    >>> from slipway.stats.part_sums import Part
    >>> rows, parts = day(0.0, rows=60_000), [Part(0, i, i) for i in range(10)]
    >>> reference = GapReference.of_classes(rows["predicted"], y=rows["outcome"])
    >>> test = PartGap.learn(PartSums.of(parts, reference=reference, **rows), reference=reference)
    >>> state = test.start()
    >>> for _ in range(10):
    ...     state = test.update(state, PartSums.of(parts, reference=reference, **day(0.3)))
    >>> int(test.log_e(state).argmax()), test.evidence(state).rejects(alpha=0.01)
    (3, True)
    """

    gaps: tuple[Gap, ...]
    onset: Onset = EVER

    @classmethod
    def learn(cls, before: PartSums, *, reference: GapReference, tolerance: float = 0.0) -> Self:
        """Learn from held-out rows; a part of one row or none is known to no precision, and bets nothing."""
        n = np.maximum(before.n, 1)[:, None]
        means = before.totals / (ONE * n)
        spread = np.maximum(before.squares / (ONE * n) - means**2, 0.0) * n / np.maximum(n - 1, 1)
        delta = _DELTA / max(len(before.n), 1)
        gaps = (
            Gap(
                msgspec.structs.replace(
                    reference,
                    n=max(rows, 1),
                    means=mean,
                    variances=variance if rows > 1 else np.full_like(mean, np.inf),
                ),
                delta=delta,
                tolerance=tolerance,
            )
            for rows, mean, variance in zip(before.n.tolist(), means, spread, strict=True)
        )
        return cls(gaps=tuple(gaps))

    @property
    def count(self) -> int:
        """How many parts there are."""
        return len(self.gaps)

    def start(self) -> PartGapState:
        """Return the state before any row."""
        bets = len(self.gaps[0].start().log_capital)
        return PartGapState(ticks=0, n=0, log_capital=np.full((len(self.gaps), bets), -np.inf))

    def increments(self, sums: PartSums) -> Floats:
        """Return the log e-value of this tick alone, shape (parts, bets)."""
        if len(sums.n) != len(self.gaps):
            raise BadInput(f"sums: want those of {len(self.gaps)} parts, got {len(sums.n)}.")
        return np.stack([gap.increments(tick) for gap, tick in zip(self.gaps, sums.ticks(), strict=True)])

    def update(self, state: PartGapState, sums: PartSums) -> PartGapState:
        """Return the state after one more tick."""
        ticks = state.ticks + 1
        capital = compound(state.log_capital, self.increments(sums), tick=ticks, onset=self.onset)
        return PartGapState(ticks=ticks, n=state.n + int(sums.n.max()), log_capital=capital)

    def log_e(self, state: PartGapState) -> Floats:
        """Return the log e-value of each part, shape (parts,)."""
        weights = np.full(state.log_capital.shape[1], -math.log(state.log_capital.shape[1]))
        return np.array([log_mean(c, weights, ticks=state.ticks, onset=self.onset) for c in state.log_capital])

    def evidence(self, state: PartGapState) -> EValue:
        """Return the evidence that any part's gap has moved."""
        return EValue(log_e=float(_log_mean(self.log_e(state), axis=0)), n=state.n)


class BlockPartGap(msgspec.Struct, frozen=True, eq=False):
    """Evidence that the gap of some part has moved, by whole blocks of time; a part absent from a block bets nothing.

    Promise: if the blocks' gaps of each part are exchangeable (where they follow a rhythm: within their phase), the
    chance that the evidence *ever* reaches ``1 / alpha`` is at most ``alpha``.

    Means of few rows are not, where the number of rows moves: residuals of rare outcomes are skewed, so the mean of six
    lies below its expectation more often than the mean of thirty. A block therefore counts for a part only with so many
    rows that the skewness of their mean, at most ``1 / sqrt(rows x variance)`` for residuals within 1, is
    small. What is left of it is measured in ``tests/calibration/test_parts.py``.

    Attributes:
        count: How many parts there are.
        bets: Bets with the reference blocks as their pool; a series is a measure of a part.
        fewest: Rows with which a block counts for each part, shape (parts,).
    """

    count: int
    bets: RankBets
    fewest: Floats

    @classmethod
    def learn(cls, blocks: list[PartSums], *, phases: npt.NDArray[np.int64] | None = None, period: int = 0) -> Self:
        """Learn from the blocks of the reference, one or more."""
        variances = _variances(blocks)
        fewest = np.divide(_FEWEST, variances, out=np.full_like(variances, np.inf), where=variances > 0)
        series = np.stack([_steady(block, fewest=fewest) for block in blocks])
        bets = RankBets.of(series, phases=phases, period=period, tails=False)
        return cls(count=len(blocks[0].n), bets=bets, fewest=fewest)

    def start(self) -> RankState:
        """Return the state before any block."""
        return self.bets.start()

    def increments(self, state: RankState, sums: PartSums, *, phase: int = 0) -> Floats:
        """Return the log e-value of one block alone, for each bet."""
        logs: Floats = self.run(state, (sums,), phase=phase)[1][0]
        return logs

    def update(self, state: RankState, sums: PartSums, *, phase: int = 0) -> RankState:
        """Return the state after one more whole block of a phase."""
        return self.run(state, (sums,), phase=phase)[0]

    def run(self, state: RankState, blocks: Sequence[PartSums], *, phase: int = 0) -> tuple[RankState, Floats]:
        """Return the state after whole blocks of one phase in their order, and what each of them brought.

        Returns:
            The state, and the log e-value of each block alone, shape (blocks, bets of all parts).

        Raises:
            BadInput: Sums of other parts.
        """
        if any(len(sums.n) != self.count for sums in blocks):
            raise BadInput(f"sums: want those of {self.count} parts, got {[len(sums.n) for sums in blocks]}.")
        means = np.stack([_steady(sums, fewest=self.fewest) for sums in blocks])
        state, logs = self.bets.run(state, means, phase=phase)
        return state, logs.reshape(len(blocks), -1)

    def log_e(self, state: RankState) -> Floats:
        """Return the log e-value of each part, shape (parts,)."""
        return _log_mean(self.bets.log_e(state).reshape(self.count, -1), axis=1)

    def evidence(self, state: RankState) -> EValue:
        """Return the evidence that any part's gap has moved; its ``n`` counts blocks."""
        return EValue(log_e=float(_log_mean(self.log_e(state), axis=0)), n=state.blocks)


def _variances(blocks: Sequence[PartSums]) -> Floats:
    """Return the variance of one row's residual in each part, by the measure that weighs it most; 0 without rows."""
    n = np.maximum(sum(block.n for block in blocks), 1)[:, None]
    means = sum(block.totals for block in blocks) / (ONE * n)
    spread: Floats = np.maximum(sum(block.squares for block in blocks) / (ONE * n) - means**2, 0.0)
    return np.asarray(spread.max(axis=1))


def _steady(sums: PartSums, *, fewest: Floats) -> Floats:
    """Return the means of the residuals, shape (parts x measures,); NaN where too few rows are in them."""
    return np.where((sums.n >= fewest)[:, None], sums.means(), np.nan).ravel()


def _log_mean(logs: Floats, *, axis: int) -> Floats:
    """Return the log of the mean of what the logs are of."""
    return np.asarray(np.logaddexp.reduce(logs, axis=axis) - math.log(logs.shape[axis]))
