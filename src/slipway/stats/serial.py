"""Do units follow on one another: does a day resemble the day before it?

A sequence over units takes them for exchangeable. Where each resembles the one before, n of them are worth fewer, and
an interval that does not know it is too narrow: by the factor that :func:`widening` gives where the likeness fades with
each step by the same ratio (an autoregression of order one).
"""

import math
from typing import Any

from slipway.errors import BadInput
from slipway.stats.checks import as_floats


def lag_one(values: Any) -> float:
    """Return the lag-1 autocorrelation; 0 where the values do not differ.

    Args:
        values: Shape (n,), n >= 2, finite, in the order of time.

    Raises:
        BadInput: Fewer than two values, or one that is not finite.

    Reference:
        Box & Jenkins (1976), Time Series Analysis, eq. 2.1.11, k = 1.

    >>> lag_one([1, 2, 3, 4, 5])  # R: acf(1:5, plot = FALSE)$acf[2]
    0.4
    """
    x = as_floats("values", values)
    if x.size < 2:
        raise BadInput(f"values: want two or more, got {x.size}. One unit has no neighbour.")
    centred = x - x.mean()
    spread = float(centred @ centred)
    return max(-1.0, min(float(centred[1:] @ centred[:-1]) / spread, 1.0)) if spread > 0 else 0.0


def unbiased_lag_one(values: Any) -> float:
    """Return the lag-1 autocorrelation, corrected so that its mean is 0 for exchangeable values, and below 1.

    :func:`lag_one` leans to the negative, for values are centred at their own mean: in any order drawn at random its
    mean is exactly -1 / n.

    >>> round(unbiased_lag_one([1, 2, 3, 4, 5]), 12)  # 0.4 + 1 / 5
    0.6
    """
    n = len(values)
    return min(lag_one(values) + 1 / n, 1 - 1 / n)


def widening(correlation: float) -> float:
    """Return by which factor the standard error of a mean grows: sqrt((1 + r) / (1 - r)), at least 1.

    Valid for an autoregression of order one and many units.

    Args:
        correlation: Lag-1 correlation r, -1 <= r < 1. Below 0 the factor is 1: a gain is not taken.

    Raises:
        BadInput: r is out of range.

    Reference:
        Bayley & Hammersley (1946), J. Roy. Stat. Soc. Suppl. 8(2): the effective number of observations.

    >>> widening(0.6)  # 1.6 / 0.4 = 4: four days are worth one
    2.0
    """
    if not -1 <= correlation < 1:
        raise BadInput(f"correlation: want -1 <= r < 1, got {correlation}.")
    r = max(0.0, correlation)
    return math.sqrt((1 + r) / (1 - r))
