"""Means of bounded values: not worse than a margin, worse than it, and where the mean is; from sums alone.

A bet of size lambda on y (with y >= -1 and mean at most 0 under the null) multiplies the capital by 1 + lambda y. Fan's
inequality, 1 + lambda y >= exp(lambda y - psi(lambda) y^2) with psi(lambda) = -ln(1 - lambda) - lambda, turns the
product over rows into a function of the count, the sum and the sum of squares. So the evidence needs no rows, does
not depend on their order, and the state of many workers adds up. The price is a few per cent of growth at small bets.
Where rows are at hand one by one, :mod:`slipway.stats.hedged_capital` bets on each; for pairs of right and wrong
answers :class:`slipway.stats.paired_margin.PairedMargin` is exact and sharper.
"""

import enum
import math

import msgspec
import numpy as np

from slipway.errors import BadInput
from slipway.stats.checks import Floats, check_finite
from slipway.stats.evidence import AnytimeInterval, EValue, check_alpha
from slipway.stats.moments import Moments
from slipway.stats.roots import bisect_vector
from slipway.stats.special import log_sum_exp

DEFAULT_BETS = tuple(0.5 * 2.0**-k for k in range(11))
"""Fractions of the capital at stake; 1/2 to 1/2048 finds effects from 1 to about 10^-3 variances."""


class Claim(enum.Enum):
    """What the evidence is for."""

    BELOW = "below"
    ABOVE = "above"


class MarginBets(msgspec.Struct, frozen=True):
    """Test that a bounded mean is on the other side of a margin; evidence says that it is on the claimed side.

    Exact at every sample size for independent values, or values whose mean given the past keeps the null; whatever
    their distribution. Differences of paired losses are the usual values. The order of ticks does not matter.

    A value further from the margin, on the claimed side, is more evidence as long as that side is no wider than the
    other. Beyond that Fan's inequality charges more for its square than it gains: fifty values of 1 against a margin of
    0.1 in [0, 1] are a little *less* evidence than fifty of 0.9, and a margin near a bound is no easier to keep.

    Attributes:
        margin: The value that the mean is compared with, inside (low, high).
        claim: ``BELOW`` tests the null "mean >= margin", ``ABOVE`` the null "mean <= margin".
        low: Least possible value. A tick is refused if its sums prove that a value left the bounds; they may not, so
            clip values that can leave them.
        high: Greatest possible value.
        bets: Fractions staked, each in (0, 1), falling; E is their mean with weights that fall like 1 / rank.

    Reference:
        Fan, Grama & Liu (2015), Exponential inequalities for martingales with applications, EJP 20, proposition 4.1;
        Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting, JRSS-B 86(1), section 3.

    >>> test = MarginBets(margin=0.0, claim=Claim.ABOVE, low=-1.0, high=1.0, bets=(0.5,))
    >>> evidence = test.evidence(Moments(n=100, total=20.0, squares=30.0))
    >>> round(evidence.log_e, 6)  # 0.5 * 20 - (ln 2 - 0.5) * 30
    4.205585
    """

    margin: float
    claim: Claim
    low: float
    high: float
    bets: tuple[float, ...] = DEFAULT_BETS

    def __post_init__(self) -> None:
        check_bounds(self.low, self.high)
        if not self.low < self.margin < self.high:
            raise BadInput(f"margin: want it inside ({self.low}, {self.high}), got {self.margin}.")
        check_bets(self.bets)

    def start(self) -> Moments:
        """Return the state before any value."""
        return Moments()

    def update(self, state: Moments, tick: Moments) -> Moments:
        """Add the values of one tick.

        Raises:
            BadInput: The sums prove that a value left [low, high].
        """
        check_inside(tick, low=self.low, high=self.high)
        return state.merge(tick)

    def evidence(self, state: Moments) -> EValue:
        """Return the evidence for the claim; ``n`` is the number of values."""
        gain = state.less(self.margin)
        reach = self.margin - self.low
        if self.claim is Claim.BELOW:
            gain, reach = gain.scaled(-1.0), self.high - self.margin
        return EValue(log_e=log_e_moments(gain.scaled(1 / reach), bets=self.bets), n=state.n)


def not_worse(*, margin: float, low: float = -1.0, high: float = 1.0) -> MarginBets:
    """Test for non-inferiority: evidence that the mean of candidate loss - live loss is *below* the margin.

    A gate passes on this evidence; a lack of evidence of harm is not enough.
    """
    return MarginBets(margin=margin, claim=Claim.BELOW, low=low, high=high)


def worse(*, margin: float = 0.0, low: float = -1.0, high: float = 1.0) -> MarginBets:
    """Test for harm: evidence that the mean of candidate loss - live loss is *above* the margin."""
    return MarginBets(margin=margin, claim=Claim.ABOVE, low=low, high=high)


