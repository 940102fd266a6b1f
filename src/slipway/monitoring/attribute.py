"""Data drift, concept drift, or both? What today's inputs explain of the change in error, and what they do not.

The calibrated model says what error it expects on today's inputs. If the error changed as it expects, the inputs moved
(data drift). What it does not expect is the gap: X -> Y itself changed (concept drift).
"""

import math

import msgspec
import numpy as np

from slipway.monitoring.instruments import Instruments
from slipway.monitoring.loss_change import N_STAR, loss_change
from slipway.monitoring.moved import moved, parted
from slipway.monitoring.parts import moved_parts
from slipway.monitoring.track import KEPT, Evidence, Side, Since, Track, evidence, louder_in_parts
from slipway.monitoring.units import SLICE_US
from slipway.records.alert import FindingKind, LossChange, MovedColumn, MovedPart
from slipway.records.reference import Reference
from slipway.records.watch import InputSums
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.stats.moments import Moments
from slipway.stats.multiple import e_bh

LATEST = {"row": KEPT, "hour": 240, "day": 30}
"""Slices on which the size and the cost of a change are told, at most: the newest ones since it began."""


class Alarm(msgspec.Struct, frozen=True):
    """That something happened, and since when.

    Attributes:
        kind: What moved.
        inputs_moved: Whether the inputs did.
        gap_moved: Whether the gap did.
        evidence: One alarm for the whole.
        since: When it began.
    """

    kind: FindingKind
    inputs_moved: bool
    gap_moved: bool
    evidence: EValue
    since: Since


class Cause(Alarm, frozen=True):
    """What seems to have happened: an alarm, and what is known of it.

    Attributes:
        columns: Which columns moved, strongest first.
        gap: Realised minus expected loss less that of the reference, over all slices; None without outcomes.
        loss: How the loss changed since, and what explains it.
        parts: In which parts of the rows the gap moved, strongest first, if that is clearer than in all.
    """

    columns: tuple[MovedColumn, ...]
    gap: AnytimeInterval | None
    loss: LossChange
    parts: tuple[MovedPart, ...] = ()


def attribute(
    track: Track, *, instruments: Instruments, reference: Reference, units: dict[str, str], alpha: float
) -> Cause | None:
    """Return what happened by the end of a track, or None: :func:`alarm_of` and :func:`described` in one."""
    alarm = alarm_of(track, instruments=instruments, alpha=alpha)
    if alarm is None:
        return None
    return described(alarm, track=track, instruments=instruments, reference=reference, units=units, alpha=alpha)


def alarm_of(track: Track, *, instruments: Instruments, alpha: float) -> Alarm | None:
    """Return that something happened, or None while the evidence for anything does not reach ``1 / alpha``.

    Args:
        track: What the monitor remembers since it was started, or since what it found last.
        instruments: Its instruments.
        alpha: Chance of a false alarm within the horizon of the instruments, from one start of the monitor on.
    """
    known = evidence(track, instruments=instruments)
    of_x, of_gap = known.of_x.log_e, known.gap.log_e
    if not known.whole.rejects(alpha=alpha):
        return None
    inputs_moved, gap_moved = e_bh([of_x, of_gap], alpha=alpha).tolist()
    if not inputs_moved and not gap_moved:
        inputs_moved, gap_moved = of_x >= of_gap, of_gap > of_x
    kinds = {(True, True): FindingKind.BOTH, (True, False): FindingKind.DATA_DRIFT}
    kind = kinds.get((inputs_moved, gap_moved), FindingKind.CONCEPT_DRIFT)
    of_outcomes = track.parts if louder_in_parts(known) else track.gap
    sides = ((_loudest(track, known=known), inputs_moved), (of_outcomes, gap_moved))
    since = min(s.since for s, has_moved in sides if has_moved and s is not None and s.since is not None)
    return Alarm(kind=kind, inputs_moved=inputs_moved, gap_moved=gap_moved, evidence=known.whole, since=since)


def described(
    alarm: Alarm,
    *,
    track: Track,
    instruments: Instruments,
    reference: Reference,
    units: dict[str, str],
    alpha: float,
) -> Cause:
    """Return what is known of an alarm: which columns moved, by how much, and what that costs.

    Args:
        alarm: What seems to have happened, and since when.
        track: What the monitor remembers, with no test started afresh since then: evidence adds up.
        instruments: Its instruments.
        reference: The packaged reference.
        units: Column to its unit.
        alpha: Of the columns named, at most this share is named falsely, on average: at one look, whatever the evidence
            had to do with its choice, and however columns depend on each other (e-BH over all of them).
    """
    latest = LATEST[instruments.unit]
    inputs = track.inputs_since(alarm.since.at_us)[-latest:]
    outcomes = track.outcomes_since(alarm.since.at_us)[-latest:]
    return Cause(
        **msgspec.structs.asdict(alarm),
        columns=_moved(track, inputs=inputs, instruments=instruments, units=units, alpha=alpha)
        if alarm.inputs_moved and inputs
        else (),
        gap=_gap(track, reference=reference, unit=instruments.unit, alpha=alpha),
        loss=loss_change(
            inputs,
            outcomes=outcomes,
            reference=reference,
            slice_us=instruments.slice_us,
            unit=instruments.unit,
            alpha=alpha,
        ),
        parts=moved_parts(track, since_us=alarm.since.at_us, instruments=instruments, reference=reference, alpha=alpha)
        if alarm.gap_moved
        else (),
    )


