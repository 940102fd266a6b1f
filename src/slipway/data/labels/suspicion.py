"""Rank labels by suspicion, and guess how many of them are wrong.

Classes are ranked by the normalised margin of confident learning (:mod:`slipway.stats.confident`). Numbers are ranked
by how far they are from what a model predicts that has not seen them, in robust standard deviations of rows with a
similar prediction: an error of 10 is more where others err by 1 than where others err by 8.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.confident import confident_joint
from slipway.stats.special import normal_quantile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PEERS = 50
_MAD_OF_NORMAL = 1.482602218505602


class Suspicion(NamedTuple):
    """How suspect each label is.

    Attributes:
        score: The smaller, the more suspect, shape (rows,).
        guess: What the model would say: place of a class, or a number; shape (rows,).
        wrong: Estimated number of wrong labels, or None where the method has no opinion.
        low: Lower limit of that: what chance alone may do; nothing about what the model gets wrong.
        high: Upper limit.
        method: In words.
    """

    score: Floats
    guess: Floats
    wrong: float | None
    low: float | None
    high: float | None
    method: str

    @property
    def order(self) -> Ints:
        """Rows from the most suspect to the least; the earlier of equals first."""
        return np.argsort(self.score, kind="stable").astype(np.int64)


def suspect_classes(given: Ints, *, probabilities: Floats, alpha: float) -> Suspicion:
    """Rank labels that are classes.

    Args:
        given: Place of each row's class, shape (rows,).
        probabilities: Out of fold, shape (rows, classes).
        alpha: Miss probability of the limits on the number of wrong labels.

    Raises:
        BadInput: Shapes differ, or a row is no distribution.
    """
    found = confident_joint(given, probabilities=probabilities)
    rows = given.size
    low, high = _limits(found.joint, counted=found.counted, rows=rows, alpha=alpha)
    return Suspicion(
        score=found.margin,
        guess=found.guess.astype(np.float64),
        wrong=found.wrong_share * rows,
        low=low,
        high=high,
        method="confident learning: normalised margin of out-of-fold probabilities",
    )


def suspect_numbers(given: Floats, *, predicted: Floats) -> Suspicion:
    """Rank labels that are numbers, by robust residuals.

    Each residual, minus the median of the residuals of the 50 rows (or all, where there are fewer) with the nearest
    predictions, is divided by their median absolute deviation times 1.4826, which is a standard deviation where
    residuals are normal.

    Args:
        given: Labels, shape (rows,), finite.
        predicted: Out of fold, same shape.

    Raises:
        BadInput: Fewer than five rows.

    >>> y = np.arange(100.0)
    >>> y[40] = 90
    >>> int(suspect_numbers(y, predicted=np.arange(100.0) + np.tile([0.1, -0.1], 50)).order[0])
    40
    """
    if given.size < 5:
        raise BadInput(f"labels: want 5 or more to rank by residuals, got {given.size}.")
    order = np.argsort(predicted, kind="stable")
    residual = (given - predicted)[order]
    size = min(_PEERS, residual.size)
    windows = np.lib.stride_tricks.sliding_window_view(residual, size)
    centre = np.median(windows, axis=1)
    spread = np.median(np.abs(windows - centre[:, None]), axis=1) * _MAD_OF_NORMAL
    mine = np.clip(np.arange(residual.size) - size // 2, 0, len(windows) - 1)
    floor = max(1e-12, float(np.median(spread)) * 1e-3)
    score = np.empty(given.size)
    score[order] = -np.abs(residual - centre[mine]) / np.maximum(spread[mine], floor)
    return Suspicion(
        score=score,
        guess=predicted,
        wrong=None,
        low=None,
        high=None,
        method="distance from an out-of-fold prediction in robust standard deviations of rows with similar predictions",
    )


def _limits(joint: Floats, *, counted: Ints, rows: int, alpha: float) -> tuple[float, float]:
    """Return limits for the number of labels off the diagonal: binomial in each class, normal in sum."""
    per_class = joint.sum(axis=1) * rows
    with np.errstate(invalid="ignore", divide="ignore"):
        off = np.where(per_class > 0, 1 - np.diagonal(joint) * rows / per_class, 0.0)
        seen = (off * counted + 0.5) / (counted + 1)  # so that no error among few is no proof of none
        variance = np.where(counted > 0, per_class**2 * seen * (1 - seen) / np.maximum(counted, 1), 0.0)
    wrong = float((per_class * off).sum())
    half = normal_quantile(1 - alpha / 2) * math.sqrt(float(variance.sum()))
    return max(0.0, wrong - half), min(float(rows), wrong + half)
