"""Data drift, concept drift, or both? What today's inputs explain of the change in error, and what they do not.

The calibrated model says what error it expects on today's inputs. If the error changed as it expects, the inputs moved
(data drift). What it does not expect is the gap: X -> Y itself changed (concept drift).
"""

import math

import msgspec
import numpy as np

from slipway.monitoring.instruments import Instruments
from slipway.monitoring.moved import moved, parted
from slipway.monitoring.track import Evidence, Side, Track, evidence
from slipway.monitoring.units import SLICE_US
from slipway.records.alert import FindingKind, MovedColumn
from slipway.records.reference import Reference
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.asymptotic import Side as Tail
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.stats.moments import Moments
from slipway.stats.multiple import e_bh

_N_STAR = {"row": 10_000, "hour": 240, "day": 30}


class Cause(msgspec.Struct, frozen=True):
    """What seems to have happened.

    Attributes:
        kind: What moved.
        inputs_moved: Whether the inputs did.
        gap_moved: Whether the gap did.
        evidence: One alarm for the whole.
        since_us: Beginning of the first slice after the change.
        columns: Which columns moved, strongest first.
        gap: Realised minus expected loss less that of the reference, over all slices; None without outcomes.
        loss_before: Mean loss on the reference, in units of the metric; NaN where nobody answered.
        loss_now: Mean loss since the change; NaN without outcomes.
        loss_at_least: Its lower limit over all looks; ``-inf`` while it cannot be told.
        explained: What today's inputs explain of the change: expected loss now less that of the reference; NaN where
            nobody answered.
        unexplained: What they do not: the gap since the change; NaN without outcomes.
        labelled: Outcomes since the change.
        missing: Outcomes that did not come since then.
    """

    kind: FindingKind
    inputs_moved: bool
    gap_moved: bool
    evidence: EValue
    since_us: int
    columns: tuple[MovedColumn, ...]
    gap: AnytimeInterval | None
    loss_before: float
    loss_now: float
    loss_at_least: float
    explained: float
    unexplained: float
    labelled: int
    missing: int


def attribute(
    track: Track, *, instruments: Instruments, reference: Reference, units: dict[str, str], alpha: float
) -> Cause | None:
    """Return what happened, or None while the evidence for anything does not reach ``1 / alpha``.

    Args:
        track: What the monitor remembers.
        instruments: Its instruments.
        reference: The packaged reference.
        units: Column to its unit.
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
    sides = ((_loudest(track, known=known), inputs_moved), (track.gap, gap_moved))
    since_us = min(s.since_us for s, has_moved in sides if has_moved and s is not None and s.since_us is not None)
    inputs, outcomes = track.inputs_since(since_us), track.outcomes_since(since_us)
    rows, labelled = sum(s.rows for s in inputs), sum(s.labelled for s in outcomes)
    n = max(reference.held_out_rows, 1)
    expected_before = sum(b.expected for b in reference.held_out) / n
    loss_before = sum(b.loss for b in reference.held_out) / n if reference.held_out else math.nan
    gap_now = sum(s.loss - s.expected for s in outcomes) / labelled if labelled else math.nan
    return Cause(
        kind=kind,
        inputs_moved=inputs_moved,
        gap_moved=gap_moved,
        evidence=known.whole,
        since_us=since_us,
        columns=_moved(track, known=known, inputs=inputs, instruments=instruments, units=units, alpha=alpha)
        if inputs_moved
        else (),
        gap=_gap(track, reference=reference, unit=instruments.unit, alpha=alpha),
        loss_before=loss_before,
        loss_now=sum(s.loss for s in outcomes) / labelled if labelled else math.nan,
        loss_at_least=_loss_at_least(outcomes, unit=instruments.unit, alpha=alpha),
        explained=_explained(inputs, rows=rows, before=expected_before) if reference.held_out else math.nan,
        unexplained=gap_now - (loss_before - expected_before),
        labelled=labelled,
        missing=sum(s.missing for s in outcomes),
    )


def _loudest(track: Track, *, known: Evidence) -> Side:
    """Return the test of X with the most evidence: it dates the change."""
    sides = [(known.inputs, track.inputs), (known.joint, track.joint), (known.answers, track.answers)]
    return max(((e.log_e, side) for e, side in sides if side is not None), key=lambda pair: pair[0])[1]


def _moved(
    track: Track,
    *,
    known: Evidence,
    inputs: tuple[InputSums, ...],
    instruments: Instruments,
    units: dict[str, str],
    alpha: float,
) -> tuple[MovedColumn, ...]:
    """Return what moved in X: columns, pairs of columns, the scores; the strongest first."""
    found = []
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


def _explained(inputs: tuple[InputSums, ...], *, rows: int, before: float) -> float:
    return sum(s.expected for s in inputs) / rows - before if rows else 0.0


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
    test = MeanSequence(alpha=alpha / 2, n_star=_N_STAR[unit])
    new, old = (test.evidence(_moments(parts, unit=unit)) for parts in (now, then))
    return AnytimeInterval(
        low=new.low - old.high,
        high=new.high - old.low,
        estimate=new.estimate - old.estimate,
        alpha=alpha,
        n=new.n,
        validity="asymptotic",
    )


def _loss_at_least(outcomes: tuple[OutcomeSums, ...], *, unit: str, alpha: float) -> float:
    if unit == "row":
        n, loss = sum(s.labelled for s in outcomes), math.fsum(s.loss for s in outcomes)
        sums = Moments(n=n, total=loss, squares=max(loss, loss**2 / max(n, 1)))  # right for losses of 0 or 1
    else:
        means = [s.loss / s.labelled for s in outcomes]
        sums = Moments(n=len(means), total=math.fsum(means), squares=math.fsum(m * m for m in means))
    return MeanSequence(alpha=alpha, n_star=_N_STAR[unit], side=Tail.LOWER).evidence(sums).low


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