def _loudest(track: Track, *, known: Evidence) -> Side:
    """Return the test of X with the most evidence: it dates the change."""
    sides = [(known.inputs, track.inputs), (known.joint, track.joint), (known.answers, track.answers)]
    return max(((e.log_e, side) for e, side in sides if side is not None), key=lambda pair: pair[0])[1]


def _moved(
    track: Track,
    *,
    inputs: tuple[InputSums, ...],
    instruments: Instruments,
    units: dict[str, str],
    alpha: float,
) -> tuple[MovedColumn, ...]:
    """Return what moved in X: columns, pairs of columns, the scores; the strongest first."""
    found, known = [], evidence(track, instruments=instruments)
    alone = known.inputs.rejects(alpha=alpha) or track.inputs is _loudest(track, known=known)
    if alone:
        found += _columns(track, inputs=inputs, instruments=instruments, units=units, alpha=alpha)
    if instruments.joint is not None and track.joint is not None and known.joint.rejects(alpha=alpha):
        pair = instruments.joint.strongest(track.joint.state)
        if pair is not None and (pair.second or not found):
            found.append(parted(pair, evidence=known.joint))
    if instruments.answers is not None and known.answers.rejects(alpha=alpha):
        table = instruments.answers.reference
        counts = np.sum([s.answers for s in inputs if s.answers is not None], axis=0)
        found.append(moved(table.names[0], reference=table.columns[0], counts=counts, unit="", evidence=known.answers))
    return tuple(sorted(found, key=lambda c: -c.evidence.log_e))


def _columns(
    track: Track, *, inputs: tuple[InputSums, ...], instruments: Instruments, units: dict[str, str], alpha: float
) -> list[MovedColumn]:
    table = instruments.inputs.reference
    now = np.sum([s.counts for s in inputs], axis=0)
    known = instruments.inputs.columns(track.inputs.state, alpha=alpha)
    strongest = max(known, key=lambda c: c.evidence.log_e)
    return [
        moved(
            column.name,
            reference=table.columns[i],
            counts=now[table.slices[i]],
            unit=units.get(column.name, ""),
            evidence=column.evidence,
        )
        for i, column in enumerate(known)
        if column.drifted or column is strongest
    ]


def _gap(track: Track, *, reference: Reference, unit: str, alpha: float) -> AnytimeInterval | None:
    """Bound the mean gap since the monitor's start, less the reference's; asymptotic in the number of units."""
    if track.gap is None or not track.gap.slices:
        return None
    now = [(s.labelled, s.loss - s.expected, s.gap_squares) for s in track.gap.slices]
    then = _by_unit(reference, unit=unit)
    test = MeanSequence(alpha=alpha / 2, n_star=N_STAR[unit])
    new, old = (test.evidence(_moments(parts, unit=unit)) for parts in (now, then))
    return AnytimeInterval(
        low=new.low - old.high,
        high=new.high - old.low,
        estimate=new.estimate - old.estimate,
        alpha=alpha,
        n=new.n,
        validity="asymptotic",
    )


def _by_unit(reference: Reference, *, unit: str) -> list[tuple[int, float, float]]:
    """Return rows, gap and its squares of the held-out rows, block by block, or merged to the unit's length."""
    found: dict[int, tuple[int, float, float]] = {}
    for block in reference.held_out:
        key = block.start_us // SLICE_US[unit]
        n, total, squares = found.get(key, (0, 0.0, 0.0))
        found[key] = (n + block.n, total + block.loss - block.expected, squares + block.gap_squares)
    return [sums for sums in found.values() if sums[0]]


def _moments(parts: list[tuple[int, float, float]], *, unit: str) -> Moments:
    if unit == "row":
        n, total, squares = (sum(column) for column in zip(*parts, strict=True))
        return Moments(n=int(n), total=total, squares=max(squares, total**2 / max(n, 1)))
    means = [total / n for n, total, _ in parts]
    return Moments(n=len(means), total=math.fsum(means), squares=math.fsum(m * m for m in means))
