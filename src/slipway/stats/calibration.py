"""Turn scores into probabilities, and say how far off they may still be.

Both maps never reverse the order of scores. Isotonic regression assumes nothing else and wants a thousand rows or
more; Platt's has two parameters and makes do with a few dozen. Fit either on rows that the model did not learn from,
and judge it with :func:`calibration_curve` on rows that neither did.
"""

import math
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.clustered_share import worth_in_trials
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.shares import share_limits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Isotonic(msgspec.Struct, frozen=True, eq=False, tag="isotonic"):
    """The nondecreasing map that fits best, linear between its knots and flat beyond them.

    Attributes:
        scores: Knots, increasing, shape (k,).
        probabilities: Their values, nondecreasing, in [0, 1], shape (k,).
    """

    scores: Floats
    probabilities: Floats

    def apply(self, score: npt.ArrayLike) -> Floats:
        """Map scores, any shape, to probabilities; NaN is refused."""
        return np.interp(_scores(score), self.scores, self.probabilities)

    @classmethod
    def fit(cls, score: npt.ArrayLike, *, y: npt.ArrayLike) -> Self:
        """Fit by pooling adjacent violators.

        Args:
            score: Shape (n,), n >= 1, any unit.
            y: 0 or 1, shape (n,).

        Reference:
            Ayer et al. (1955), Annals of Mathematical Statistics 26(4); knots as in scikit-learn.

        >>> Isotonic.fit([1.0, 2.0, 3.0, 4.0], y=[0, 1, 0, 1]).apply([1.0, 2.0, 2.5, 4.0])
        array([0. , 0.5, 0.5, 1. ])
        """
        x, outcome = _rows(score, y)
        values, at = np.unique(x, return_inverse=True)
        rows = np.bincount(at).astype(np.float64)
        level = _pool(np.bincount(at, weights=outcome).astype(np.float64), rows)
        ends = np.flatnonzero(np.r_[True, np.diff(level) != 0] | np.r_[np.diff(level) != 0, True])
        return cls(scores=values[ends], probabilities=level[ends])


