"""Do two means differ, if their variances do? Welch's interval, and means of ratios by cluster. For one look."""

import math
from typing import Any

import msgspec
import numpy as np

from slipway.errors import BadInput
from slipway.stats.checks import as_floats
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.student import student_quantile


class Sampled(msgspec.Struct, frozen=True):
    """A mean and how well it is known.

    Attributes:
        mean: The mean.
        variance: Variance of the mean, not of the values; infinite for a single value.
        degrees: Degrees of freedom of that variance.
    """

    mean: float
    variance: float
    degrees: int

    @classmethod
    def of(cls, values: Any) -> "Sampled":
        """Return the mean of independent values, one or more."""
        x = as_floats("values", values)
        if not x.size:
            raise BadInput("values: want one or more, got none.")
        variance = float(x.var(ddof=1)) / x.size if x.size > 1 else math.inf
        return cls(mean=float(x.mean()), variance=variance, degrees=max(x.size - 1, 0))

    @classmethod
    def of_ratio(cls, totals: Any, *, sizes: Any) -> "Sampled":
        """Return the mean over all rows of independent clusters, each its total and its rows.

        Args:
            totals: Sum of each cluster, shape (clusters,).
            sizes: Rows of each, all above 0.

        Reference:
            Cochran (1977), Sampling Techniques, 3rd ed., section 6.4: the variance of a ratio, linearised.

        >>> Sampled.of_ratio([2.0, 6.0], sizes=[2, 2]) == Sampled.of([1.0, 3.0])
        True
        """
        total, n = as_floats("totals", totals), as_floats("sizes", sizes)
        if total.shape != n.shape or not (n > 0).all():
            raise BadInput(f"sizes: want rows above 0 for each of {total.size} clusters, got {n.size} or one of 0.")
        ratio = float(total.sum() / n.sum())
        return cls.of(ratio + (total - ratio * n) / n.mean())


def difference(after: Sampled, *, before: Sampled, alpha: float) -> FixedInterval:
    """Bound the difference of two means of independent samples, each with a variance of its own.

    Args:
        after: One.
        before: The other, which is taken off.
        alpha: Miss probability.

    Returns:
        The interval; infinite where one of the two is a single value. Its ``n`` counts the values of both.

    Reference:
        Welch (1947), Biometrika 34(1/2). The data are those of Student (1908), the limits those of R's
        ``t.test(extra ~ group)``.

    >>> one = Sampled.of([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    >>> two = Sampled.of([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    >>> i = difference(one, before=two, alpha=0.05)
    >>> round(i.low, 5), round(i.high, 5)
    (-3.36548, 0.20548)
    """
    check_alpha(alpha)
    n, estimate = after.degrees + before.degrees + 2, after.mean - before.mean
    variance = after.variance + before.variance
    if math.isinf(variance):
        return FixedInterval(low=-math.inf, high=math.inf, estimate=estimate, alpha=alpha, n=n)
    half = 0.0
    if variance > 0:
        parts = ((after.variance / variance, after.degrees), (before.variance / variance, before.degrees))
        degrees = 1 / sum(share**2 / k for share, k in parts)
        half = student_quantile(1 - alpha / 2, degrees=degrees) * float(np.sqrt(variance))
    return FixedInterval(low=estimate - half, high=estimate + half, estimate=estimate, alpha=alpha, n=n)
