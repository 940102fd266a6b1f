"""A confidence sequence for any mean: of rows at large n, or of a few dozen daily means.

The Gaussian mixture boundary of Robbins needs the standard deviation, and the asymptotic confidence sequences of
Waudby-Smith et al. put the sample's in its place, which is right at large n and too bold at n = 5. Here the mixture is
taken after the unknown scale has been integrated out (the sequential t-test of Lai, Wang & Ramdas). For Gaussian units
that is *exact from the second unit on*; for other units it is right as n grows, and for n in the thousands the two
boundaries agree to the last percent. So the small-sample guard is not a switch but part of the boundary: until the
units suffice, the interval is the whole line.

What the guard cannot mend: heavy skew in few units. Over 365 daily means with lognormal day effects (sigma 1, alpha
0.05) the lower limit errs in 0.2 % of streams, the upper limit in 22 %: harm is not cried falsely, but "not worse" is
claimed too soon. Differences of two arms on the same days are nearly symmetric and keep the promise (2.4 %), so judge
those; and for bounded values :mod:`slipway.stats.betting` is exact.
"""

import enum
import math

import msgspec

from slipway.errors import BadInput
from slipway.stats.checks import check_count, check_positive
from slipway.stats.evidence import AnytimeInterval, check_alpha
from slipway.stats.moments import Moments


class Side(enum.Enum):
    """Which limits an interval has."""

    BOTH = "both"
    LOWER = "lower"
    UPPER = "upper"


class MeanSequence(msgspec.Struct, frozen=True):
    """Cover the mean of exchangeable units at all times at once with probability 1 - alpha.

    Exact for Gaussian units; asymptotic for others (the evidence says ``asymptotic``). The unit must be the one that
    :func:`slipway.stats.unit.choose_unit` names: rows of one day are not independent, the days' means may be.

    Attributes:
        alpha: Miss probability over all time.
        n_star: Number of units at which the interval is to be narrowest; see :func:`plan_n_star`. Other values cost
            width, never validity.
        side: One limit at level alpha or both together.
        min_units: Until so many units are in, the interval is the whole line.
        sd_floor: Least standard deviation of a unit to believe in. Without one, units that are all equal leave the
            whole line: ten days without an event do not show that there will be none.

    Reference:
        Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Annals of Statistics 52(6), for the large-sample form;
        Wang & Ramdas (2025), Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance,
        Sequential Analysis, for the t-mixture (Gaussian prior on the standardised mean).

    >>> test = MeanSequence(alpha=0.05, n_star=30)
    >>> interval = test.evidence(Moments(n=30, total=0.0, squares=29.0))  # mean 0, variance 1
    >>> interval.low < -3.04 / 30**0.5 < interval.high  # wider than the 3.04 standard errors of known variance
    True
    """

    alpha: float
    n_star: int
    side: Side = Side.BOTH
    min_units: int = 5
    sd_floor: float = 0.0

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_positive("n_star", self.n_star)
        check_count("min_units", self.min_units)
        if not 0 <= self.sd_floor < math.inf:
            raise BadInput(f"sd_floor: want a finite number of 0 or more, got {self.sd_floor}.")
        if self.side is not Side.BOTH and self.alpha >= 0.5:
            raise BadInput(f"alpha: want alpha < 0.5 for one side, got {self.alpha}.")

    def start(self) -> Moments:
        """Return the state before any unit."""
        return Moments()

    def update(self, state: Moments, tick: Moments) -> Moments:
        """Add the units of one tick, such as one daily mean."""
        return state.merge(tick)

    def evidence(self, state: Moments) -> AnytimeInterval:
        """Return the interval; the whole line while it cannot be told."""
        half = math.inf
        if state.n >= max(2, self.min_units):
            width = half_width_t(state.n, alpha=self.alpha, n_star=self.n_star, side=self.side)
            spread = max(self.sd_floor, math.sqrt(state.variance))
            half = width * spread if spread > 0 else math.inf
        middle = state.mean if math.isfinite(half) else 0.0
        return AnytimeInterval(
            low=-math.inf if self.side is Side.UPPER else middle - half,
            high=math.inf if self.side is Side.LOWER else middle + half,
            estimate=state.mean,
            alpha=self.alpha,
            n=state.n,
            validity="asymptotic",
        )


def tuning(*, alpha: float, n_star: float, side: Side = Side.BOTH) -> float:
    """Return rho, the prior's standard deviation that makes the interval narrowest at ``n_star`` units.

    >>> round(tuning(alpha=0.05, n_star=5000), 6)  # sqrt((5.991465 + ln 6.991465) / 5000)
    0.03984
    """
    level = alpha if side is Side.BOTH else 2 * alpha
    depth = -2 * math.log(level)
    return math.sqrt((depth + math.log(1 + depth)) / n_star)


def half_width(n: float, *, alpha: float, n_star: float, sigma: float = 1.0, side: Side = Side.BOTH) -> float:
    """Return the half width of the asymptotic confidence sequence where the standard deviation is known.

    >>> round(half_width(1000, alpha=0.05, n_star=5000), 10)
    0.1063754701
    """
    rho = tuning(alpha=alpha, n_star=n_star, side=side)
    spread = n * rho**2
    return sigma * math.sqrt(2 * (spread + 1) / (spread * n) * _log_threshold(spread, alpha=alpha, side=side))


def half_width_t(n: int, *, alpha: float, n_star: float, side: Side = Side.BOTH) -> float:
    """Return the half width in sample standard deviations where the scale is unknown; ``inf`` while n is too small.

    The t-mixture ``E = k^(-1/2) ((1 + u) / (1 + u / k))^(n/2)``, with k = 1 + n rho^2 and u = t^2 / (n - 1), is solved
    for u at ``E = 1 / alpha`` (two-sided).
    """
    if n < 2:
        return math.inf
    k = 1 + n * tuning(alpha=alpha, n_star=n_star, side=side) ** 2
    log_g = 2 * _log_threshold(k - 1, alpha=alpha, side=side) / n
    if log_g >= math.log(k):
        return math.inf
    u = math.expm1(log_g) / -math.expm1(log_g - math.log(k))
    return math.sqrt((n - 1) * u / n)


def _log_threshold(spread: float, *, alpha: float, side: Side) -> float:
    root = math.sqrt(spread + 1)
    return math.log(root / alpha) if side is Side.BOTH else math.log1p(root / (2 * alpha))


def plan_n_star(*, first: int, last: int) -> int:
    """Return a sensible ``n_star`` for looks from ``first`` to ``last`` units: their geometric mean.

    The boundary is flat around its best place (looking ten times later costs 7 % of the width, ten times earlier a
    quarter), so the middle on a logarithmic scale serves both ends.

    >>> plan_n_star(first=10, last=90)
    30
    """
    check_positive("first", first)
    if last < first:
        raise BadInput(f"last: want at least first={first}, got {last}.")
    return max(1, round(math.sqrt(first * last)))
