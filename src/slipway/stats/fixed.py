"""Intervals for a comparison made once, offline, at a sample size chosen beforehand.

Looked at again and again, an interval of this module misses far more often than it says, which is why its type cannot
enter a gate that peeks. For those, see :mod:`slipway.stats.asymptotic` and :mod:`slipway.stats.betting`.
"""

import math
from typing import Any

import numpy as np

from slipway.errors import BadInput
from slipway.stats.checks import as_floats, check_count
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.special import normal_quantile
from slipway.stats.student import student_quantile


def mean_interval(values: Any, *, alpha: float) -> FixedInterval:
    """Bound the mean of independent values by Student's t: exact for Gaussian values, right for others as n grows.

    Args:
        values: Shape (n,), n >= 2, finite.
        alpha: Miss probability, in (0, 1).

    Raises:
        BadInput: Fewer than two values, or one that is not finite.

    Reference:
        Student (1908), Biometrika 6(1); the data are the first column of its table of sleep.

    >>> i = mean_interval([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], alpha=0.05)  # R: t.test
    >>> round(i.low, 4), round(i.high, 4)
    (-0.5298, 2.0298)
    """
    check_alpha(alpha)
    x = as_floats("values", values)
    _check_at_least("values", x.size, least=2)
    half = student_quantile(1 - alpha / 2, degrees=x.size - 1) * float(x.std(ddof=1)) / math.sqrt(x.size)
    middle = float(x.mean())
    return FixedInterval(low=middle - half, high=middle + half, estimate=middle, alpha=alpha, n=x.size)


def share_interval(successes: int, *, n: int, alpha: float) -> FixedInterval:
    """Bound a share by Wilson's score interval; good from a few dozen trials on, and never outside [0, 1].

    Raises:
        BadInput: No trials, or more successes than trials.

    Reference:
        Wilson (1927), JASA 22(158). The value is R's prop.test(15, 148, correct = FALSE).

    >>> i = share_interval(15, n=148, alpha=0.05)
    >>> round(i.low, 4), round(i.high, 4)
    (0.0624, 0.1605)
    """
    check_alpha(alpha)
    check_count("successes", successes)
    _check_at_least("n", n, least=1)
    if successes > n:
        raise BadInput(f"successes: want at most n={n}, got {successes}.")
    z = normal_quantile(1 - alpha / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return FixedInterval(low=low, high=high, estimate=share, alpha=alpha, n=n)


def paired_interval(candidate: Any, *, baseline: Any, alpha: float) -> FixedInterval:
    """Bound the mean of ``candidate - baseline`` over the same units, by Student's t on the differences.

    Raises:
        BadInput: The two have different lengths, fewer than two pairs, or a value is not finite.

    >>> sleep1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    >>> sleep2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    >>> i = paired_interval(sleep2, baseline=sleep1, alpha=0.05)  # R: t.test(sleep2, sleep1, paired = TRUE)
    >>> round(i.low, 4), round(i.high, 4)
    (0.7001, 2.4599)
    """
    a, b = as_floats("candidate", candidate), as_floats("baseline", baseline)
    _check_same(a.size, b.size, name="baseline")
    return mean_interval(a - b, alpha=alpha)


def clustered_interval(differences: Any, *, clusters: Any, alpha: float) -> FixedInterval:
    """Bound the mean of paired differences that stick together in clusters, such as days.

    Valid if clusters are independent; right as the number of clusters grows (a few dozen). ``n`` is their number.

    Args:
        differences: Shape (rows,), candidate minus baseline.
        clusters: Shape (rows,), the cluster of each row; any values that compare.
        alpha: Miss probability, in (0, 1).

    Raises:
        BadInput: Fewer than two clusters, different lengths, or a difference that is not finite.

    Reference:
        Liang & Zeger (1986), with the G/(G-1) correction and Student's t on G - 1 degrees (CR1). With clusters of one
        row it is the plain t interval.

    >>> i = clustered_interval([1.0, 1.0, 2.0, 2.0, 3.0, 3.0], clusters=[1, 1, 2, 2, 3, 3], alpha=0.05)
    >>> j = mean_interval([1.0, 2.0, 3.0], alpha=0.05)  # doubling each row adds nothing
    >>> math.isclose(i.low, j.low), i.n
    (True, 3)
    """
    check_alpha(alpha)
    x = as_floats("differences", differences)
    names, group = np.unique(np.asarray(clusters), return_inverse=True)
    _check_same(x.size, group.size, name="clusters")
    _check_at_least("clusters", names.size, least=2)
    middle = float(x.mean())
    sums = np.bincount(group, weights=x - middle, minlength=names.size)
    error = math.sqrt(names.size / (names.size - 1) * float(sums @ sums)) / x.size
    half = student_quantile(1 - alpha / 2, degrees=names.size - 1) * error
    return FixedInterval(low=middle - half, high=middle + half, estimate=middle, alpha=alpha, n=int(names.size))


def _check_at_least(name: str, count: int, *, least: int) -> None:
    if count < least:
        raise BadInput(f"{name}: want at least {least}, got {count}.")


def _check_same(first: int, second: int, *, name: str) -> None:
    if first != second:
        raise BadInput(f"{name}: want {first} values, one for each row, got {second}.")