class Platt(msgspec.Struct, frozen=True, tag="platt"):
    """A logistic curve: ``1 / (1 + exp(-(slope * score + intercept)))``.

    Attributes:
        slope: Per unit of score; negative slopes are refused when fitting.
        intercept: Log-odds at score 0.
    """

    slope: float
    intercept: float

    def apply(self, score: npt.ArrayLike) -> Floats:
        """Map scores, any shape, to probabilities; NaN is refused."""
        return _sigmoid(self.slope * _scores(score) + self.intercept)

    @classmethod
    def fit(cls, score: npt.ArrayLike, *, y: npt.ArrayLike) -> Self:
        """Fit by maximum likelihood on Platt's softened targets, with Newton's method.

        Args:
            score: Shape (n,), any unit; log-odds do best.
            y: 0 or 1, shape (n,), both present.

        Raises:
            BadInput: One class only, or higher scores mean fewer positives.

        Reference:
            Platt (1999), in Advances in Large Margin Classifiers; Lin, Lin & Weng (2007), Machine Learning 68.

        >>> fitted = Platt.fit([-2.0, -1.0, 1.0, 2.0], y=[0, 1, 0, 1])
        >>> abs(fitted.intercept) < 1e-9  # symmetric data
        True
        """
        x, outcome = _rows(score, y)
        positives = float(outcome.sum())
        negatives = len(outcome) - positives
        if not (positives and negatives):
            raise BadInput(f"y: want rows of both classes, got {positives:.0f} of 1 and {negatives:.0f} of 0.")
        target = np.where(outcome == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
        centre, spread = float(x.mean()), float(x.std()) or 1.0
        slope, intercept = _newton((x - centre) / spread, target)
        if slope < 0:
            raise BadInput("score: want higher scores to mean more positives, got the reverse. Negate the score.")
        return cls(slope=slope / spread, intercept=intercept - slope * centre / spread)


Calibration = Isotonic | Platt
"""Any calibration; msgspec tells them apart by their tag."""


class CalibrationCurve(msgspec.Struct, frozen=True, eq=False):
    """Expected beside realised, bin by bin, with limits that hold for all bins together.

    Attributes:
        rows: Rows per bin, shape (bins,).
        worth: As how many independent rows those of a bin are worth; ``rows`` where rows are independent.
        expected: Mean probability, shape (bins,).
        realised: Share of positives.
        low: Lower limit of the mean true probability.
        high: Upper limit.
        error: Expected calibration error: mean over rows of the absolute gap of their bin, with limits from the band.
    """

    rows: Ints
    worth: Floats
    expected: Floats
    realised: Floats
    low: Floats
    high: Floats
    error: FixedInterval


def calibration_curve(
    p: npt.ArrayLike, *, y: npt.ArrayLike, alpha: float, bins: int = 10, clusters: npt.ArrayLike | None = None
) -> CalibrationCurve:
    """Judge probabilities on rows that neither the model nor its calibration learned from.

    Valid for one n chosen before looking. Given the probabilities and independent outcomes, the band holds in all bins
    at once, and with it the limits of the error, with probability ``1 - alpha`` at every n (Chernoff's bound, which
    covers rows of unequal probability too). The plain estimate of the error is biased upwards; its limits are not.
    Where outcomes stick together in clusters each bin counts as many rows as they are worth, and the band is
    approximate.

    Args:
        p: Probabilities, shape (n,), n >= 1.
        y: 0 or 1, shape (n,).
        alpha: Miss probability.
        bins: Bins of equally many rows to aim for; equal probabilities are never parted.
        clusters: The cluster of each row (a day, an entity), shape (n,), or None where outcomes are independent.

    Reference:
        Naeini, Cooper & Hauskrecht (2015), AAAI, for the error; Chernoff (1952) for the limits.

    >>> curve = calibration_curve([0.2] * 50 + [0.8] * 50, y=[0, 1] * 50, alpha=0.05)
    >>> curve.realised, round(curve.error.estimate, 6)
    (array([0.5, 0.5]), 0.3)
    >>> 0.05 < curve.error.low < 0.3 < curve.error.high < 0.55
    True
    """
    check_alpha(alpha)
    probability, outcome = _rows(p, y)
    if not ((probability >= 0) & (probability <= 1)).all():
        raise BadInput("p: want probabilities in [0, 1], got one outside. Calibrate scores first.")
    if bins < 1:
        raise BadInput(f"bins: want 1 or more, got {bins}.")
    cuts = np.unique(np.quantile(probability, np.arange(1, bins) / bins, method="higher"))
    at = np.unique(np.searchsorted(cuts, probability, side="right"), return_inverse=True)[1]
    rows = np.bincount(at)
    expected, realised = (np.bincount(at, weights=part) / rows for part in (probability, outcome))
    worth = rows.astype(np.float64)
    if clusters is not None:
        units = np.asarray(clusters)
        worth = np.array([worth_in_trials(outcome[at == k], clusters=units[at == k]) for k in range(len(rows))])
    low, high = share_limits(np.clip(realised, 0, 1) * worth, n=worth, delta=alpha / len(rows))
    share = rows / rows.sum()
    least = np.maximum(np.maximum(low - expected, expected - high), 0.0)
    most = np.maximum(np.abs(low - expected), np.abs(high - expected))
    error = FixedInterval(
        low=float(share @ least),
        high=float(share @ most),
        estimate=float(share @ np.abs(realised - expected)),
        alpha=alpha,
        n=int(rows.sum()),
    )
    return CalibrationCurve(
        rows=rows, worth=worth, expected=expected, realised=realised, low=low, high=high, error=error
    )


def _pool(sums: Floats, rows: Floats) -> Floats:
    totals: list[float] = []
    weights: list[float] = []
    lengths: list[int] = []
    for total, weight in zip(sums.tolist(), rows.tolist(), strict=True):
        length = 1
        while totals and totals[-1] * weight >= total * weights[-1]:
            total, weight, length = total + totals.pop(), weight + weights.pop(), length + lengths.pop()  # noqa: PLW2901 - the pool grows
        totals.append(total)
        weights.append(weight)
        lengths.append(length)
    return np.repeat(np.array(totals) / np.array(weights), lengths)


def _newton(x: Floats, target: Floats) -> tuple[float, float]:
    """Maximise the likelihood of two parameters; the ridge only keeps a constant score solvable."""
    design = np.stack([x, np.ones_like(x)], axis=1)
    beta = np.array([0.0, math.log(target.mean() / (1 - target.mean()))])
    for _ in range(100):
        p = _sigmoid(design @ beta)
        gradient = design.T @ (target - p)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        beta = beta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if float(np.abs(step).max()) < 1e-12:
            break
    return float(beta[0]), float(beta[1])


def _sigmoid(z: Floats) -> Floats:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))


def _scores(score: npt.ArrayLike) -> Floats:
    x = np.asarray(score, dtype=np.float64)
    if np.isnan(x).any():
        raise BadInput("score: want numbers, got NaN. A model that answers NaN has failed: count it as an error.")
    return x


def _rows(score: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
    x, outcome = _scores(score).ravel(), np.asarray(y, dtype=np.float64).ravel()
    if x.size == 0 or x.shape != outcome.shape or not np.isfinite(x).all():
        raise BadInput(f"score, y: want one finite score and one outcome a row, got {x.size} and {outcome.size}.")
    if not ((outcome == 0) | (outcome == 1)).all():
        raise BadInput("y: want 0 or 1 in each row, got another value or NaN.")
    return x, outcome
