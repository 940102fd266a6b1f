"""Count, sum and sum of squares: all that a test of a mean needs, and they add up over workers."""

import math
from typing import Any

import msgspec

from slipway.errors import BadInput
from slipway.stats.checks import as_floats, check_count, check_finite

_ROUNDING = 1e-7
_LOST = 1e-13


class Moments(msgspec.Struct, frozen=True):
    """Sufficient statistics of a sample for its mean and variance. Tick and state in one.

    Merging is exact where the values are whole numbers (below 2^53 in sum); otherwise it rounds like any sum of floats.
    The variance loses digits when the mean is some 10^6 standard deviations from zero: subtract a constant first.

    Attributes:
        n: Number of values.
        total: Their sum.
        squares: The sum of their squares.
    """

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_finite("total", self.total)
        check_finite("squares", self.squares)
        least = self.total**2 / self.n if self.n else abs(self.total)
        if self.squares < least * (1 - _ROUNDING) or (self.n == 0 and self.squares > 0):
            raise BadInput(
                f"squares: want at least total^2 / n = {least}, got {self.squares} (n={self.n}, total={self.total}). "
                "It is the sum of squared values, not a variance."
            )

    def merge(self, other: "Moments") -> "Moments":
        """Add two parts."""
        return Moments(n=self.n + other.n, total=self.total + other.total, squares=self.squares + other.squares)

    @property
    def mean(self) -> float:
        """The mean; NaN without values."""
        return self.total / self.n if self.n else math.nan

    @property
    def variance(self) -> float:
        """The unbiased variance, 0 if it drowns in rounding; NaN with fewer than two values."""
        if self.n < 2:
            return math.nan
        spread = self.squares - self.total * (self.total / self.n)
        return spread / (self.n - 1) if spread > _LOST * self.squares else 0.0

    def less(self, constant: float) -> "Moments":
        """Return the moments of the values less a constant."""
        return Moments(
            n=self.n,
            total=self.total - self.n * constant,
            squares=max(
                self.squares - 2 * constant * self.total + self.n * constant**2,
                (self.total - self.n * constant) ** 2 / self.n if self.n else 0.0,
            ),
        )

    def scaled(self, factor: float) -> "Moments":
        """Return the moments of the values times a factor."""
        return Moments(n=self.n, total=self.total * factor, squares=self.squares * factor**2)


def moments(values: Any) -> Moments:
    """Sum up a flat array of finite numbers.

    Raises:
        BadInput: A value is NaN or infinite.

    >>> moments([1.0, 2.0, 3.0])
    Moments(n=3, total=6.0, squares=14.0)
    """
    x = as_floats("values", values)
    return Moments(n=x.size, total=float(x.sum()), squares=float(x @ x))
