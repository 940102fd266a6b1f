"""Is it worse than it was? A test for harmful drift: the risk now against the risk on the reference.

Most drift does no harm. This test looks at labelled losses alone and alarms only when the risk is above what the
reference can explain plus a tolerance: better performance, and drift that costs nothing, stay silent.

Promise: if rows are independent and the risk is at most the reference's plus ``tolerance``, the chance that the
evidence *ever* reaches ``1 / alpha`` is at most ``alpha + delta``.
"""

import functools
import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import AnytimeInterval, EValue, check_share
from slipway.stats.loss_tick import ONE, LossTick
from slipway.stats.restarts import compound, log_mean
from slipway.stats.shares import share_limits

Floats = npt.NDArray[np.float64]

_ODDS = np.array([1.1, 1.2, 1.4, 1.8, 2.5, 4.0, 8.0])


class RiskState(msgspec.Struct, frozen=True, eq=False):
    """What the monitor remembers: ticks, all losses, and the capital of each bet."""

    ticks: int
    losses: LossTick
    log_capital: Floats


class HarmfulRisk(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Evidence that the mean loss exceeds the reference's by more than the tolerance.

    Attributes:
        reference: Losses of rows that the model did not learn from.
        tolerance: Rise of the mean loss that is acceptable, in the loss's unit, 0 or more.
        cap: Largest loss that counts, in the loss's unit; 1 for errors.
        delta: Chance that the reference misleads, added to alpha; in (0, 1).

    Reference:
        Podkopaev & Ramdas (2022), ICLR, Tracking the risk of a deployed model and detecting harmful distribution
        shifts; the bets replace their confidence sequence for the target.

    >>> test = HarmfulRisk(LossTick.of([0] * 900 + [1] * 100), tolerance=0.02)
    >>> state = test.update(test.start(), test.tick([0] * 440 + [1] * 60))  # 12 %
    >>> test.evidence(state).rejects(alpha=0.05)
    False
    >>> state = test.update(state, test.tick([0] * 350 + [1] * 150))  # 30 %
    >>> test.evidence(state).rejects(alpha=0.05)
    True
    """

    reference: LossTick
    tolerance: float = 0.0
    cap: float = 1.0
    delta: float = 0.001

    def __post_init__(self) -> None:
        check_share("delta", self.delta)
        if not 0 < self.cap < math.inf:
            raise BadInput(f"cap: want a finite loss above 0, got {self.cap}.")
        if not 0 <= self.tolerance < self.cap:
            raise BadInput(f"tolerance: want 0 <= tolerance < cap = {self.cap}, got {self.tolerance}.")

    @functools.cached_property
    def bound(self) -> float:
        """The risk that is still explained, in caps: upper limit of the reference plus tolerance, at most 1."""
        # Chernoff's bound holds for losses in [0, 1] as for 0 or 1. One side only: twice delta for the pair.
        high = share_limits(self.reference.mean * self.reference.n, n=self.reference.n, delta=min(2 * self.delta, 1))[1]
        return min(float(high) + self.tolerance / self.cap, 1.0)

    def tick(self, losses: npt.ArrayLike) -> LossTick:
        """Sum up a slice of losses whose outcomes are known."""
        return LossTick.of(losses, cap=self.cap)

    def start(self) -> RiskState:
        """Return the state before any row."""
        return RiskState(ticks=0, losses=LossTick(), log_capital=np.full(len(_ODDS), -np.inf))

    def increments(self, tick: LossTick) -> Floats:
        """Return the log e-value of this tick alone, per bet: what an e-detector is fed with.

        The log of a bet is concave in the loss, so the chord between its values at 0 and 1 promises no more than it
        and needs only the sum; for losses of 0 or 1 it is the bet.
        """
        if self.bound >= 1:
            return np.zeros(len(_ODDS))
        total = tick.total / ONE
        all_rows = 1 - self.bound + _ODDS * self.bound
        return np.asarray(total * np.log(_ODDS) - tick.n * np.log(all_rows))

    def update(self, state: RiskState, tick: LossTick) -> RiskState:
        """Return the state after one more tick; a tick without rows changes nothing."""
        if tick.n == 0:
            return state
        ticks = state.ticks + 1
        return RiskState(
            ticks=ticks,
            losses=state.losses.merge(tick),
            log_capital=compound(state.log_capital, self.increments(tick), tick=ticks),
        )

    def evidence(self, state: RiskState) -> EValue:
        """Return the evidence of harm beyond the tolerance at any time up to now."""
        weights = np.full(len(_ODDS), -math.log(len(_ODDS)))
        return EValue(log_e=log_mean(state.log_capital, weights, ticks=state.ticks), n=state.losses.n)

    def interval(self, state: RiskState, *, alpha: float) -> AnytimeInterval:
        """Return the mean loss since the start, in the loss's unit, covered at all times at once."""
        raw = state.losses.interval(alpha=alpha)
        return AnytimeInterval(
            low=raw.low * self.cap, high=raw.high * self.cap, estimate=raw.estimate * self.cap, alpha=alpha, n=raw.n
        )
