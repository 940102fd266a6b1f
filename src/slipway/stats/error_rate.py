"""Is the share of wrong answers above a bound, or below it? For an audit that never ends, looked at after each answer.

Wrong answers are counted in a sample drawn at random. The evidence is a likelihood ratio against the bound, averaged
over a few error rates beyond it, so it needs two counts, may be read at any moment, and adds up over workers.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.betting import Claim
from slipway.stats.checks import Floats, check_count
from slipway.stats.evidence import EValue, check_share
from slipway.stats.restarts import compound, log_mean
from slipway.stats.special import log_mean_exp

ODDS_ABOVE = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Odds of an error, as multiples of those at the bound, that are bet on where the claim is ``ABOVE``."""

ODDS_BELOW = (0.02, 0.1, 0.25, 0.5, 0.7, 0.85)
"""The same where it is ``BELOW``."""


class ErrorCounts(msgspec.Struct, frozen=True):
    """Answers that were checked. Tick and state in one.

    Attributes:
        n: How many.
        wrong: Of those, the wrong ones.
    """

    n: int = 0
    wrong: int = 0

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_count("wrong", self.wrong)
        if self.wrong > self.n:
            raise BadInput(f"wrong: want at most n = {self.n}, got {self.wrong}.")

    def merge(self, other: "ErrorCounts") -> "ErrorCounts":
        """Add two parts; exact."""
        return ErrorCounts(n=self.n + other.n, wrong=self.wrong + other.wrong)


class ErrorBound(msgspec.Struct, frozen=True):
    """Test on which side of a bound an error rate lies.

    Exact at every sample size where the chance that an answer is wrong, given the past, is on the null's side of the
    bound. The order of answers does not matter.

    Attributes:
        bound: Error rate, in (0, 1).
        claim: ``ABOVE`` tests the null "at most the bound" (an alarm), ``BELOW`` the null "at least it" (a pass).

    Reference:
        Ramdas, Grünwald, Vovk & Shafer (2023), Statistical Science 38(4), section 2: a likelihood ratio against a point
        null, and a mean of such, is an e-process; for one-sided bets it stays one over the rest of the null.

    >>> evidence = ErrorBound(bound=0.05, claim=Claim.BELOW).evidence(ErrorCounts(n=100, wrong=0))
    >>> odds = [r / 19 for r in (0.02, 0.1, 0.25, 0.5, 0.7, 0.85)]
    >>> expected = math.log(sum((1 / (1 + o) / 0.95) ** 100 for o in odds) / 6)
    >>> math.isclose(evidence.log_e, expected)
    True
    """

    bound: float
    claim: Claim

    def __post_init__(self) -> None:
        check_share("bound", self.bound)

    def start(self) -> ErrorCounts:
        """Return the state before any answer."""
        return ErrorCounts()

    def update(self, state: ErrorCounts, tick: ErrorCounts) -> ErrorCounts:
        """Add the answers of one tick."""
        return state.merge(tick)

    def evidence(self, state: ErrorCounts) -> EValue:
        """Return the evidence for the claim; ``n`` is the number of answers."""
        log_e = log_e_error(state.n, state.wrong, bound=self.bound, claim=self.claim)
        return EValue(log_e=float(log_e), n=state.n)


def log_e_error(n: npt.ArrayLike, wrong: npt.ArrayLike, *, bound: float, claim: Claim) -> Floats:
    """Return log E of :class:`ErrorBound` for arrays of counts, elementwise."""
    odds = np.asarray(ODDS_ABOVE if claim is Claim.ABOVE else ODDS_BELOW) * bound / (1 - bound)
    rate = odds / (1 + odds)
    bad = np.asarray(wrong, dtype=float)[..., None]
    good = np.asarray(n, dtype=float)[..., None] - bad
    return log_mean_exp(bad * np.log(rate / bound) + good * (np.log1p(-rate) - math.log1p(-bound)))


def log_e_above_lately(n: npt.ArrayLike, wrong: npt.ArrayLike, *, bound: float) -> Floats:
    """Return log E that the error rate has gone above the bound, after each tick, whenever that began.

    The bets of :class:`ErrorBound` begin anew at each tick with a part of the capital that was kept for it
    (:mod:`slipway.stats.restarts`), so years of good answers do not weigh against a bad week. Exact as there, at every
    tick; a rate that was above from the start takes a little longer.

    Args:
        n: Answers checked in each tick, such as a day, oldest first, shape (ticks,).
        wrong: Of those, the wrong ones.
        bound: Error rate, in (0, 1).

    Reference:
        Shin, Ramdas & Rinaldo (2024), New England Journal of Statistics in Data Science 2(2), section 2.

    >>> good, bad = [100] * 100 + [10] * 3, [2] * 100 + [4] * 3
    >>> old, lately = log_e_error(10_030, 212, bound=0.05, claim=Claim.ABOVE), log_e_above_lately(good, bad, bound=0.05)
    >>> bool(old < -30), bool(lately[-1] > math.log(20))  # 12 of 30 wrong after 10,000 good ones
    (True, True)
    """
    check_share("bound", bound)
    odds = np.asarray(ODDS_ABOVE) * bound / (1 - bound)
    rate = odds / (1 + odds)
    won, lost = np.log(rate / bound), np.log1p(-rate) - math.log1p(-bound)
    capital, even = np.full(len(odds), -np.inf), np.full(len(odds), -math.log(len(odds)))
    found = []
    for tick, (k, bad) in enumerate(zip(np.asarray(n), np.asarray(wrong), strict=True), start=1):
        capital = compound(capital, bad * won + (k - bad) * lost, tick=tick)
        found.append(log_mean(capital, even, ticks=tick))
    return np.asarray(found, dtype=float)
