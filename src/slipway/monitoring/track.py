"""What a monitor remembers of one model: two tests, two detectors of when it changed, and the slices of late."""

import math
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.monitoring.instruments import Instruments
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats.block_drift import BlockDrift, block_means
from slipway.stats.block_gap import BlockGap
from slipway.stats.edetector import DetectorState, EDetector, LogIncrements
from slipway.stats.evidence import EValue
from slipway.stats.multiple import mean_e
from slipway.stats.residuals import ONE, GapTick
from slipway.stats.table import TableTick

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KEPT = 400
"""Slices that are remembered one by one, to size a change; older ones live on in the instruments."""

_RUN_LENGTH = 1e9  # the detectors only say when; whether is for the instruments


class Side(msgspec.Struct, frozen=True, eq=False):
    """One test on its way.

    Attributes:
        state: State of the test; its kind goes with the test's.
        detector: State of the detector that says when the change began.
        slices: Slices that had rows since the start, the last ones.
        fed: How many there were since the start.
    """

    state: Any
    detector: DetectorState
    slices: tuple[Any, ...] = ()
    fed: int = 0

    @property
    def since_us(self) -> int | None:
        """Beginning of the first slice after the change, if there was one; None without a slice."""
        change = EDetector(bets=len(self.detector.log_value), threshold=_RUN_LENGTH).evidence(self.detector)
        dropped = self.fed - len(self.slices)
        after = min(max(0, change.after_tick - dropped), len(self.slices) - 1)
        return self.slices[after].start_us if self.slices else None


class Track(msgspec.Struct, frozen=True, eq=False):
    """All that a monitor remembers; it does not grow with the rows.

    Attributes:
        inputs: Have the inputs moved? Its slices are :class:`InputSums`.
        gap: Have realised and expected performance come apart? Its slices are :class:`OutcomeSums`; None where the
            reference has no answers.
    """

    inputs: Side
    gap: Side | None

    def inputs_since(self, since_us: int) -> tuple[InputSums, ...]:
        """Return the slices of inputs from a moment on."""
        return tuple(s for s in self.inputs.slices if s.start_us >= since_us)

    def outcomes_since(self, since_us: int) -> tuple[OutcomeSums, ...]:
        """Return the slices of outcomes from a moment on."""
        slices = self.gap.slices if self.gap else ()
        return tuple(s for s in slices if s.start_us >= since_us)


def start(instruments: Instruments) -> Track:
    """Return the track before any slice."""
    bins = sum(len(c.counts) for c in instruments.inputs.reference.columns)
    inputs = _side(instruments.inputs, TableTick(np.zeros(bins, dtype=np.int64)))
    if instruments.gap is None:
        return Track(inputs=inputs, gap=None)
    zeros = np.zeros(len(instruments.gap.reference.means), dtype=np.int64)
    return Track(inputs=inputs, gap=_side(instruments.gap, GapTick(n=0, totals=zeros, squares=zeros)))


def _side(test: Any, nothing: Any) -> Side:
    state = test.start()
    detector = EDetector(bets=len(_bets(test, state, nothing)), threshold=_RUN_LENGTH)
    return Side(state=state, detector=detector.start())


def restart(track: Track, *, instruments: Instruments, inputs: bool, gap: bool) -> Track:
    """Return the track with the tests named started afresh."""
    fresh = start(instruments)
    return Track(inputs=fresh.inputs if inputs else track.inputs, gap=fresh.gap if gap else track.gap)


def take_inputs(track: Track, *, instruments: Instruments, sums: InputSums) -> Track:
    """Return the track after one more whole slice of inputs; one without rows changes nothing."""
    if not sums.rows:
        return track
    return Track(
        inputs=_feed(track.inputs, test=instruments.inputs, tick=TableTick(sums.counts), seen=sums), gap=track.gap
    )


def take_outcomes(track: Track, *, instruments: Instruments, sums: OutcomeSums) -> Track:
    """Return the track after one more whole slice of outcomes; one without a label changes nothing."""
    if not sums.labelled or track.gap is None:
        return track
    return Track(inputs=track.inputs, gap=_feed(track.gap, test=instruments.gap, tick=sums.gap, seen=sums))


def evidence(track: Track, *, instruments: Instruments) -> tuple[EValue, EValue, EValue]:
    """Return (that inputs moved, that the gap did, that either did): the last is one alarm for the whole."""
    inputs = _evidence(instruments.inputs, track.inputs)
    if track.gap is None:
        return inputs, EValue(log_e=-math.inf, n=0), inputs
    gap = _evidence(instruments.gap, track.gap)
    return inputs, gap, mean_e([inputs, gap])


def _evidence(test: Any, side: Side) -> EValue:
    found: EValue = test.evidence(side.state)
    return found


def _feed(side: Side, *, test: Any, tick: Any, seen: InputSums | OutcomeSums) -> Side:
    bets = _bets(test, side.state, tick)
    detector = EDetector(bets=len(bets), threshold=_RUN_LENGTH)
    return Side(
        state=test.update(side.state, tick),
        detector=detector.update(side.detector, LogIncrements(log_e=bets, n=1)),
        slices=(*side.slices, seen)[-KEPT:],
        fed=side.fed + 1,
    )


def _bets(test: Any, state: Any, tick: Any) -> Floats:
    """Return the log e-value of one slice alone, per bet."""
    if isinstance(test, BlockDrift):
        return test.bets.increments(state.ranks, block_means(test.reference, tick.counts)).ravel()
    if isinstance(test, BlockGap):
        return test.bets.increments(state.ranks, tick.totals / (ONE * max(tick.n, 1))).ravel()
    bets: Floats = test.increments(tick)
    return bets
