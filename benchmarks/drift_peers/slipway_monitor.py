"""Slipway: the product's own monitor of a model, fed batch by batch with inputs and outcomes.

As `slipway` packages and watches a model: reference from held-out rows, unit found from them, alpha 1 % over all looks
and columns; a loss of less than 1 point does not matter. Its last word is the finding that was the last one.
"""

import numpy as np
import polars as pl

from slipway.modeling.reference import make_reference
from slipway.monitoring.advise import Limits
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.watch import Monitor, begin, take
from slipway.records.calibration import expected_loss
from slipway.records.field import Field, FieldKind
from slipway.records.reference import table_of
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats.coding import Coder
from slipway.stats.joint_scores import JointScores
from slipway.stats.loss_tick import LossTick
from slipway.stats.part_sums import PartSums
from slipway.stats.risk import HarmfulRisk

TITLE = "Slipway"
SCORING = Scoring(kind=TaskKind.BINARY)
KINDS = {"data drift": "data", "concept drift": "concept", "data and concept drift": "both"}
HOUR_US = 3_600_000_000


def watch(stream):
    """Return what it says of each batch, the columns that it names there, and its last word.

    Returns:
        `told`: what is found in each batch, `""` where nothing new is; `named`: (batch, columns) whenever something is
        found; `kind`, `columns` and `matters`: of the last finding; `unit`: found from the reference.
    """
    monitor, coder, calibration = _monitor(stream)
    joint = monitor.instruments.joint is not None
    how = {
        "monitor": monitor,
        "coder": coder,
        "together": JointScores.of(table_of(monitor.reference)) if joint else None,
        "calibration": calibration,
    }
    watched, told, named = begin(monitor), [""] * len(stream.batches), []
    for number, start_us, end_us, rows in _slices(stream, monitor.instruments.slice_us):
        before, had = watched.track, watched.findings
        sums = _sums(stream, rows, span=(start_us, end_us), **how)
        watched = take(watched, monitor=monitor, sums=sums[0], known=sums[1], now_us=end_us)
        if watched.open is not None and watched.quiet == 0 and watched.track is not before:
            told[number] = KINDS[watched.open.kind.value]
        if watched.open is not None and (not had or had[-1] is not watched.open):
            named.append((number, _columns(watched.open, stream)))
    last = watched.findings[-1] if watched.findings else None
    return {
        "told": told,
        "named": named,
        "kind": KINDS[last.kind.value] if last else "",
        "columns": _columns(last, stream) if last else [],
        "matters": last.relevant if last else None,
        "unit": monitor.instruments.unit,
    }


def labels_to_harm(stream, *, alpha=0.05):
    """Return after how many labels harmful risk is told, or None; batch by batch, against the reference's errors."""
    wrong = (stream.score >= 0.5) != (stream.y == 1)
    test = HarmfulRisk(LossTick.of(wrong[: stream.reference]))
    state = test.start()
    for number, rows in enumerate(stream.batches):
        state = test.update(state, test.tick(wrong[rows]))
        if test.evidence(state).rejects(alpha=alpha):
            return (number + 1) * stream.batch
    return None


def _columns(finding, stream):
    return sorted(c.name for c in finding.columns if c.name in stream.names)


def _monitor(stream):
    n, names = stream.reference, stream.names
    held_out = np.arange(n // 3, n)
    table = pl.DataFrame(stream.x[:n], schema=list(names))
    fields = tuple(Field(name=name, kind=FieldKind.NUMBER) for name in names)
    reference, calibration = make_reference(
        table,
        fields=fields,
        times_us=None if stream.at_us is None else stream.at_us[:n],
        held_out=held_out,
        scores=stream.score[held_out],
        y=stream.y[held_out],
        scoring=SCORING,
    )
    instruments = instruments_of(reference)
    monitor = Monitor(
        model="model",
        reference=reference,
        instruments=instruments,
        limits=Limits(metric="error", tolerance=0.01),
        units={},
        alpha=0.01,
    )
    return monitor, Coder(instruments.inputs.reference), calibration


def _slices(stream, slice_us):
    """Yield (number of the batch, start, end, rows): batches where there is no time, else hours or days."""
    if stream.at_us is None:
        for number, rows in enumerate(stream.batches):
            yield number, number * HOUR_US, (number + 1) * HOUR_US, rows
        return
    live = np.arange(stream.reference, len(stream.y))
    unit = stream.at_us[live] // slice_us
    for here in np.unique(unit).tolist():
        rows = live[unit == here]
        yield int((rows[-1] - stream.reference) // stream.batch), here * slice_us, (here + 1) * slice_us, rows


def _sums(stream, rows, *, monitor, coder, together, calibration, span):
    names = monitor.instruments.inputs.reference.names
    x = {name: np.ascontiguousarray(stream.x[rows, i]) for i, name in enumerate(names)}
    coded, profile = coder.bins(x, rows=len(rows)), monitor.reference.score
    score, y = stream.score[rows], stream.y[rows]
    expected = expected_loss(calibration, scores=score, scoring=SCORING)
    loss = SCORING.loss(y, answers=score)
    inputs = InputSums(
        start_us=span[0],
        end_us=span[1],
        rows=len(rows),
        counts=coder.counts(coded),
        expected=float(expected.sum()),
        answers=None if profile is None else profile.profile.tick(score).counts,
        joint=() if together is None else together.ticks(coded, rows=monitor.reference.joint_rows),
    )
    outcomes = OutcomeSums(
        start_us=span[0],
        end_us=span[1],
        labelled=len(rows),
        missing=0,
        loss=float(loss.sum()),
        loss_squares=float(loss @ loss),
        expected=float(expected.sum()),
        gap_squares=float(((loss - expected) ** 2).sum()),
        gap=monitor.reference.measures.tick(calibration.apply(score), outcome=y),
        parts=PartSums.of(
            monitor.reference.parts,
            reference=monitor.reference.measures,
            bins=coded,
            predicted=calibration.apply(score),
            outcome=y,
            over=loss - expected,
        )
        if monitor.reference.parts
        else None,
    )
    return inputs, outcomes
