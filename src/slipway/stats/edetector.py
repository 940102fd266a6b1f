"""When did it change? E-detectors: alarms with a promised average run length, and the tick where the change began.

An e-value answers "has it ever?"; a detector that runs for years should answer "has it just now?" and start afresh
after each alarm. Shiryaev-Roberts keeps ``S <- (S + 1) e``, CUSUM ``M <- max(M, 1) e``. Fed with e-values whose
conditional mean is at most 1 while nothing changes, both take at least ``threshold`` ticks on average until a false
alarm, whatever the law of the data. That promise is a mean, not a probability: alarms will come, one in ``threshold``
ticks or fewer.
"""

import enum
import math
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LEVELS = 4


class Rule(enum.Enum):
    """How evidence for different starts is joined."""

    SHIRYAEV_ROBERTS = "shiryaev-roberts"
    """The sum over all starts: quicker for changes that take long to find."""
    CUSUM = "cusum"
    """The best start."""


class LogIncrements(msgspec.Struct, frozen=True, eq=False):
    """Log e-values of one tick, one a bet, such as ``HistogramDrift(...).table.increments(tick)`` gives.

    Attributes:
        log_e: Shape (bets,), finite.
        n: Rows in the tick; a tick without rows changes nothing.
    """

    log_e: Floats
    n: int

    def __post_init__(self) -> None:
        if self.log_e.ndim != 1 or not np.isfinite(self.log_e).all() or self.n < 0:
            raise BadInput(f"log_e: want finite numbers of shape (bets,) and n >= 0, got {self.log_e!r}, n={self.n}.")

    def merge(self, other: Self) -> Self:
        """Return the evidence of both parts of one tick together; exact up to rounding."""
        if self.log_e.shape != other.log_e.shape:
            raise BadInput(f"tick: want parts with the same bets, got {self.log_e.shape} and {other.log_e.shape}.")
        return type(self)(log_e=self.log_e + other.log_e, n=self.n + other.n)


class DetectorState(msgspec.Struct, frozen=True, eq=False):
    """What a detector remembers, per bet.

    Attributes:
        ticks: Ticks since the start.
        n: Rows since the start.
        log_value: Log of ``S`` or ``M``; ``-inf`` at the start.
        above: How far the sum of log e-values is above its lowest point (the log of CUSUM, not below 0).
        depth: That lowest point.
        lowest: Tick at which it was reached.
        passed: Ticks at which the lowest point first went below its last ``_LEVELS`` whole numbers, oldest first.
        near: Last tick at which the sum was within ``_LEVELS`` of its lowest point.
    """

    ticks: int
    n: int
    log_value: Floats
    above: Floats
    depth: Floats
    lowest: Ints
    passed: Ints
    near: Ints


class Change(msgspec.Struct, frozen=True):
    """What a detector says now. It is no e-value: its mean grows with time, and only the run length is promised.

    Attributes:
        alarm: Whether the value has reached the threshold.
        log_value: Log of the detector's value.
        log_threshold: Log of the threshold.
        ticks: Ticks since the start.
        n: Rows since the start.
        after_tick: The change most likely began right after this tick (0: before the first); by the loudest bet.
        earliest: Starts before this tick are at least 20 times (e^3) less likely.
        latest: Starts after this tick are 55 times (e^4) less likely. Of changes that come at once and stay, nine in
            ten or more lie between these two (simulated: ``tests/calibration/test_edetector.py``).
    """

    alarm: bool
    log_value: float
    log_threshold: float
    ticks: int
    n: int
    after_tick: int
    earliest: int
    latest: int


class EDetector(msgspec.Struct, frozen=True):
    """Raise false alarms at least ``threshold`` ticks apart on average, and say where the change began.

    Several bets are averaged, which keeps the promise under any dependence between them. The promise is for each start:
    after an alarm, start again.

    Attributes:
        bets: Number of log e-values in a tick, 1 or more.
        threshold: Least average number of ticks until a false alarm, above 1.
        rule: How starts are joined.

    Reference:
        Shin, Ramdas & Rinaldo (2024), E-detectors, New England Journal of Statistics in Data Science 2(2), theorem 2.4.

    >>> detector = EDetector(bets=1, threshold=1000.0)
    >>> state = detector.start()
    >>> for gain in [-0.5] * 20 + [1.0] * 8:
    ...     state = detector.update(state, LogIncrements(log_e=np.array([gain]), n=100))
    >>> found = detector.evidence(state)
    >>> found.alarm, found.after_tick, found.earliest, found.latest
    (True, 20, 13, 24)
    """

    bets: int
    threshold: float
    rule: Rule = Rule.SHIRYAEV_ROBERTS

    def __post_init__(self) -> None:
        if self.bets < 1:
            raise BadInput(f"bets: want 1 or more, got {self.bets}.")
        if not 1 < self.threshold < math.inf:
            raise BadInput(f"threshold: want a finite number of ticks above 1, got {self.threshold}.")

    def start(self) -> DetectorState:
        """Return the state before any tick."""
        zeros, ticks = np.zeros(self.bets), np.zeros(self.bets, dtype=np.int64)
        return DetectorState(
            ticks=0,
            n=0,
            log_value=np.full(self.bets, -np.inf),
            above=zeros,
            depth=zeros,
            lowest=ticks,
            passed=np.zeros((_LEVELS, self.bets), dtype=np.int64),
            near=ticks,
        )

    def update(self, state: DetectorState, tick: LogIncrements) -> DetectorState:
        """Return the state after one more tick; a tick without rows changes nothing."""
        if tick.log_e.shape != (self.bets,):
            raise BadInput(f"log_e: want shape ({self.bets},), got {tick.log_e.shape}.")
        if tick.n == 0:
            return state
        ticks = state.ticks + 1
        join = np.logaddexp if self.rule is Rule.SHIRYAEV_ROBERTS else np.maximum
        height = state.above + tick.log_e
        new_low = height <= 0
        depth = state.depth + np.minimum(height, 0.0)
        return DetectorState(
            ticks=ticks,
            n=state.n + tick.n,
            log_value=join(state.log_value, 0.0) + tick.log_e,
            above=np.maximum(height, 0.0),
            depth=depth,
            lowest=np.where(new_low, ticks, state.lowest),
            passed=_pass_levels(state, depth, ticks),
            near=np.where(height <= _LEVELS, ticks, state.near),
        )

    def evidence(self, state: DetectorState) -> Change:
        """Return the value, whether it is an alarm, and where the change began if there was one."""
        top = float(state.log_value.max())
        best = int(state.above.argmax())
        mean = top + math.log(np.exp(state.log_value - top).mean()) if top > -math.inf else -math.inf
        return Change(
            alarm=mean >= math.log(self.threshold),
            log_value=mean,
            log_threshold=math.log(self.threshold),
            ticks=state.ticks,
            n=state.n,
            after_tick=int(state.lowest[best]),
            earliest=int(state.passed[0, best]),
            latest=int(state.near[best]),
        )


def _pass_levels(state: DetectorState, depth: Floats, tick: int) -> Ints:
    """Note the tick for each whole number that the lowest point went below, keeping the last few."""
    crossed = np.floor(state.depth) - np.floor(depth)
    passed = state.passed
    for level in range(_LEVELS):
        shifted = np.concatenate([passed[1:], np.full((1, passed.shape[1]), tick)])
        passed = np.where(crossed > level, shifted, passed)
    return passed
