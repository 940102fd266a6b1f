"""Is the model as good as it expects to be? Realised minus expected performance, and what that says.

A calibrated classifier knows how often it is wrong: on *any* inputs the residual ``r = y - p`` has mean zero, and so
has each ``phi(p) r`` (:mod:`slipway.stats.residuals`). When only X moves, all stay silent; when P(Y given X) moves,
they speak. That is what tells concept drift from data drift.

A real model is calibrated up to an error that a finite reference shows only roughly. So the bets are against "the mean
of ``phi r`` lies within the reference's, plus or minus its empirical Bernstein half width, plus or minus a tolerance".

Promise: if rows are independent and the mean of ``phi r`` is what it was, up to ``tolerance``, the chance that the
evidence *ever* reaches ``1 / alpha`` is at most ``alpha + delta``. The proof and its limits are in
``docs/explanation/gap.md``. For rows that come in clusters see :class:`slipway.stats.block_gap.BlockGap`.
"""

import functools
import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.bernstein import bernstein_slack, log_bets, mean_interval
from slipway.stats.evidence import AnytimeInterval, EValue, check_share
from slipway.stats.residuals import ONE, GapReference, GapTick, Measure
from slipway.stats.restarts import EVER, Onset, compound, log_mean

__all__ = ["Gap", "GapReference", "GapState", "GapTick", "Measure"]

Floats = npt.NDArray[np.float64]

_STAKES = np.array([0.025, 0.05, 0.1, 0.2, 0.4, 0.8])


class GapState(msgspec.Struct, frozen=True, eq=False):
    """What the monitor remembers: ticks, rows, sums per measure, and the capital of each bet."""

    ticks: int
    n: int
    totals: Floats
    squares: Floats
    log_capital: Floats


class Gap(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Evidence that realised and expected performance have come apart, and by how much.

    Attributes:
        reference: How calibrated the model was.
        delta: Chance that the reference misleads, added to alpha; in (0, 1).
        tolerance: Change of the mean of ``phi r`` that is too small to matter, a share (of ``cap`` for a regression). A
            model that is miscalibrated by at most half of it at every X raises no alarm wherever X goes.
        onset: When a change may begin, in ticks, and what is promised of false alarms.

    >>> rng = np.random.default_rng(1)
    >>> p = rng.uniform(size=20_000)
    >>> gap = Gap(GapReference.of_classes(p, y=rng.uniform(size=20_000) < p))
    >>> live = rng.uniform(size=4_000)
    >>> state = gap.update(gap.start(), gap.tick(live, outcome=rng.uniform(size=4_000) < live - 0.1))
    >>> gap.evidence(state).rejects(alpha=0.01)
    True
    >>> interval = gap.interval(state, measure=Measure.CALIBRATION, alpha=0.05)
    >>> interval.low < -0.095 < interval.high < 0  # 0.1 less than expected, but no less than nothing
    True
    """

    reference: GapReference
    delta: float = 0.001
    tolerance: float = 0.0
    onset: Onset = EVER

    def __post_init__(self) -> None:
        check_share("delta", self.delta)
        if not 0 <= self.tolerance < 1:
            raise BadInput(f"tolerance: want 0 <= tolerance < 1, got {self.tolerance}.")

    @functools.cached_property
    def slack(self) -> Floats:
        """Half width within which the reference knows the mean of ``phi r``, per measure."""
        reference = self.reference
        delta = self.delta / len(reference.measures)
        return bernstein_slack(reference.variances, n=reference.n, span=2.0, delta=delta)

    def tick(self, predicted: npt.ArrayLike, *, outcome: npt.ArrayLike) -> GapTick:
        """Sum up a slice whose outcomes are known; see :meth:`GapReference.tick`."""
        return self.reference.tick(predicted, outcome=outcome)

    def start(self) -> GapState:
        """Return the state before any row."""
        k = len(self.reference.measures)
        empty = np.zeros(k)
        return GapState(ticks=0, n=0, totals=empty, squares=empty, log_capital=np.full(2 * k * len(_STAKES), -np.inf))

    def increments(self, tick: GapTick) -> Floats:
        """Return the log e-value of this tick alone, per bet: what an e-detector is fed with."""
        if tick.totals.shape != self.reference.means.shape:
            raise BadInput("tick: want sums of this monitor's measures. Make ticks with the same reference.")
        away = np.minimum(self.slack + self.tolerance, 2.0)
        bets = [
            log_bets(
                n=tick.n,
                total=tick.totals / ONE,
                squares=tick.squares / ONE,
                bound=self.reference.means + sign * away,
                sign=sign,
                stakes=_STAKES,
            )
            for sign in (1, -1)
        ]
        return np.concatenate(bets).ravel()

    def update(self, state: GapState, tick: GapTick) -> GapState:
        """Return the state after one more tick; a tick without rows changes nothing."""
        increments = self.increments(tick)
        if tick.n == 0:
            return state
        return GapState(
            ticks=state.ticks + 1,
            n=state.n + tick.n,
            totals=state.totals + tick.totals / ONE,
            squares=state.squares + tick.squares / ONE,
            log_capital=compound(state.log_capital, increments, tick=state.ticks + 1, onset=self.onset),
        )

    def evidence(self, state: GapState) -> EValue:
        """Return the evidence of a gap beyond the tolerance at any time up to now."""
        weights = np.full(len(state.log_capital), -math.log(len(state.log_capital)))
        return EValue(log_e=log_mean(state.log_capital, weights, ticks=state.ticks, onset=self.onset), n=state.n)

    def interval(self, state: GapState, *, measure: Measure, alpha: float) -> AnytimeInterval:
        """Return the mean gap since the start, realised minus expected less the reference's, in the measure's unit.

        Covers at all times at once with probability ``1 - alpha``, of which ``delta`` goes to the reference; the
        tolerance plays no part. For the log-loss and a loss, more is worse; for accuracy, less is.

        Raises:
            BadInput: ``measure`` is not one of this monitor's, or ``alpha`` is not above ``delta``.
        """
        if measure not in self.reference.measures:
            known = ", ".join(m.value for m in self.reference.measures)
            raise BadInput(f"measure: want one of {known}, got {measure.value}.")
        if not self.delta < alpha < 1:
            raise BadInput(f"alpha: want delta < alpha < 1 with delta = {self.delta}, got {alpha}.")
        i = self.reference.measures.index(measure)
        raw = mean_interval(
            n=state.n,
            total=float(state.totals[i]),
            squares=float(state.squares[i]),
            limit=1.0,
            alpha=alpha - self.delta,
        )
        mean, slack, scale = (float(part[i]) for part in (self.reference.means, self.slack, self.reference.scales))
        ends = sorted(((raw.low - mean - slack) * scale, (raw.high - mean + slack) * scale))
        return AnytimeInterval(
            low=ends[0], high=ends[1], estimate=(raw.estimate - mean) * scale, alpha=alpha, n=state.n
        )
