"""A latency quantile, and the share of requests beyond a budget, with limits that hold at any time.

To *judge* latency, count the requests beyond a fixed budget and give the counts to
:class:`slipway.stats.event_split.EventSplit`: that needs a quarter of the requests that a comparison of quantiles
needs. This module is for reporting: what is the 99th percentile now, and how well do we know it?
"""

import itertools
import math
from typing import Any

import msgspec
import numpy as np

from slipway.errors import BadInput
from slipway.stats.bounds import bernoulli_confidence_interval, beta_binomial_log_mixture
from slipway.stats.checks import as_floats, check_count, check_positive
from slipway.stats.evidence import AnytimeInterval, check_alpha, check_share
from slipway.stats.roots import bisect


class Exceedances(msgspec.Struct, frozen=True):
    """Requests, and how many of them were beyond the budget. Tick and state in one."""

    n: int = 0
    beyond: int = 0

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_count("beyond", self.beyond)
        if self.beyond > self.n:
            raise BadInput(f"beyond: want at most n={self.n}, got {self.beyond}.")

    def merge(self, other: "Exceedances") -> "Exceedances":
        """Add two parts; exact."""
        return Exceedances(n=self.n + other.n, beyond=self.beyond + other.beyond)


class ShareSequence(msgspec.Struct, frozen=True):
    """Cover the probability of an event, such as an answer beyond its budget, at all times with probability 1 - alpha.

    Exact for independent requests of one probability.

    Attributes:
        alpha: Miss probability over all time.
        n_star: Number of requests at which the interval is to be narrowest.

    Reference:
        Howard, Ramdas, McAuliffe & Sekhon (2021), proposition 7 (beta-binomial mixture).

    >>> interval = ShareSequence(alpha=0.05, n_star=100).evidence(Exceedances(n=100, beyond=30))
    >>> round(interval.low, 6), round(interval.high, 6)  # confseq's bernoulli_confidence_interval
    (0.173635, 0.447677)
    """

    alpha: float
    n_star: int

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_positive("n_star", self.n_star)

    def start(self) -> Exceedances:
        """Return the state before any request."""
        return Exceedances()

    def update(self, state: Exceedances, tick: Exceedances) -> Exceedances:
        """Add the requests of one tick."""
        return state.merge(tick)

    def evidence(self, state: Exceedances) -> AnytimeInterval:
        """Return the interval; [0, 1] before any request."""
        if state.n == 0:
            return AnytimeInterval(low=0.0, high=1.0, estimate=math.nan, alpha=self.alpha, n=0)
        low, high = bernoulli_confidence_interval(state.beyond, trials=state.n, alpha=self.alpha, t_opt=self.n_star)
        return AnytimeInterval(low=low, high=high, estimate=state.beyond / state.n, alpha=self.alpha, n=state.n)


class Frequencies(msgspec.Struct, frozen=True):
    """Values counted in the bins of a :class:`QuantileSequence`, lowest first. Tick and state in one."""

    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        for place, count in enumerate(self.counts):
            check_count(f"counts[{place}]", count)

    def merge(self, other: "Frequencies") -> "Frequencies":
        """Add two parts; exact.

        Raises:
            BadInput: The parts have different numbers of bins.
        """
        if len(self.counts) != len(other.counts):
            raise BadInput(f"counts: want the same bins in both parts, got {len(self.counts)} and {len(other.counts)}.")
        return Frequencies(tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))


class QuantileSequence(msgspec.Struct, frozen=True):
    """Cover a quantile of independent values at all times with probability 1 - alpha.

    The state is a count a bin, whatever n is; limits are rounded outwards to the edges of the bins, so ties and bins
    cost width and never coverage. Exact for any distribution, discrete ones included.

    Attributes:
        quantile: Which quantile, in (0, 1).
        alpha: Miss probability over all time.
        n_star: Number of values at which the interval is to be narrowest.
        edges: Inner edges of the bins, rising; bin i holds the values in (edges[i-1], edges[i]].

    Reference:
        Howard & Ramdas (2022), Bernoulli 28(3), theorem 1, with the beta-binomial mixture of proposition 7 of Howard et
        al. (2021).

    >>> test = QuantileSequence(quantile=0.5, alpha=0.05, n_star=100, edges=tuple(range(1, 100)))
    >>> interval = test.evidence(test.tick(range(1, 101)))  # the values 1 to 100
    >>> interval.low < 50 < interval.high
    True
    """

    quantile: float
    alpha: float
    n_star: int
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        check_share("quantile", self.quantile)
        check_alpha(self.alpha)
        check_positive("n_star", self.n_star)
        rising = all(a < b for a, b in itertools.pairwise(self.edges))
        if not self.edges or not rising or not all(map(math.isfinite, self.edges)):
            raise BadInput(f"edges: want one or more rising finite numbers, got {self.edges[:5]}.")

    def tick(self, values: Any) -> Frequencies:
        """Count values, shape (n,), finite, in the bins."""
        bins = np.searchsorted(self.edges, as_floats("values", values), side="left")
        return Frequencies(tuple(np.bincount(bins, minlength=len(self.edges) + 1).tolist()))

    def start(self) -> Frequencies:
        """Return the state before any value."""
        return Frequencies((0,) * (len(self.edges) + 1))

    def update(self, state: Frequencies, tick: Frequencies) -> Frequencies:
        """Add the values of one tick."""
        return state.merge(tick)

    def evidence(self, state: Frequencies) -> AnytimeInterval:
        """Return the interval of the quantile; the estimate is the upper edge of the bin that holds it."""
        n = sum(state.counts)
        if n == 0:
            return AnytimeInterval(low=-math.inf, high=math.inf, estimate=math.nan, alpha=self.alpha, n=0)
        fewest, most = rank_limits(self.quantile, n=n, alpha=self.alpha, n_star=self.n_star)
        reached = np.cumsum(state.counts)
        walls = (-math.inf, *self.edges, math.inf)
        low = walls[int(np.searchsorted(reached, fewest))] if fewest > 0 else -math.inf
        high = walls[int(np.searchsorted(reached, most + 1)) + 1] if most < n else math.inf
        middle = walls[int(np.searchsorted(reached, max(1, math.ceil(self.quantile * n)))) + 1]
        return AnytimeInterval(low=low, high=high, estimate=middle, alpha=self.alpha, n=n)


def rank_limits(quantile: float, *, n: int, alpha: float, n_star: int) -> tuple[int, int]:
    """Return the fewest and the most of n values that may lie at or below the true quantile, at any time.

    >>> rank_limits(0.5, n=100, alpha=0.05, n_star=100)[0] < 40  # the fixed-n test allows 40 to 60
    True
    """

    def excess(k: float) -> float:
        return beta_binomial_log_mixture(k, trials=n, p=quantile, t_opt=n_star) + math.log(alpha)

    centre = quantile * n
    fewest = math.ceil(bisect(lambda k: -excess(k), low=0.0, high=centre)) if excess(0.0) > 0 else 0
    most = math.floor(bisect(excess, low=centre, high=float(n))) if excess(float(n)) > 0 else n
    return fewest, most
