"""The mean of bounded values by betting on each value against each candidate mean.

The tightest of the exact sequences here, at the price of a state of 2 x (breaks + 1) numbers and of ticks that keep
their rows in order. For evidence from sums alone see :mod:`slipway.stats.betting`.
"""

import math

import msgspec
import numpy as np

from slipway.stats.betting import check_bounds
from slipway.stats.checks import Floats, check_positive
from slipway.stats.evidence import AnytimeInterval, check_alpha
from slipway.stats.predictable import Past, Values, predictable_bets, to_unit

_CHUNK = 256


class HedgedState(msgspec.Struct, frozen=True, eq=False):
    """Log capital of the two bettors against each candidate mean, shape (breaks + 1,), and what bets depend on."""

    past: Past
    log_up: Floats
    log_down: Floats


class HedgedMean(msgspec.Struct, frozen=True):
    """Cover the mean of bounded values at all times at once with probability 1 - alpha.

    Exact at every sample size for independent values of one mean, or values whose mean given the past does not change.

    Attributes:
        alpha: Miss probability over all time.
        low: Least possible value.
        high: Greatest possible value.
        breaks: Number of steps of the grid of candidate means; limits are rounded outwards by one step.

    Reference:
        Waudby-Smith & Ramdas (2024), JRSS-B 86(1), theorem 3 (hedged capital, theta = 1/2, bets of eq. 26 cut at c =
        1/2); the same choices as confseq's betting_cs, without running intersection.

    >>> x = np.modf(0.6180339887498949 * np.arange(1, 51))[0] ** 2
    >>> test = HedgedMean(alpha=0.05)
    >>> interval = test.evidence(test.update(test.start(), Values(x)))
    >>> round(interval.low, 3), round(interval.high, 3)  # confseq 0.0.11
    (0.221, 0.461)
    """

    alpha: float
    low: float = 0.0
    high: float = 1.0
    breaks: int = 1000

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_bounds(self.low, self.high)
        check_positive("breaks", self.breaks)

    def start(self) -> HedgedState:
        """Return the state before any value."""
        return HedgedState(past=Past(), log_up=np.zeros(self.breaks + 1), log_down=np.zeros(self.breaks + 1))

    def update(self, state: HedgedState, tick: Values) -> HedgedState:
        """Bet on the values of one tick, in their order.

        Raises:
            BadInput: A value is outside [low, high].
        """
        x = to_unit(tick.values, low=self.low, high=self.high)
        bets, past = predictable_bets(x, past=state.past, alpha=self.alpha / 2)
        up, down = state.log_up.copy(), state.log_down.copy()
        grid = self._grid()
        with np.errstate(divide="ignore"):
            most_up, most_down = 0.5 / grid, 0.5 / (1 - grid)
        for start in range(0, x.size, _CHUNK):
            part, bet = x[start : start + _CHUNK, None], bets[start : start + _CHUNK, None]
            up += np.log1p(np.minimum(bet, most_up) * (part - grid)).sum(axis=0)
            down += np.log1p(-np.minimum(bet, most_down) * (part - grid)).sum(axis=0)
        return HedgedState(past=past, log_up=up, log_down=down)

    def evidence(self, state: HedgedState) -> AnytimeInterval:
        """Return the interval; [low, high] before any value, and if every candidate has been rejected."""
        grid = self._grid()
        kept = np.flatnonzero(np.maximum(state.log_up, state.log_down) <= math.log(2 / self.alpha))
        first, last = (kept[0], kept[-1]) if kept.size else (0, self.breaks)
        step, reach = 1 / self.breaks, self.high - self.low
        return AnytimeInterval(
            low=self.low + reach * max(0.0, float(grid[first]) - step),
            high=self.low + reach * min(1.0, float(grid[last]) + step),
            estimate=self.low + reach * state.past.total / state.past.n if state.past.n else math.nan,
            alpha=self.alpha,
            n=state.past.n,
        )

    def _grid(self) -> Floats:
        return np.linspace(0.0, 1.0, self.breaks + 1)
