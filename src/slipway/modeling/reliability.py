"""May scores be read as probabilities? Measured on held-out rows, before and behind the calibration map."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.modeling.held_out import cross_fitted
from slipway.records.calibration import Calibration
from slipway.records.reliability import Reliabilities, Reliability, ReliabilityBin
from slipway.records.scoring import ALPHA, Scoring
from slipway.stats.calibration import CalibrationCurve, Platt, calibration_curve
from slipway.stats.row_loss import loss_interval

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def reliabilities(
    scores: Floats, *, y: Floats, blocks: Ints, scoring: Scoring, calibration: Calibration, clusters: Any | None = None
) -> Reliabilities:
    """Measure scores, and the probabilities behind them, on rows that the model has not seen.

    The packaged map is fitted on all of these rows and would look perfect on them; so each half is judged with a map of
    the other half.

    Args:
        scores: Raw scores of held-out rows of a binary task, shape (n,), n >= 4.
        y: 0 or 1, shape (n,).
        blocks: The block of time of each row; a block is not parted.
        scoring: How an answer is scored.
        calibration: The map that is packaged.
        clusters: Cluster of each row (a day, an entity), or None where rows are independent.
    """
    raw = reliability(scores, y=y, clusters=clusters) if ((scores >= 0) & (scores <= 1)).all() else None
    behind = cross_fitted(scores, y=y, blocks=blocks, scoring=scoring)
    return Reliabilities(
        raw=raw,
        mapped=reliability(behind, y=y, clusters=clusters),
        map="platt" if isinstance(calibration, Platt) else "isotonic",
    )


def reliability(p: Floats, *, y: Floats, clusters: Any | None = None, alpha: float = ALPHA) -> Reliability:
    """Measure probabilities against what came about.

    Args:
        p: Probabilities in [0, 1], shape (n,), n >= 2.
        y: 0 or 1, shape (n,).
        clusters: Cluster of each row (a day, an entity), or None where rows are independent.
        alpha: Miss probability of each interval.

    Reference:
        Brier (1950), Monthly Weather Review 78(1); Naeini, Cooper & Hauskrecht (2015), AAAI, for the error; Bröcker
        (2012), Climate Dynamics 39, for its bias.

    >>> found = reliability(np.array([0.1, 0.9, 0.8, 0.3]), y=np.array([0.0, 1.0, 1.0, 0.0]))  # scikit-learn: 0.0375
    >>> round(found.brier, 4)
    0.0375
    """
    curve = calibration_curve(p, y=y, alpha=alpha, clusters=clusters)
    brier = loss_interval((p - y) ** 2, alpha=alpha, clusters=clusters)
    return Reliability(
        rows=len(p),
        alpha=alpha,
        brier=brier.estimate,
        brier_low=brier.low,
        brier_high=brier.high,
        ece=curve.error.estimate,
        ece_low=curve.error.low,
        ece_high=curve.error.high,
        ece_by_chance=by_chance(curve),
        bins=tuple(
            ReliabilityBin(rows=int(n), expected=float(e), realised=float(r), low=float(low), high=float(high))
            for n, e, r, low, high in zip(
                curve.rows, curve.expected, curve.realised, curve.low, curve.high, strict=True
            )
        ),
    )


def by_chance(curve: CalibrationCurve) -> float:
    """Return the calibration error that perfect probabilities would show in the same bins.

    In a bin of n rows the realised share is off by sqrt(2/pi) standard deviations on average, by the normal
    approximation, with as many rows as a bin's are worth; a bin's spread of probabilities only makes it less.
    """
    spread = np.sqrt(curve.expected * (1 - curve.expected) / curve.worth)
    return float(math.sqrt(2 / math.pi) * (curve.rows / curve.rows.sum()) @ spread)
