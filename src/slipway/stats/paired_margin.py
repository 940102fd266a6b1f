"""Right and wrong answers of two arms to the same requests, against a margin: non-inferiority, exactly."""

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.betting import DEFAULT_BETS, Claim, check_bets, log_weights
from slipway.stats.checks import Floats
from slipway.stats.evidence import EValue
from slipway.stats.paired import PairCounts
from slipway.stats.special import log_sum_exp


class PairedMargin(msgspec.Struct, frozen=True):
    """Test that the candidate's error rate less the live arm's is on the other side of a margin.

    Exact at every sample size for pairs whose mean difference given the past keeps the null. Evidence for ``BELOW`` is
    what a gate needs to pass ("not worse by more than the margin"); evidence for ``ABOVE`` is harm beyond it. With a
    margin of 0 and ``ABOVE``, :class:`slipway.stats.paired.PairedHarm` is sharper.

    Attributes:
        margin: Difference of error rates, as a share, in (-1, 1).
        claim: Side of the margin that the evidence is for.
        bets: Fractions staked, each in (0, 1), falling; E is their mean with weights that fall like 1 / rank.

    Reference:
        Waudby-Smith & Ramdas (2024), JRSS-B 86(1), section 3: E = prod (1 + lambda (x - margin)) over the differences
        x = +1 (only the candidate wrong), -1 (only the live arm wrong) and 0, in counts.

    >>> test = PairedMargin(margin=0.01, claim=Claim.BELOW, bets=(0.5,))
    >>> evidence = test.evidence(PairCounts(pairs=1000, only_canary=10, only_live=10))
    >>> stake = 0.5 / 0.99  # only_live gains 1.01, only_canary loses 0.99, the rest gain 0.01
    >>> expected = 980 * np.log(1 + stake * 0.01) + 10 * np.log(0.5) + 10 * np.log(1 + stake * 1.01)
    >>> bool(np.isclose(evidence.log_e, expected))
    True
    """

    margin: float
    claim: Claim
    bets: tuple[float, ...] = DEFAULT_BETS

    def __post_init__(self) -> None:
        if not -1 < self.margin < 1:
            raise BadInput(f"margin: want -1 < margin < 1, got {self.margin}. For two points write 0.02.")
        check_bets(self.bets)

    def start(self) -> PairCounts:
        """Return the state before any pair."""
        return PairCounts()

    def update(self, state: PairCounts, tick: PairCounts) -> PairCounts:
        """Add the pairs of one tick."""
        return state.merge(tick)

    def evidence(self, state: PairCounts) -> EValue:
        """Return the evidence for the claim; ``n`` is the number of pairs."""
        log_e = log_e_paired_margin(
            state.pairs, state.only_canary, state.only_live, margin=self.margin, claim=self.claim, bets=self.bets
        )
        return EValue(log_e=float(log_e), n=state.pairs)


def log_e_paired_margin(
    pairs: npt.ArrayLike,
    only_canary: npt.ArrayLike,
    only_live: npt.ArrayLike,
    *,
    margin: float,
    claim: Claim,
    bets: tuple[float, ...],
) -> Floats:
    """Return log E of :class:`PairedMargin` for arrays of counts, elementwise."""
    up, down, m = np.asarray(only_canary, dtype=float), np.asarray(only_live, dtype=float), margin
    if claim is Claim.BELOW:
        up, down, m = down, up, -margin
    level = np.asarray(pairs, dtype=float) - up - down
    stake = np.asarray(bets, dtype=float) / (1 + m)  # the worst difference, -1, then loses the fraction staked
    return log_sum_exp(
        level[..., None] * np.log1p(-stake * m)
        + up[..., None] * np.log1p(stake * (1 - m))
        + down[..., None] * np.log1p(-stake * (1 + m))
        + log_weights(len(bets))
    )
