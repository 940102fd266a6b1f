"""A shadow answers the same requests as the live arm: only the pairs in which one of the two is wrong can tell.

If both are wrong equally often, a discordant pair is a fair coin. Pairs in which both are right, or both wrong, carry
no information on the difference and cost nothing, so a paired test needs a small part of what two samples need.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import check_count, check_ratios
from slipway.stats.event_split import DEFAULT_RATIOS, log_e_split
from slipway.stats.evidence import EValue
from slipway.stats.special import log_beta

Floats = npt.NDArray[np.float64]


class PairCounts(msgspec.Struct, frozen=True):
    """Pairs of answers to the same request. Tick and state in one.

    Attributes:
        pairs: Pairs with a verdict on both answers.
        only_canary: Pairs in which only the candidate was wrong.
        only_live: Pairs in which only the live arm was wrong.
    """

    pairs: int = 0
    only_canary: int = 0
    only_live: int = 0

    def __post_init__(self) -> None:
        check_count("pairs", self.pairs)
        check_count("only_canary", self.only_canary)
        check_count("only_live", self.only_live)
        if self.only_canary + self.only_live > self.pairs:
            raise BadInput(
                f"pairs: want at least the {self.only_canary + self.only_live} discordant pairs, got {self.pairs}."
            )

    def merge(self, other: "PairCounts") -> "PairCounts":
        """Add two parts; exact."""
        return PairCounts(
            pairs=self.pairs + other.pairs,
            only_canary=self.only_canary + other.only_canary,
            only_live=self.only_live + other.only_live,
        )


class PairedHarm(msgspec.Struct, frozen=True):
    """Test that the candidate is wrong at most as often as the live arm; evidence says that it is wrong more often.

    Exact at every sample size if pairs are exchangeable units (see :mod:`slipway.stats.unit`). The order of pairs does
    not matter. Swap the two counts to ask whether the candidate is *better*.

    Attributes:
        ratios: Ratios only_canary / only_live to bet on; E is the mean of the bets.

    Reference:
        McNemar (1947) by betting: a discordant pair is the candidate's with q = r / (1 + r), against 1/2.

    >>> test = PairedHarm(ratios=(3.0,))
    >>> round(test.evidence(PairCounts(pairs=1000, only_canary=30, only_live=12)).log_e, 6)  # 30 ln 1.5 + 12 ln .5
    3.846187
    """

    ratios: tuple[float, ...] = DEFAULT_RATIOS

    def __post_init__(self) -> None:
        check_ratios("ratios", self.ratios)

    def start(self) -> PairCounts:
        """Return the state before any pair."""
        return PairCounts()

    def update(self, state: PairCounts, tick: PairCounts) -> PairCounts:
        """Add the pairs of one tick."""
        return state.merge(tick)

    def evidence(self, state: PairCounts) -> EValue:
        """Return the evidence of harm; ``n`` is the number of pairs."""
        log_e = log_e_split(state.only_live, state.only_canary, share=0.5, ratios=self.ratios)
        return EValue(log_e=float(log_e), n=state.pairs)


class PairedDifference(msgspec.Struct, frozen=True):
    """Test that candidate and live arm are wrong equally often; evidence says that they are not, either way.

    Exact at every sample size; the prior on q, the candidate's share of discordant pairs, is uniform.

    Reference:
        McNemar (1947) by betting, E = 2^n B(only_canary + 1, only_live + 1).

    >>> test = PairedDifference()
    >>> round(test.evidence(PairCounts(pairs=1000, only_canary=30, only_live=12)).log_e, 10)
    2.2245509126
    """

    def start(self) -> PairCounts:
        """Return the state before any pair."""
        return PairCounts()

    def update(self, state: PairCounts, tick: PairCounts) -> PairCounts:
        """Add the pairs of one tick."""
        return state.merge(tick)

    def evidence(self, state: PairCounts) -> EValue:
        """Return the evidence of a difference; ``n`` is the number of pairs."""
        return EValue(log_e=float(log_e_paired(state.only_canary, state.only_live)), n=state.pairs)


def log_e_paired(only_canary: npt.ArrayLike, only_live: npt.ArrayLike) -> Floats:
    """Return log E of :class:`PairedDifference` for arrays of counts, elementwise."""
    a, b = np.asarray(only_canary, dtype=float), np.asarray(only_live, dtype=float)
    return np.asarray((a + b) * math.log(2) + log_beta(a + 1, b + 1), dtype=float)