class BoundedMean(msgspec.Struct, frozen=True):
    """Cover the mean of bounded values at all times at once with probability 1 - alpha, from sums alone.

    Exact under the conditions of :class:`MarginBets`, of which it is the inversion: the interval holds each margin that
    neither claim has rejected at alpha / 2.

    Attributes:
        alpha: Miss probability over all time.
        low: Least possible value.
        high: Greatest possible value.
        bets: Fractions staked, each in (0, 1/2], which makes the evidence monotone in the margin.

    >>> interval = BoundedMean(alpha=0.05).evidence(Moments(n=1000, total=300.0, squares=300.0))
    >>> 0.23 < interval.low < 0.3 < interval.high < 0.37  # Hoeffding's interval for one n: .257, .343
    True
    """

    alpha: float
    low: float = 0.0
    high: float = 1.0
    bets: tuple[float, ...] = DEFAULT_BETS

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_bounds(self.low, self.high)
        check_bets(self.bets)
        if max(self.bets) > 0.5:
            raise BadInput(f"bets: want at most 0.5, got {max(self.bets)}.")

    def start(self) -> Moments:
        """Return the state before any value."""
        return Moments()

    def update(self, state: Moments, tick: Moments) -> Moments:
        """Add the values of one tick.

        Raises:
            BadInput: The sums prove that a value left [low, high].
        """
        check_inside(tick, low=self.low, high=self.high)
        return state.merge(tick)

    def evidence(self, state: Moments) -> AnytimeInterval:
        """Return the interval; [low, high] before any value."""
        if state.n == 0:
            return AnytimeInterval(low=self.low, high=self.high, estimate=math.nan, alpha=self.alpha, n=0)
        reach = self.high - self.low
        threshold = math.log(2 / self.alpha)
        middle = min(max(state.mean, self.low), self.high)

        def excess(m: Floats, sign: float) -> Floats:
            total = (state.total - state.n * m) / reach
            squares = (state.squares - 2 * m * state.total + state.n * m**2) / reach**2
            return log_e_sums(sign * total, np.maximum(squares, total**2 / state.n), bets=self.bets) - threshold

        low, high = self.low, self.high
        if excess(np.array(low), 1.0) > 0:
            low = bisect_vector(lambda m: -excess(m, 1.0), low=low, high=middle)
        if excess(np.array(high), -1.0) > 0:
            high = bisect_vector(lambda m: excess(m, -1.0), low=middle, high=high)
        return AnytimeInterval(low=low, high=high, estimate=state.mean, alpha=self.alpha, n=state.n)


def log_e_moments(gain: Moments, *, bets: tuple[float, ...]) -> float:
    """Return log E that gains of at least -1 have a mean above 0, from their moments."""
    return float(log_e_sums(gain.total, gain.squares, bets=bets))


def log_e_sums(total: Floats | float, squares: Floats | float, *, bets: tuple[float, ...]) -> Floats:
    """Return log E for arrays of sums and sums of squares of gains of at least -1, elementwise."""
    stake = np.asarray(bets, dtype=float)
    psi = -np.log1p(-stake) - stake
    s1, s2 = np.asarray(total, dtype=float)[..., None], np.asarray(squares, dtype=float)[..., None]
    return log_sum_exp(stake * s1 - psi * s2 + log_weights(len(bets)))


def log_weights(count: int) -> Floats:
    """Return the logarithms of weights that fall like 1 / rank and sum to 1.

    Large bets decide soon or never, so they get most of the capital; small bets have time to make up for their share.

    >>> np.exp(log_weights(2)).round(6).tolist()
    [0.666667, 0.333333]
    """
    rank = np.arange(1, count + 1)
    return np.asarray(-np.log(rank) - math.log(float((1 / rank).sum())), dtype=float)


def check_bounds(low: float, high: float) -> None:
    """Refuse bounds that are not finite and in order."""
    check_finite("low", low)
    check_finite("high", high)
    if not low < high:
        raise BadInput(f"low, high: want low < high, got {low} and {high}.")


def check_bets(bets: tuple[float, ...]) -> None:
    """Refuse an empty grid of bets, or a bet outside (0, 1)."""
    if not bets or not all(0 < bet < 1 for bet in bets):
        raise BadInput(f"bets: want one or more fractions in (0, 1), got {bets}.")


def check_inside(tick: Moments, *, low: float, high: float) -> None:
    """Refuse moments that no values in [low, high] can have: such x have x^2 <= (low + high) x - low high."""
    slack = 1e-9 * max(1.0, abs(low), abs(high)) ** 2 * max(1, tick.n)
    inside = tick.n * low - slack <= tick.total <= tick.n * high + slack
    if not inside or tick.squares > (low + high) * tick.total - tick.n * low * high + slack:
        raise BadInput(
            f"values: want all in [{low}, {high}], got n={tick.n}, total={tick.total}, squares={tick.squares}. "
            "Clip the values or widen the bounds."
        )
