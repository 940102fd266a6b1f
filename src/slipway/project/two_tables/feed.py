"""A current table as slices of time, summed as a server's traffic would be."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.modeling.frame import as_columns
from slipway.monitoring.instruments import Instruments
from slipway.project.two_tables.prepare import Prepared
from slipway.records.calibration import Calibration, expected_loss
from slipway.records.reference import Reference, table_of
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.watch import InputSums, OutcomeSums
from slipway.stats.coding import Coder
from slipway.stats.joint_scores import JointScores
from slipway.stats.part_sums import PartSums

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_DAY_US = 86_400_000_000
_MANY = 24 * 31
"""Hours beyond which rows are fed by the day: the promise is the same, the work a 24th."""


class Answers(NamedTuple):
    """What is known of the answers of the reference: how they are scored, and what they mean."""

    scoring: Scoring
    calibration: Calibration


class Slice(NamedTuple):
    """One slice of the current table; outcomes are None where there are no answers."""

    inputs: InputSums
    outcomes: OutcomeSums | None


def slices(
    current: Prepared, *, reference: Reference, instruments: Instruments, answers: Answers | None
) -> list[Slice]:
    """Return the slices of the current table in the order of time; one slice where there is no time.

    Args:
        current: The table.
        reference: What it is held against.
        instruments: Made from it.
        answers: How answers are scored, or None without answers.
    """
    rows = current.x.height
    length = instruments.slice_us
    if current.times_us is None:
        at, starts = np.zeros(rows, dtype=np.int64), np.zeros(1, dtype=np.int64)
    else:
        if instruments.unit == "row" and np.unique(current.times_us // length).size > _MANY:
            length = _DAY_US
        starts, at = np.unique(current.times_us // length, return_inverse=True)
    columns = as_columns(current.x, fields=current.fields)
    renamed = dict(zip(current.names, columns.values(), strict=True))
    loss, expected, measured = _losses(current, reference=reference, answers=answers)
    order = np.argsort(at, kind="stable")
    coder = Coder(instruments.inputs.reference)
    bins = coder.bins(renamed, rows=rows)
    together = JointScores.of(table_of(reference)) if instruments.joint is not None else None
    usual = float(expected[np.isfinite(expected)].mean()) if np.isfinite(expected).any() else 0.0
    found = []
    for start, part in zip(starts.tolist(), np.split(order, np.cumsum(np.bincount(at))[:-1]), strict=True):
        begun, ended = start * length, (start + 1) * length
        known = part[np.isfinite(expected[part])]
        answered = (float(expected[known].mean()) if known.size else usual) * part.size  # silence is no zero
        coded = bins[part]
        inputs = InputSums(
            start_us=begun,
            end_us=ended,
            rows=part.size,
            counts=coder.counts(coded),
            expected=answered,
            answers=_scored(current, part=part, reference=reference) if instruments.answers is not None else None,
            joint=together.ticks(coded, rows=reference.joint_rows) if together is not None else (),
        )
        told = part[np.isfinite(loss[part])]
        outcomes = None
        if answers is not None:
            gap = loss[told] - expected[told]
            outcomes = OutcomeSums(
                start_us=begun,
                end_us=ended,
                labelled=told.size,
                missing=part.size - told.size,
                loss=float(loss[told].sum()),
                loss_squares=float(loss[told] @ loss[told]),
                expected=float(expected[told].sum()),
                gap_squares=float(gap @ gap),
                gap=reference.measures.tick(measured[0][told], outcome=measured[1][told]),
                parts=PartSums.of(
                    reference.parts,
                    reference=reference.measures,
                    bins=bins[told],
                    predicted=measured[0][told],
                    outcome=measured[1][told],
                    over=gap,
                )
                if reference.parts
                else None,
            )
        found.append(Slice(inputs, outcomes))
    return found


def _scored(current: Prepared, *, part: Ints, reference: Reference) -> Ints | None:
    if current.scores is None or reference.score is None:
        return None
    given = current.scores[part]
    return reference.score.profile.tick(given[np.isfinite(given)]).counts


def _losses(
    current: Prepared, *, reference: Reference, answers: Answers | None
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Return (realised, expected loss of each row, what the gap is measured in); NaN where it cannot be told."""
    nothing = np.full(current.x.height, np.nan)
    if answers is None or current.scores is None:
        return nothing, nothing, (nothing, nothing)
    given = np.flatnonzero(np.isfinite(current.scores))
    expected, p = nothing.copy(), nothing.copy()
    expected[given] = expected_loss(answers.calibration, scores=current.scores[given], scoring=answers.scoring)
    p[given] = answers.calibration.apply(current.scores[given])
    y = nothing if current.y is None else current.y
    told = given[np.isfinite(y[given])]
    loss = nothing.copy()
    loss[told] = answers.scoring.loss(y[told], answers=current.scores[told])
    binary = reference.kind is TaskKind.BINARY
    return loss, expected, (p, y) if binary else (expected, loss)
