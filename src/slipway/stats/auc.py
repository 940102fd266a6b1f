"""The area under the ROC curve, its interval, and the difference of two models on the same rows, offline."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import as_floats
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.special import normal_quantile

Floats = npt.NDArray[np.float64]


def auc(labels: Any, *, scores: Any) -> float:
    """Return the chance that a random positive outscores a random negative; ties count half.

    Raises:
        BadInput: A label other than 0 and 1, one class alone, or a score that is not finite.

    Reference:
        Hanley & McNeil (1982), Radiology 143(1); the value is scikit-learn's documented example of roc_auc_score.

    >>> auc([0, 0, 1, 1], scores=[0.1, 0.4, 0.35, 0.8])
    0.75
    """
    positive, _ = _placements(labels, scores)
    return float(positive.mean())


def auc_interval(labels: Any, *, scores: Any, alpha: float) -> FixedInterval:
    """Bound the area of one model, at a sample size chosen beforehand; rows must be independent.

    The limits are taken on the logit scale, which keeps them inside [0, 1]; where the area is exactly 0 or 1, the
    far limit is that of the rule of three on the smaller class.

    Raises:
        BadInput: See :func:`auc`; or fewer than two rows of a class.

    Reference:
        DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3), for the variance.
    """
    check_alpha(alpha)
    positive, negative = _placements(labels, scores)
    area, n = float(positive.mean()), positive.size + negative.size
    if area in (0.0, 1.0):
        reach = 1 - alpha ** (1 / min(positive.size, negative.size))
        low, high = (0.0, reach) if area == 0 else (1 - reach, 1.0)
        return FixedInterval(low=low, high=high, estimate=area, alpha=alpha, n=n)
    error = math.sqrt(_variance(positive) + _variance(negative))
    middle = math.log(area / (1 - area))
    half = normal_quantile(1 - alpha / 2) * error / (area * (1 - area))
    return FixedInterval(low=_expit(middle - half), high=_expit(middle + half), estimate=area, alpha=alpha, n=n)


def auc_difference(labels: Any, *, candidate: Any, baseline: Any, alpha: float) -> FixedInterval:
    """Bound area(candidate) - area(baseline) on the same rows, which must be independent.

    Raises:
        BadInput: See :func:`auc_interval`.

    Reference:
        DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3), eq. 4, with the contrast (1, -1).
    """
    check_alpha(alpha)
    positive_a, negative_a = _placements(labels, candidate)
    positive_b, negative_b = _placements(labels, baseline)
    positive, negative = positive_a - positive_b, negative_a - negative_b
    middle = float(positive.mean())
    half = normal_quantile(1 - alpha / 2) * math.sqrt(_variance(positive) + _variance(negative))
    return FixedInterval(
        low=max(-1.0, middle - half),
        high=min(1.0, middle + half),
        estimate=middle,
        alpha=alpha,
        n=positive.size + negative.size,
    )


def _placements(labels: Any, scores: Any) -> tuple[Floats, Floats]:
    """Return, for each positive, the share of negatives below it; for each negative, that of positives above it."""
    y, s = as_floats("labels", labels), as_floats("scores", scores)
    if y.size != s.size:
        raise BadInput(f"scores: want {y.size} values, one for each label, got {s.size}.")
    if not np.isin(y, (0, 1)).all():
        raise BadInput(f"labels: want 0 and 1, got {np.unique(y)[:5].tolist()}.")
    pos, neg = s[y == 1], s[y == 0]
    if min(pos.size, neg.size) < 2:
        raise BadInput(f"labels: want at least two rows of each class, got {pos.size} of 1 and {neg.size} of 0.")
    return _share_below(pos, neg), 1 - _share_below(neg, pos)


def _share_below(x: Floats, others: Floats) -> Floats:
    ranked = np.sort(others)
    below = np.searchsorted(ranked, x, side="left") + np.searchsorted(ranked, x, side="right")
    return np.asarray(below / (2 * others.size), dtype=float)


def _variance(placements: Floats) -> float:
    return float(placements.var(ddof=1)) / placements.size


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))
