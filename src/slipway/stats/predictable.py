"""Bets of which each is fixed before its value is seen, sized by the spread of the values before it."""

import math
from typing import Any

import msgspec
import numpy as np

from slipway.errors import BadInput
from slipway.stats.checks import Floats, as_floats


class Values(msgspec.Struct, frozen=True, eq=False):
    """Values in the order in which they came. Merging puts one part behind the other, so its order matters."""

    values: Floats

    def merge(self, other: "Values") -> "Values":
        """Append the values of a later part."""
        return Values(np.concatenate([self.values, other.values]))


def values(x: Any) -> Values:
    """Make a tick of a flat array of finite numbers.

    Raises:
        BadInput: A value is NaN or infinite.
    """
    return Values(as_floats("values", x))


class Past(msgspec.Struct, frozen=True):
    """What the next bet may depend on, of values scaled to [0, 1].

    Attributes:
        n: Number of values.
        total: Their sum.
        deviations: Sum of squared deviations, each from the regularised mean as it then was.
    """

    n: int = 0
    total: float = 0.0
    deviations: float = 0.0


def predictable_bets(x: Floats, *, past: Past, alpha: float) -> tuple[Floats, Past]:
    """Return the bet on each value, made before it, and the past after the last.

    Args:
        x: Values in [0, 1], shape (n,).
        past: What came before them.
        alpha: Level at which the bets are to be sharp.

    Reference:
        Waudby-Smith & Ramdas (2024), eq. 24 and 26: lambda_t = sqrt(2 ln(1/alpha) / (s^2_{t-1} t ln(1 + t))), with the
        regularised variance that starts as 1/4 at mean 1/2.

    >>> bets, _ = predictable_bets(np.array([1.0]), past=Past(), alpha=0.05)
    >>> round(float(bets[0]), 6)  # sqrt(2 ln 20 / (0.25 ln 2))
    5.880087
    """
    t = past.n + np.arange(1, x.size + 1)
    sums = past.total + np.cumsum(x)
    means = np.minimum((0.5 + sums) / (t + 1), 1.0)
    deviations = past.deviations + np.cumsum((x - means) ** 2)
    variances = (0.25 + np.concatenate([[past.deviations], deviations[:-1]])) / t
    bets = np.sqrt(2 * math.log(1 / alpha) / (t * np.log1p(t) * variances))
    if not x.size:
        return bets, past
    return bets, Past(n=past.n + x.size, total=float(sums[-1]), deviations=float(deviations[-1]))


def to_unit(x: Floats, *, low: float, high: float) -> Floats:
    """Scale values from [low, high] to [0, 1].

    Raises:
        BadInput: A value is outside, or NaN.
    """
    if x.size and not (x.min() >= low and x.max() <= high):
        raise BadInput(
            f"values: want all in [{low}, {high}], got [{x.min()}, {x.max()}]. Clip them or widen the bounds."
        )
    return np.asarray((x - low) / (high - low), dtype=float)
