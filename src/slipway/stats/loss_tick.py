"""Losses between 0 and a cap, summed in whole numbers so that ticks add up exactly."""

from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.bernstein import mean_interval
from slipway.stats.evidence import AnytimeInterval

ONE = 1 << 24
"""What one cap is in the whole numbers of a tick."""


class LossTick(msgspec.Struct, frozen=True):
    """Losses of one tick, in units of 2^-24 caps.

    Attributes:
        n: Rows.
        total: Sum of the losses.
        squares: Sum of their squares.
    """

    n: int = 0
    total: int = 0
    squares: int = 0

    def __post_init__(self) -> None:
        whole = all(isinstance(part, int) for part in (self.n, self.total, self.squares))
        if not (whole and 0 <= self.squares <= self.total + self.n and self.total <= self.n * ONE):
            raise BadInput(f"tick: want sums of {self.n} losses in [0, 1], got {self.total} and {self.squares}.")

    @classmethod
    def of(cls, losses: npt.ArrayLike, *, cap: float = 1.0) -> Self:
        """Sum up losses in [0, cap]; larger ones count as the cap.

        Raises:
            BadInput: A loss is below 0 or NaN.
        """
        values = np.asarray(losses, dtype=np.float64).ravel()
        if not (values >= 0).all():
            raise BadInput("loss: want losses of 0 or more, got less or NaN. Leave out rows whose outcome is unknown.")
        share = np.minimum(values / cap, 1.0)
        fixed, squares = np.rint(share * ONE).astype(np.int64), np.floor(share * share * ONE).astype(np.int64)
        return cls(n=values.size, total=int(fixed.sum()), squares=int(squares.sum()))

    def merge(self, other: Self) -> Self:
        """Return the sums of both parts together."""
        return type(self)(n=self.n + other.n, total=self.total + other.total, squares=self.squares + other.squares)

    @property
    def mean(self) -> float:
        """Mean loss in caps; 0 without rows."""
        return self.total / ONE / max(self.n, 1)

    def interval(self, *, alpha: float) -> AnytimeInterval:
        """Cover the mean loss, in caps, at all times at once; rows independent."""
        # Centred on half a cap, values lie in [-1/2, 1/2]: half the range of [-1, 1].
        total, squares = self.total / ONE, self.squares / ONE
        inner = mean_interval(
            n=self.n,
            total=total - self.n / 2,
            squares=max(squares - total + self.n / 4, 0.0),
            limit=0.5,
            alpha=alpha,
        )
        return AnytimeInterval(
            low=max(inner.low + 0.5, 0.0),
            high=min(inner.high + 0.5, 1.0),
            estimate=inner.estimate + 0.5,
            alpha=alpha,
            n=self.n,
        )
