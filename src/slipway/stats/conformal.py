"""Is the stream still exchangeable? A conformal test martingale: bets against uniform p-values.

Any score of strangeness will do (distance to a neighbour, loss, one less the confidence): ranked among all scores so
far, it gives p-values that are independent and uniform as long as rows are exchangeable. The Simple Jumper bets that
they lean one way, and moves a little capital between "up", "down" and "not at all" at each step, so that it follows a
lean that turns.
"""

import math
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import EValue

Floats = npt.NDArray[np.float64]


class PValues(msgspec.Struct, frozen=True, eq=False):
    """Conformal p-values of one tick in the order of time; parts must be merged in that order.

    Attributes:
        p: Shape (n,), in [0, 1].
    """

    p: Floats

    def __post_init__(self) -> None:
        if self.p.ndim != 1 or not ((self.p >= 0) & (self.p <= 1)).all():
            raise BadInput(f"p: want p-values in [0, 1], shape (n,), got {self.p!r}.")

    def merge(self, later: Self) -> Self:
        """Return this part followed by a later one."""
        return type(self)(np.concatenate([self.p, later.p]))


class JumperState(msgspec.Struct, frozen=True, eq=False):
    """Rows seen, log of the whole capital, and the share of it in each slope."""

    n: int
    log_capital: float
    shares: Floats


class SimpleJumper(msgspec.Struct, frozen=True):
    """Evidence that p-values are not independent and uniform, so that rows are not exchangeable.

    Promise: while rows are exchangeable, the chance that the evidence *ever* reaches ``1 / alpha`` is at most alpha.

    Attributes:
        jump: Share of the capital spread anew over the slopes at each step, in [0, 1].
        slopes: Bets ``1 + slope (p - 1/2)``, each in [-2, 2].

    Reference:
        Vovk, Petej, Nouretdinov, Ahlberg, Carlsson & Gammerman (2021), Retrain or not retrain, COPA, algorithm 1. One
        capital is shared over the slopes within one jumping rate; sharing it over several rates as well is no
        martingale.

    >>> i = np.arange(1, 201)
    >>> p = (0.6180339887498949 * i % 1) ** 2
    >>> jumper = SimpleJumper()
    >>> round(jumper.evidence(jumper.update(jumper.start(), PValues(p))).log_e, 9)
    20.207705681
    """

    jump: float = 0.01
    slopes: tuple[float, ...] = (-1.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        if not 0 <= self.jump <= 1:
            raise BadInput(f"jump: want 0 <= jump <= 1, got {self.jump}.")
        if not self.slopes or not all(-2 <= slope <= 2 for slope in self.slopes):
            raise BadInput(f"slopes: want one or more in [-2, 2], got {self.slopes}.")

    def start(self) -> JumperState:
        """Return the state before any row."""
        k = len(self.slopes)
        return JumperState(n=0, log_capital=0.0, shares=np.full(k, 1 / k))

    def update(self, state: JumperState, tick: PValues) -> JumperState:
        """Return the state after one more tick, row by row in its order."""
        shares, log_capital, even = state.shares, state.log_capital, self.jump / len(self.slopes)
        for gains in 1 + np.array(self.slopes) * (tick.p[:, None] - 0.5):
            shares = ((1 - self.jump) * shares + even) * gains
            total = float(shares.sum())
            if total <= 0:
                return JumperState(n=state.n + len(tick.p), log_capital=-math.inf, shares=state.shares)
            log_capital += math.log(total)
            shares = shares / total
        return JumperState(n=state.n + len(tick.p), log_capital=log_capital, shares=shares)

    def evidence(self, state: JumperState) -> EValue:
        """Return the capital."""
        return EValue(log_e=state.log_capital, n=state.n)


def conformal_p(scores: npt.ArrayLike, *, pool: npt.ArrayLike, rng: np.random.Generator) -> PValues:
    """Rank each score among the pool and all scores before it; ties are broken by chance.

    Args:
        scores: Strangeness in the order of time, shape (n,), larger is stranger; not NaN.
        pool: Earlier scores, shape (m,), of rows that the score was not learned from.
        rng: Where the chance comes from.

    Returns:
        ``(#larger + u #equal) / (m + i)`` for the i-th, itself counted as equal.

    >>> conformal_p([5.0, 0.0], pool=[1.0, 2.0, 3.0], rng=np.random.default_rng(0)).p < [0.25, 1.0]
    array([ True,  True])
    """
    new, old = np.asarray(scores, dtype=np.float64).ravel(), np.sort(np.asarray(pool, dtype=np.float64).ravel())
    if np.isnan(new).any() or np.isnan(old).any():
        raise BadInput("scores: want numbers, got NaN. A row without a score is missing, not strange: leave it out.")
    larger = (len(old) - np.searchsorted(old, new, "right")).astype(np.float64)
    equal = np.searchsorted(old, new, "right") - np.searchsorted(old, new, "left") + 1.0
    for i in range(1, len(new)):
        larger[i] += np.count_nonzero(new[:i] > new[i])
        equal[i] += np.count_nonzero(new[:i] == new[i])
    return PValues((larger + rng.random(len(new)) * equal) / (len(old) + np.arange(1, len(new) + 1)))
