"""What is learned from rows that the model has not seen: what its scores mean, and how far that holds.

The calibration that is packaged is fitted on all held-out rows. Judged on these same rows it would look perfect, so
the gap is measured with two others, each fitted on every other block of time and judged on the rest.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.calibration import Calibration, LossByScore, expected_loss
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.calibration import Isotonic, Platt
from slipway.stats.residuals import GapReference, GapTick

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ENOUGH_FOR_ISOTONIC = 1000
_CAP_QUANTILE = 0.995


class Calibrated(NamedTuple):
    """What scores mean, and how far off that was on rows the calibration had not seen.

    Attributes:
        calibration: Fitted on all held-out rows.
        loss: Realised loss of each row, shape (n,).
        expected: Loss that the cross-fitted calibration expected of it, shape (n,).
        gap: How well calibrated the rows were, all together.
        predicted: What ``gap`` compares ``outcome`` with: cross-fitted probabilities, or expected losses.
        outcome: What came: classes, or losses.
    """

    calibration: Calibration
    loss: Floats
    expected: Floats
    gap: GapReference
    predicted: Floats
    outcome: Floats

    def tick(self, rows: Ints) -> GapTick:
        """Sum up some of the rows, by index, in the measures of ``gap``."""
        return self.gap.tick(self.predicted[rows], outcome=self.outcome[rows])


def calibrate(scores: Floats, *, y: Floats, blocks: Ints, scoring: Scoring) -> Calibrated:
    """Fit a calibration and measure its gap.

    Args:
        scores: Raw scores of held-out rows, shape (n,), n >= 4, finite.
        y: Truth, shape (n,), finite.
        blocks: The block of time of each row; neighbours of one block are kept together when halving.
        scoring: How an answer is scored.

    Raises:
        BadInput: Too few rows to halve.
    """
    if scores.size < 4:
        raise BadInput(f"held-out rows: want at least 4 to calibrate on, got {scores.size}. Hold more rows out.")
    loss = scoring.loss(y, answers=scores)
    parts = _crossed(scores, y=y, loss=loss, blocks=blocks, scoring=scoring)
    expected = np.empty_like(loss)
    for fitted, rest in parts:
        expected[rest] = expected_loss(fitted, scores=scores[rest], scoring=scoring)
    calibration = _fit(scores, y, loss, scoring)
    if scoring.kind is TaskKind.BINARY:
        p = _applied(parts, scores)
        dearest = max(scoring.false_positive_cost, scoring.false_negative_cost)
        gap = GapReference.of_classes(p, y=y, dearest=dearest)
        return Calibrated(calibration, loss, expected, gap, predicted=p, outcome=y)
    cap = float(np.quantile(loss, _CAP_QUANTILE, method="higher")) or 1.0
    gap = GapReference.of_losses(loss, expected=expected, cap=cap)
    return Calibrated(calibration, loss, expected, gap, predicted=expected, outcome=loss)


def cross_fitted(scores: Floats, *, y: Floats, blocks: Ints, scoring: Scoring) -> Floats:
    """Return the probability behind each score of a binary task, from a map that was fitted on the other half.

    Args:
        scores: Raw scores of held-out rows, shape (n,), n >= 4, finite.
        y: 0 or 1, shape (n,).
        blocks: The block of time of each row; a block is not parted.
        scoring: How an answer is scored.
    """
    loss = scoring.loss(y, answers=scores)
    return _applied(_crossed(scores, y=y, loss=loss, blocks=blocks, scoring=scoring), scores)


def _crossed(
    scores: Floats, *, y: Floats, loss: Floats, blocks: Ints, scoring: Scoring
) -> list[tuple[Calibration, npt.NDArray[np.bool_]]]:
    """Fit a map on either half, each with the rows that it has not seen."""
    half = _halves(blocks)
    return [(_fit(scores[side], y[side], loss[side], scoring), ~side) for side in (half, ~half)]


def _applied(parts: list[tuple[Calibration, npt.NDArray[np.bool_]]], scores: Floats) -> Floats:
    p = np.empty_like(scores)
    for fitted, rest in parts:
        p[rest] = fitted.apply(scores[rest])
    return p


def _fit(scores: Floats, y: Floats, loss: Floats, scoring: Scoring) -> Calibration:
    if scoring.kind is TaskKind.REGRESSION:
        return LossByScore.fit(scores, loss=loss)
    if scores.size >= ENOUGH_FOR_ISOTONIC or np.unique(y).size < 2:
        return Isotonic.fit(scores, y=y)
    try:
        return Platt.fit(scores, y=y)
    except BadInput:  # higher scores mean fewer positives: no curve fits, the best nondecreasing map is flat
        return Isotonic.fit(scores, y=y)


def _halves(blocks: Ints) -> npt.NDArray[np.bool_]:
    """Take every other block; with a single block, every other row."""
    names, place = np.unique(blocks, return_inverse=True)
    order = np.asarray(place if names.size > 1 else np.arange(blocks.size))
    return np.equal(order % 2, 0)
