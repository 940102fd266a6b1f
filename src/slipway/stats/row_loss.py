"""How wrong an answer is: one loss a row, and the mean of many with its interval, offline."""

from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import as_floats
from slipway.stats.clustered_share import clustered_share_interval
from slipway.stats.evidence import FixedInterval
from slipway.stats.fixed import clustered_interval, mean_interval, share_interval

Floats = npt.NDArray[np.float64]

_FLOOR = 1e-15


def error_loss(
    y: Any, *, scores: Any, threshold: float, false_positive_cost: float = 1.0, false_negative_cost: float = 1.0
) -> Floats:
    """Return the cost of the label that each score gives: 0 where it is right.

    Args:
        y: Truth, shape (n,), each 0 or 1.
        scores: Shape (n,), finite; a score at or above the threshold says 1.
        threshold: Score from which the label is 1.
        false_positive_cost: Cost of saying 1 where 0 is true; with both costs 1 the mean loss is the error rate.
        false_negative_cost: Cost of saying 0 where 1 is true.

    Raises:
        BadInput: A label other than 0 and 1, a score that is not finite, or different lengths.

    >>> error_loss([0, 0, 1, 1], scores=[0.2, 0.5, 0.5, 0.2], threshold=0.5, false_negative_cost=10.0).tolist()
    [0.0, 1.0, 0.0, 10.0]
    """
    truth, s = _pair(y, scores)
    _check_binary(truth)
    said = s >= threshold
    return np.where(said == (truth == 1), 0.0, np.where(said, false_positive_cost, false_negative_cost))


def absolute_loss(y: Any, *, scores: Any) -> Floats:
    """Return the absolute error of each number, in the unit of Y.

    >>> absolute_loss([1.0, 2.0], scores=[1.5, 0.0]).tolist()
    [0.5, 2.0]
    """
    truth, s = _pair(y, scores)
    return np.abs(truth - s)


def log_loss(y: Any, *, scores: Any) -> Floats:
    """Return minus the natural logarithm of the probability given to what came true, at most 34.5.

    >>> log_loss([1], scores=[0.5]).round(4).tolist()  # ln 2
    [0.6931]
    """
    truth, s = _pair(y, scores)
    _check_binary(truth)
    if ((s < 0) | (s > 1)).any():
        raise BadInput(f"scores: want probabilities in [0, 1], got {float(s.min())} to {float(s.max())}.")
    given: Floats = np.where(truth == 1, s, 1 - s)
    return np.negative(np.log(np.maximum(given, _FLOOR)))


def loss_interval(loss: Any, *, alpha: float, clusters: Any | None = None) -> FixedInterval:
    """Bound the mean loss, at a sample size chosen beforehand.

    With two or more clusters (days, entities) rows of one cluster may stick together; without, rows must be
    independent. Losses that are all 0 or 1 get Wilson's interval, with as many trials as the clusters are worth; others
    Student's.

    Args:
        loss: Shape (n,), finite, n >= 2.
        alpha: Miss probability, in (0, 1).
        clusters: Shape (n,), the cluster of each row, or None.

    Raises:
        BadInput: Too few rows, or a loss that is not finite.

    >>> i = loss_interval([1.0] * 15 + [0.0] * 133, alpha=0.05)  # R: prop.test(15, 148, correct = FALSE)
    >>> round(i.low, 4), round(i.high, 4)
    (0.0624, 0.1605)
    """
    x = as_floats("loss", loss)
    shares = bool(x.size) and bool(np.isin(x, (0.0, 1.0)).all())
    if clusters is not None and np.unique(np.asarray(clusters)).size >= 2:
        bound = clustered_share_interval if shares else clustered_interval
        return bound(x, clusters=clusters, alpha=alpha)
    if shares:
        return share_interval(int(x.sum()), n=x.size, alpha=alpha)
    return mean_interval(x, alpha=alpha)


def _pair(y: Any, scores: Any) -> tuple[Floats, Floats]:
    truth, s = as_floats("y", y), as_floats("scores", scores)
    if truth.size != s.size:
        raise BadInput(f"scores: want {truth.size} values, one for each y, got {s.size}.")
    return truth, s


def _check_binary(truth: Floats) -> None:
    if not np.isin(truth, (0.0, 1.0)).all():
        raise BadInput(f"y: want 0 and 1, got {np.unique(truth)[:5].tolist()}. For numbers take the absolute error.")
