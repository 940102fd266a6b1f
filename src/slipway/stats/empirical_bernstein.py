"""The mean of bounded values in closed form: the predictable-mixture empirical Bernstein confidence sequence.

A dozen numbers of state and no grid, a little wider than :mod:`slipway.stats.hedged_capital`.
"""

import math

import msgspec
import numpy as np

from slipway.stats.betting import check_bounds
from slipway.stats.checks import Floats
from slipway.stats.evidence import AnytimeInterval, check_alpha
from slipway.stats.predictable import Past, Values, predictable_bets, to_unit

_MOST = 0.5


class BernsteinState(msgspec.Struct, frozen=True):
    """Sums weighted by the bets, of values scaled to [0, 1].

    Attributes:
        past: What the next bet depends on.
        bets: Sum of the bets.
        weighted: Sum of bet times value.
        slack_low: Sum of psi(bet) times the squared deviation, for the lower limit.
        slack_high: The same for the upper limit.
    """

    past: Past = Past()
    bets: float = 0.0
    weighted: float = 0.0
    slack_low: float = 0.0
    slack_high: float = 0.0


class BernsteinMean(msgspec.Struct, frozen=True):
    """Cover the mean of bounded values at all times at once with probability 1 - alpha.

    Exact at every sample size for independent values of one mean, or values whose mean given the past does not change.
    The order of values matters, for each bet is made from the values before it.

    Attributes:
        alpha: Miss probability over all time.
        low: Least possible value.
        high: Greatest possible value.

    Reference:
        Waudby-Smith & Ramdas (2024), JRSS-B 86(1), theorem 2, bets cut at 1/2; deviations are from the plain mean of
        the values before (from 0 for the first value, from 1 for the upper limit), as in confseq's predmix_empbern_cs.

    >>> x = np.modf(0.6180339887498949 * np.arange(1, 51))[0] ** 2
    >>> test = BernsteinMean(alpha=0.05)
    >>> interval = test.evidence(test.update(test.start(), Values(x)))
    >>> round(interval.low, 7), round(interval.high, 7)  # confseq 0.0.11
    (0.1471202, 0.519462)
    """

    alpha: float
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_bounds(self.low, self.high)

    def start(self) -> BernsteinState:
        """Return the state before any value."""
        return BernsteinState()

    def update(self, state: BernsteinState, tick: Values) -> BernsteinState:
        """Bet on the values of one tick, in their order.

        Raises:
            BadInput: A value is outside [low, high].
        """
        x = to_unit(tick.values, low=self.low, high=self.high)
        free, past = predictable_bets(x, past=state.past, alpha=self.alpha / 2)
        bets = np.minimum(free, _MOST)
        psi = -np.log1p(-bets) - bets
        before = _means_before(x, state.past)
        first = 1.0 if state.past.n == 0 else 0.0  # the upper limit bets on 1 - x, whose first centre is 0 too
        centre_high = before.copy()
        centre_high[:1] += first
        return BernsteinState(
            past=past,
            bets=state.bets + float(bets.sum()),
            weighted=state.weighted + float(bets @ x),
            slack_low=state.slack_low + float(psi @ (x - before) ** 2),
            slack_high=state.slack_high + float(psi @ (x - centre_high) ** 2),
        )

    def evidence(self, state: BernsteinState) -> AnytimeInterval:
        """Return the interval; [low, high] before any value."""
        if state.past.n == 0:
            return AnytimeInterval(low=self.low, high=self.high, estimate=math.nan, alpha=self.alpha, n=0)
        price, centre = math.log(2 / self.alpha), state.weighted / state.bets
        low = max(0.0, centre - (price + state.slack_low) / state.bets)
        high = min(1.0, centre + (price + state.slack_high) / state.bets)
        reach = self.high - self.low
        return AnytimeInterval(
            low=self.low + reach * min(low, high),
            high=self.low + reach * max(low, high),
            estimate=self.low + reach * state.past.total / state.past.n,
            alpha=self.alpha,
            n=state.past.n,
        )


def _means_before(x: Floats, past: Past) -> Floats:
    t = past.n + np.arange(x.size)
    sums = past.total + np.concatenate([[0.0], np.cumsum(x)[:-1]]) if x.size else np.zeros(0)
    return np.asarray(np.divide(sums, np.maximum(t, 1)), dtype=float)
