"""What a monitor remembers of one model: two tests, two detectors of when it changed, and the slices of late."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.monitoring.instruments import Instruments
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats.block_drift import BlockDrift
from slipway.stats.drift import TableDrift
from slipway.stats.edetector import DetectorState, EDetector, LogIncrements
from slipway.stats.evidence import EValue
from slipway.stats.joint import JointTick
from slipway.stats.multiple import mean_e
from slipway.stats.part_sums import nothing
from slipway.stats.residuals import GapTick
from slipway.stats.table import TableTick

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KEPT = 400
"""Slices that are remembered one by one, to size a change; older ones live on in the instruments."""

_KEPT_PARTS = 60
"""Slices of parts of the rows that are, for they are larger."""

_RUN_LENGTH = 1e9  # the detectors only say when; whether is for the instruments


class Since(NamedTuple):
    """When a change began: the beginning of the first slice after it.

    Attributes:
        at_us: The most likely.
        low_us: The earliest that is likely.
        high_us: The latest. Of changes that come at once and stay, nine in ten or more lie between these two.
    """

    at_us: int
    low_us: int
    high_us: int


class Side(msgspec.Struct, frozen=True, eq=False):
    """One test on its way.

    Attributes:
        state: State of the test; its kind goes with the test's.
        detector: State of the detector that says when the change began.
        slices: Slices that had rows since the start, the last ones.
        fed: How many there were since the start.
        starts: Number and beginning (microseconds) of each slice that the detector may name, and of the last ones,
            shape (slices, 2), in order; None in what older releases kept.
    """

    state: Any
    detector: DetectorState
    slices: tuple[Any, ...] = ()
    fed: int = 0
    starts: Ints | None = None

    @property
    def since(self) -> Since | None:
        """When the change began, if there was one; None without a slice."""
        if not self.slices:
            return None
        change = EDetector(bets=len(self.detector.log_value), threshold=_RUN_LENGTH).evidence(self.detector)
        return Since(*(self._start_us(tick) for tick in (change.after_tick, change.earliest, change.latest)))

    def _start_us(self, tick: int) -> int:
        """Return the beginning of the first slice after a tick; of the last one, where none came after it."""
        starts = _starts(self)
        at = int(np.searchsorted(starts[:, 0], tick))
        return int(starts[min(at, len(starts) - 1), 1])


def _starts(side: Side) -> Ints:
    if side.starts is not None:
        return side.starts
    first = side.fed - len(side.slices)
    return np.array([(first + i, s.start_us) for i, s in enumerate(side.slices)], dtype=np.int64).reshape(-1, 2)


def _with_starts(side: Side, *, detector: DetectorState, ticks: int, start_us: int) -> Ints:
    """Return the beginnings with those of new slices; what no bet can name any more is dropped, but not each time."""
    new = np.column_stack([side.fed + np.arange(ticks), np.full(ticks, start_us)])
    starts = np.concatenate([_starts(side), new])
    if len(starts) <= detector.passed.size + 2 * KEPT:
        return starts
    named = np.unique(np.concatenate([detector.lowest, detector.near, detector.passed.ravel()]))
    last = starts[:, 0] == side.fed + ticks - 1
    return np.asarray(starts[last | np.isin(starts[:, 0], named)])


class Track(msgspec.Struct, frozen=True, eq=False):
    """All that a monitor remembers; it does not grow with the rows.

    Attributes:
        inputs: Have the inputs moved? Its slices are :class:`InputSums`.
        gap: Have realised and expected performance come apart? Its slices are :class:`OutcomeSums`; None where the
            reference has no answers.
        joint: Do columns of X go together as they did? None where that is not watched.
        answers: Have the scores moved? None where that is not watched.
        parts: Have realised and expected performance come apart in a part of the rows? Its slices are
            :class:`OutcomeSums` with their parts; None where that is not watched.
    """

    inputs: Side
    gap: Side | None = None
    joint: Side | None = None
    answers: Side | None = None
    parts: Side | None = None

    def inputs_since(self, since_us: int) -> tuple[InputSums, ...]:
        """Return the slices of inputs from a moment on."""
        return tuple(s for s in self.inputs.slices if s.start_us >= since_us)

    def outcomes_since(self, since_us: int) -> tuple[OutcomeSums, ...]:
        """Return the slices of outcomes from a moment on."""
        slices = self.gap.slices if self.gap else ()
        return tuple(s for s in slices if s.start_us >= since_us)

    def parts_since(self, since_us: int) -> tuple[OutcomeSums, ...]:
        """Return the slices of outcomes with their parts from a moment on."""
        slices = self.parts.slices if self.parts else ()
        return tuple(s for s in slices if s.start_us >= since_us)


def start(instruments: Instruments) -> Track:
    """Return the track before any slice."""
    gap = joint = answers = parts = None
    if instruments.gap is not None:
        zeros = np.zeros(len(instruments.gap.reference.means), dtype=np.int64)
        gap = _side(instruments, instruments.gap, GapTick(n=0, totals=zeros, squares=zeros))
        if instruments.parts is not None:
            parts = _side(instruments, instruments.parts, nothing(instruments.parts.count, measures=zeros.size))
    if instruments.joint is not None:
        joint = _side(instruments, instruments.joint, _no_pairs(len(instruments.joint.names)))
    if instruments.answers is not None:
        answers = _side(instruments, instruments.answers, _no_rows(instruments.answers))
    inputs = _side(instruments, instruments.inputs, _no_rows(instruments.inputs))
    return Track(inputs=inputs, gap=gap, joint=joint, answers=answers, parts=parts)


def _side(instruments: Instruments, test: Any, nothing: Any) -> Side:
    state = test.start()
    _, bets = instruments.run(test, state, ticks=(nothing,), start_us=0)
    detector = EDetector(bets=bets.shape[1], threshold=_RUN_LENGTH)
    return Side(state=state, detector=detector.start())


def _no_rows(test: TableDrift | BlockDrift) -> TableTick:
    return TableTick(np.zeros(sum(len(c.counts) for c in test.reference.columns), dtype=np.int64))


def _no_pairs(columns: int) -> JointTick:
    return JointTick(n=0, sums=np.zeros(columns, dtype=np.int64), products=np.zeros((columns, columns), dtype=np.int64))


def restart(track: Track, *, instruments: Instruments, inputs: bool, gap: bool) -> Track:
    """Return the track with the tests of X, or that of the gap, started afresh."""
    fresh = start(instruments)
    of_x, of_gap = (fresh if inputs else track), (fresh if gap else track)
    return Track(inputs=of_x.inputs, gap=of_gap.gap, joint=of_x.joint, answers=of_x.answers, parts=of_gap.parts)


def take_inputs(track: Track, *, instruments: Instruments, sums: InputSums) -> Track:
    """Return the track after one more whole slice of inputs; one without rows changes nothing."""
    if not sums.rows:
        return track
    joint, answers = track.joint, track.answers
    seen = msgspec.structs.replace(sums, joint=())  # what sizes a change needs no products, and they are large
    if joint is not None:
        joint = _feed(joint, instruments=instruments, test=instruments.joint, ticks=sums.joint, seen=seen)
    if answers is not None and sums.answers is not None:
        scores = TableTick(sums.answers)
        answers = _feed(answers, instruments=instruments, test=instruments.answers, ticks=(scores,), seen=seen)
    of_x = TableTick(sums.counts)
    inputs = _feed(track.inputs, instruments=instruments, test=instruments.inputs, ticks=(of_x,), seen=seen)
    return msgspec.structs.replace(track, inputs=inputs, joint=joint, answers=answers)


def take_outcomes(track: Track, *, instruments: Instruments, sums: OutcomeSums) -> Track:
    """Return the track after one more whole slice of outcomes; one without a label changes nothing."""
    if not sums.labelled or track.gap is None:
        return track
    parts, seen = track.parts, msgspec.structs.replace(sums, parts=None)
    if parts is not None and sums.parts is not None:
        parts = _feed(parts, instruments=instruments, test=instruments.parts, ticks=(sums.parts,), seen=sums)
        parts = msgspec.structs.replace(parts, slices=parts.slices[-_KEPT_PARTS:])
    gap = _feed(track.gap, instruments=instruments, test=instruments.gap, ticks=(sums.gap,), seen=seen)
    return msgspec.structs.replace(track, gap=gap, parts=parts)


class Evidence(NamedTuple):
    """What stands against "nothing has changed".

    Attributes:
        inputs: That X has moved, column by column.
        joint: That columns of X no longer go together as they did.
        answers: That the scores have moved.
        of_x: That X has moved in any of these ways: a fixed mean of the three, so their dependence does not matter.
        overall: That realised and expected performance have come apart over all rows.
        parts: That they have in some part of the rows.
        gap: That they have in either way: a fixed mean of the two.
        whole: That anything has: one alarm for the whole.
    """

    inputs: EValue
    joint: EValue
    answers: EValue
    of_x: EValue
    overall: EValue
    parts: EValue
    gap: EValue
    whole: EValue


NOTHING = EValue(log_e=-math.inf, n=0)
"""The evidence of what is not watched."""

_OF_X = (0.8, 0.1, 0.1)
"""What columns, what they do together, and the scores weigh: most drift is seen by columns, and soonest."""

_OF_GAP = (0.8, 0.2)
"""What the gap of all rows and that of parts of them weigh."""


def evidence(track: Track, *, instruments: Instruments) -> Evidence:
    """Return what stands against "nothing has changed"."""
    return joined(
        inputs=_evidence(instruments.inputs, track.inputs),
        joint=_evidence(instruments.joint, track.joint),
        answers=_evidence(instruments.answers, track.answers),
        overall=_evidence(instruments.gap, track.gap),
        parts=_evidence(instruments.parts, track.parts),
    )


def joined(*, inputs: EValue, joint: EValue, answers: EValue, overall: EValue, parts: EValue) -> Evidence:
    """Return the evidence of all tests as one alarm weighs it; :data:`NOTHING` itself where one is not watched."""
    of_x = _weighed(inputs, joint, answers, weights=_OF_X)
    if overall is NOTHING:
        return Evidence(inputs, joint, answers, of_x, NOTHING, NOTHING, NOTHING, of_x)
    gap = _weighed(overall, parts, weights=_OF_GAP)
    return Evidence(inputs, joint, answers, of_x, overall, parts, gap, mean_e([of_x, gap]))


def louder_in_parts(known: Evidence) -> bool:
    """Tell whether parts of the rows add more to the evidence of a gap than all rows do."""
    return known.parts.log_e + math.log(_OF_GAP[1]) > known.overall.log_e + math.log(_OF_GAP[0])


def _weighed(*parts: EValue, weights: tuple[float, ...]) -> EValue:
    """Return the weighed mean of those that are watched; the weights of the others go to all of these."""
    known = [(part, weight) for part, weight in zip(parts, weights, strict=True) if part is not NOTHING]
    whole = sum(weight for _, weight in known)
    logs = [part.log_e + math.log(weight / whole) for part, weight in known]
    return EValue(log_e=float(np.logaddexp.reduce(logs)), n=parts[0].n)


def _evidence(test: Any, side: Side | None) -> EValue:
    if side is None:
        return NOTHING
    found: EValue = test.evidence(side.state)
    return found


def _feed(
    side: Side, *, instruments: Instruments, test: Any, ticks: Sequence[Any], seen: InputSums | OutcomeSums
) -> Side:
    state, logs = instruments.run(test, side.state, ticks=ticks, start_us=seen.start_us)
    detector, found = EDetector(bets=logs.shape[1], threshold=_RUN_LENGTH), side.detector
    for bets in logs:
        found = detector.update(found, LogIncrements(log_e=bets, n=1))
    return Side(
        state=state,
        detector=found,
        slices=(*side.slices, *[seen] * min(len(ticks), KEPT))[-KEPT:],
        fed=side.fed + len(ticks),
        starts=_with_starts(side, detector=found, ticks=len(ticks), start_us=seen.start_us),
    )
