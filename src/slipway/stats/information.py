"""A confidence sequence for an estimate that sharpens as data come: its clock is information, one over its variance.

An estimate that uses all data so far changes, from one look to the next, by something that has nothing to do with where
it stood (the covariance of an earlier and a later estimate is the later one's variance), whatever made it sharper: more
entities, or more rows of the same. So estimate times information is Brownian motion with drift in the clock of
information, and the boundary of Robbins holds for it at all looks at once.
"""

import math

from slipway.stats.asymptotic import half_width
from slipway.stats.checks import check_positive
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.roots import bisect

_MOST_TIMES = 10_000


def information_sequence(estimate: float, *, variance: float, alpha: float, sharp_at: float, n: int) -> AnytimeInterval:
    """Cover what is estimated at all looks at once with probability 1 - alpha.

    Asymptotic: the estimate has to be about normal, its variance about right, and efficient, so that its increments in
    information are independent.

    Args:
        estimate: As it stands.
        variance: Of it, as it stands.
        alpha: Miss probability over all looks.
        sharp_at: Half width at which the interval is to be narrowest, fixed before the first look. Other values cost
            width, never validity.
        n: How many units made it, for the record.

    Reference:
        Robbins (1970), Annals of Mathematical Statistics 41(5), for the mixture; Scharfstein, Tsiatis & Robins (1997),
        JASA 92(440), for independent increments of efficient estimates in information.

    >>> told = information_sequence(0.5, variance=1 / 1000, alpha=0.05, sharp_at=narrowest_at(5000, alpha=0.05), n=9)
    >>> round(told.high - told.estimate, 8)  # the oracle of the asymptotic sequence: n = 1,000, sigma = 1, N* = 5,000
    0.10637547
    """
    check_positive("variance", variance)
    half = half_width(1 / variance, alpha=alpha, n_star=information_at(sharp_at, alpha=alpha))
    return AnytimeInterval(
        low=estimate - half, high=estimate + half, estimate=estimate, alpha=alpha, n=n, validity="asymptotic"
    )


def times_more(target: float, *, variance: float, alpha: float, sharp_at: float) -> float | None:
    """Return how many times the present information narrows the sequence to a half width; None if 10,000 do not.

    Args:
        target: The half width, above 0.
        variance: Of the estimate as it stands.
        alpha: As in :func:`information_sequence`.
        sharp_at: Likewise.

    >>> times = times_more(0.1, variance=0.01, alpha=0.05, sharp_at=0.1)
    >>> told = information_sequence(0.0, variance=0.01 / times, alpha=0.05, sharp_at=0.1, n=9)
    >>> round(told.high, 9)
    0.1
    """
    check_positive("target", target)
    star = information_at(sharp_at, alpha=alpha)

    def excess(log_times: float) -> float:
        return half_width(math.exp(log_times) / variance, alpha=alpha, n_star=star) - target

    most = math.log(_MOST_TIMES)
    if excess(most) > 0:
        return None
    return 1.0 if excess(0.0) <= 0 else math.exp(bisect(lambda x: -excess(x), low=0.0, high=most))


def information_at(half: float, *, alpha: float) -> float:
    """Return the information at which the sequence that is narrowest there has this half width."""
    check_positive("half", half)
    return _unit_half(alpha) ** 2 / half**2


def narrowest_at(information: float, *, alpha: float) -> float:
    """Return the half width at an information, of the sequence that is narrowest there: :func:`information_at` back."""
    check_positive("information", information)
    return _unit_half(alpha) / math.sqrt(information)


def _unit_half(alpha: float) -> float:
    return half_width(1.0, alpha=alpha, n_star=1.0)
