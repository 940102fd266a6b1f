"""Bets on counts: the log e-value of a tick is its counts times a table.

Drift tests differ only in how they fill the table. The tick is whole numbers, so parts from many workers add up to
exactly what one pass would have counted; the state is the capital of each bet and does not grow with the rows.
"""

import functools
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import EValue
from slipway.stats.restarts import compound, log_mean

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class BinCounts(msgspec.Struct, frozen=True, eq=False):
    """Rows of one tick per bin; the sufficient statistic of every drift test.

    Attributes:
        counts: Shape (bins,), whole numbers.
    """

    counts: Ints

    def __post_init__(self) -> None:
        if self.counts.dtype.kind != "i" or self.counts.ndim != 1 or (self.counts < 0).any():
            raise BadInput(f"counts: want whole numbers of 0 or more, shape (bins,), got {self.counts!r}.")

    @property
    def n(self) -> int:
        """Rows in the tick."""
        return int(self.counts.sum())

    def merge(self, other: Self) -> Self:
        """Return the counts of both parts together."""
        if self.counts.shape != other.counts.shape:
            raise BadInput(
                f"tick: want parts with the same bins, got {self.counts.shape} and {other.counts.shape}. "
                "Both workers must use one reference."
            )
        return type(self)(self.counts + other.counts)


class BetState(msgspec.Struct, frozen=True, eq=False):
    """What a drift test remembers.

    Attributes:
        ticks: Ticks seen that held a row.
        counts: Rows per bin since the start, shape (bins,).
        log_capital: Per bet, shape (bets,).
    """

    ticks: int
    counts: Ints
    log_capital: Floats


class BetTable(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Log payoffs of a set of bets, each with mean payoff at most 1 under the null.

    Attributes:
        payoffs: Shape (bets, bins), finite.
        weights: Share of the capital in each bet, shape (bets,), sums to 1.
    """

    payoffs: Floats
    weights: Floats

    @functools.cached_property
    def log_weights(self) -> Floats:
        """Logarithm of the weights."""
        return np.log(self.weights)

    def start(self) -> BetState:
        """Return the state before any row."""
        bets, bins = self.payoffs.shape
        return BetState(ticks=0, counts=np.zeros(bins, dtype=np.int64), log_capital=np.full(bets, -np.inf))

    def increments(self, tick: BinCounts) -> Floats:
        """Return the log e-value of this tick alone, per bet: what an e-detector is fed with."""
        if tick.counts.shape != self.payoffs.shape[1:]:
            raise BadInput(
                f"tick: want counts in {self.payoffs.shape[1]} bins, got {tick.counts.shape}. "
                "Make ticks with the same reference as the test."
            )
        return np.asarray(self.payoffs @ tick.counts, dtype=np.float64)

    def update(self, state: BetState, tick: BinCounts) -> BetState:
        """Return the state after one more tick; a tick without rows changes nothing."""
        increments = self.increments(tick)
        if tick.n == 0:
            return state
        ticks = state.ticks + 1
        return BetState(
            ticks=ticks,
            counts=state.counts + tick.counts,
            log_capital=compound(state.log_capital, increments, tick=ticks),
        )

    def evidence(self, state: BetState) -> EValue:
        """Return the weighted mean of all bets, over all ticks at which they may have begun."""
        log_e = log_mean(state.log_capital, self.log_weights, ticks=state.ticks)
        return EValue(log_e=log_e, n=int(state.counts.sum()))
