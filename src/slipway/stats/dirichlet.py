"""Do events, or requests, fall to the arms in the shares they should? Any number of arms, any direction."""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import check_count, check_positive
from slipway.stats.evidence import EValue
from slipway.stats.special import log_gamma

Floats = npt.NDArray[np.float64]


class SplitCounts(msgspec.Struct, frozen=True):
    """How often each arm came up, in the order of the test's shares. Tick and state in one."""

    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        for place, count in enumerate(self.counts):
            check_count(f"counts[{place}]", count)

    def merge(self, other: "SplitCounts") -> "SplitCounts":
        """Add two parts; exact.

        Raises:
            BadInput: The parts have different numbers of arms.
        """
        if len(self.counts) != len(other.counts):
            raise BadInput(f"counts: want the same arms in both parts, got {len(self.counts)} and {len(other.counts)}.")
        return SplitCounts(tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))


class DirichletSplit(msgspec.Struct, frozen=True):
    """Test that items fall to the arms in the given shares, independently; evidence says that they do not.

    With requests as items it is the test for a sample ratio mismatch (the router or the journal loses some); with
    events as items it asks whether all arms have the same event rate. Exact at every sample size, whatever the
    order. See :class:`slipway.stats.event_split.EventSplit` for the one-sided question, and on items that stick
    together.

    Attributes:
        shares: Expected shares, each above 0, summing to 1.
        concentration: How close to the shares the bets stay: about the number of items at which the bet is sharpest.

    Raises:
        BadInput: Fewer than two shares, a share of 0, or a sum other than 1.

    Reference:
        Lindon & Malek (2022), NeurIPS, eq. 7: the multinomial against its Dirichlet(concentration * shares) mixture.

    >>> test = DirichletSplit(shares=(0.5, 0.5))
    >>> round(test.evidence(SplitCounts((560, 440))).log_e, 9)
    5.363268896
    """

    shares: tuple[float, ...]
    concentration: float = 100.0

    def __post_init__(self) -> None:
        check_positive("concentration", self.concentration)
        if len(self.shares) < 2 or not all(0 < s < 1 for s in self.shares):
            raise BadInput(f"shares: want two or more shares in (0, 1), got {self.shares}.")
        if not math.isclose(math.fsum(self.shares), 1.0, rel_tol=1e-9):
            raise BadInput(f"shares: want a sum of 1, got {math.fsum(self.shares)}.")

    def start(self) -> SplitCounts:
        """Return the state before any item."""
        return SplitCounts((0,) * len(self.shares))

    def update(self, state: SplitCounts, tick: SplitCounts) -> SplitCounts:
        """Add the items of one tick."""
        return state.merge(tick)

    def evidence(self, state: SplitCounts) -> EValue:
        """Return the evidence against the shares; ``n`` is the number of items."""
        log_e = log_e_dirichlet(state.counts, shares=self.shares, concentration=self.concentration)
        return EValue(log_e=float(log_e), n=sum(state.counts))


def log_e_dirichlet(counts: npt.ArrayLike, *, shares: tuple[float, ...], concentration: float) -> Floats:
    """Return log E for counts of shape (..., arms).

    >>> float(log_e_dirichlet([170, 30], shares=(0.95, 0.05), concentration=100).round(9))
    9.423349856
    """
    k = np.asarray(counts, dtype=float)
    rho = np.asarray(shares, dtype=float)
    a = concentration * rho
    seen = log_gamma(a + k).sum(-1) - log_gamma(concentration + k.sum(-1))
    prior = log_gamma(a).sum(-1) - log_gamma(concentration)
    return np.asarray(seen - prior - (k * np.log(rho)).sum(-1), dtype=float)
