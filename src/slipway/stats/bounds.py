"""Boundaries that a random walk crosses at any time with probability at most alpha.

Each is a function of the walk's intrinsic time v (or of the number t of observations). They are the parts from which
confidence sequences are made; :mod:`slipway.stats.quantile` and :mod:`slipway.stats.asymptotic` use them.

Reference:
    Howard, Ramdas, McAuliffe & Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence sequences, Annals
    of Statistics 49(2) [HRMS]; Howard & Ramdas (2022), Sequential estimation of quantiles, Bernoulli 28(3) [HR].
    Parameter names are those of their package confseq (MIT), whose values the tests reproduce.
"""

import math
from collections.abc import Callable

from slipway.errors import BadInput
from slipway.stats.checks import check_positive
from slipway.stats.evidence import check_alpha, check_share
from slipway.stats.roots import bisect, golden_minimum
from slipway.stats.special import normal_cdf, zeta


def best_rho(v_opt: float, *, alpha_opt: float, one_sided: bool = False) -> float:
    """Return the normal mixture's tuning parameter that makes its boundary tightest at ``v_opt`` (HRMS eq. 47).

    >>> round(best_rho(100.0, alpha_opt=0.05), 4)  # 100 / (5.991465 + ln 6.991465)
    12.6006
    """
    check_positive("v_opt", v_opt)
    check_alpha(alpha_opt)
    depth = -2 * math.log(2 * alpha_opt if one_sided else alpha_opt)
    return v_opt / (depth + math.log1p(depth))


def normal_mixture_bound(
    v: float, *, alpha: float, v_opt: float, alpha_opt: float = 0.05, one_sided: bool = True
) -> float:
    """Bound a sub-Gaussian walk at intrinsic time v (HRMS eq. 14 two-sided, 15 one-sided).

    >>> round(normal_mixture_bound(100.0, alpha=0.05, v_opt=100.0, one_sided=False), 9)
    30.352089904
    """
    check_alpha(alpha)
    rho = best_rho(v_opt, alpha_opt=alpha_opt, one_sided=one_sided)
    if not one_sided:
        return math.sqrt((v + rho) * (math.log1p(v / rho) - 2 * math.log(alpha)))

    def excess(s: float) -> float:
        scale = 0.5 * math.log(4 * rho / (v + rho)) + s * s / (2 * (v + rho))
        return scale + math.log(normal_cdf(s / math.sqrt(v + rho))) + math.log(alpha)

    return bisect(excess, low=0.0, high=_first_above(excess, start=max(v, 1.0)))


def poly_stitching_bound(
    v: float, *, alpha: float, v_min: float, c: float = 0.0, s: float = 1.4, eta: float = 2.0
) -> float:
    """Bound a sub-gamma walk with scale c at intrinsic time v by stitching epochs of ratio eta (HRMS eq. 10).

    >>> round(poly_stitching_bound(100.0, alpha=0.05, v_min=1.0), 8)
    37.9156424
    """
    check_alpha(alpha)
    check_positive("v_min", v_min)
    use = max(v, v_min)
    first = (eta**0.25 + eta**-0.25) / math.sqrt(2)
    second = c * (math.sqrt(eta) + 1) / 2
    ell = s * math.log(math.log(eta * use / v_min)) + math.log(zeta(s) / math.log(eta) ** s) - math.log(alpha)
    return math.sqrt(first**2 * use * ell + (second * ell) ** 2) + second * ell


def double_stitching_bound(
    quantile_p: float,
    *,
    t: float,
    alpha: float,
    t_opt: float,
    delta: float = 0.5,
    s: float = 1.4,
    eta: float = 2.0,
) -> float:
    """Bound t (F_t(Q(p)) - p) for all quantiles p and all t at once, in counts (HR theorem 2).

    >>> round(double_stitching_bound(0.95, t=10_000, alpha=0.05, t_opt=1000), 5)
    105.07771
    """
    check_share("quantile_p", quantile_p)
    check_alpha(alpha)
    check_positive("t_opt", t_opt)
    time = max(t, t_opt)
    logit = math.log(quantile_p / (1 - quantile_p))
    moved = 1 / (1 + math.exp(-(logit + 2 * delta * math.sqrt(t_opt * eta / time))))
    r = quantile_p if quantile_p >= 0.5 else min(0.5, moved)
    variance = r * (1 - r)
    j = math.sqrt(time / t_opt) * abs(logit) / (2 * delta) + 1
    constant = 2 * zeta(s) * (2 * zeta(s) + 1) / (alpha * math.log(eta) ** s)
    ell = s * math.log(math.log(eta * time / t_opt)) + s * math.log(j) + math.log(constant)
    first = (eta**0.25 + eta**-0.25) / math.sqrt(2)
    term = (math.sqrt(eta) + 1) / 2 * (1 - 2 * quantile_p) / 3 * ell
    return (
        delta * math.sqrt(eta * time * variance / t_opt) + math.sqrt(first**2 * variance * time * ell + term**2) + term
    )


def empirical_process_lil_bound(t: float, *, alpha: float, t_min: float, a: float = 0.85) -> float:
    """Bound sup |F_t - F| for all t >= t_min at once, as a share (HR theorem 3); infinite before ``t_min``.

    >>> round(empirical_process_lil_bound(1000, alpha=0.05, t_min=100), 10)
    0.0820477877
    """
    check_alpha(alpha)
    if t_min < 1 or a <= math.sqrt(0.5):
        raise BadInput(f"t_min, a: want t_min >= 1 and a > 0.7072, got {t_min} and {a}.")
    if t < t_min:
        return math.inf
    return a * math.sqrt((math.log(1 + math.log(t / t_min)) + _lil_constant(alpha, a)) / t)


def _lil_constant(alpha: float, a: float) -> float:
    def error(c: float) -> float:
        def crossing(eta: float) -> float:
            gamma = 2 / eta * (a - math.sqrt(2 * (eta - 1) / c)) ** 2
            return math.inf if gamma <= 1 else 4 * math.exp(-gamma * c) * (1 + 1 / ((gamma - 1) * math.log(eta)))

        top = bisect(lambda eta: math.sqrt(eta / 2) + math.sqrt(2 * (eta - 1) / c) - a, low=1.0, high=2 * a * a)
        return golden_minimum(crossing, low=1.0 + 1e-12, high=top)

    return bisect(lambda c: alpha - error(c), low=1.0, high=_first_above(lambda c: alpha - error(c), start=5.0))


def bernoulli_confidence_interval(
    successes: float, *, trials: float, alpha: float, t_opt: float, alpha_opt: float = 0.05
) -> tuple[float, float]:
    """Bound a success probability at any time by the beta-binomial mixture (HRMS proposition 7 and section 3.3).

    >>> low, high = bernoulli_confidence_interval(30, trials=100, alpha=0.05, t_opt=100)
    >>> round(low, 10), round(high, 10)
    (0.1736349084, 0.4476766978)
    """
    check_alpha(alpha)
    if not 0 <= successes <= trials or trials <= 0:
        raise BadInput(f"successes: want 0 <= successes <= trials and trials > 0, got {successes} of {trials}.")
    share = successes / trials

    def excess(p: float) -> float:
        if p <= 0 or p >= 1:
            return math.inf
        return beta_binomial_log_mixture(successes, trials=trials, p=p, t_opt=t_opt, alpha_opt=alpha_opt) + math.log(
            alpha
        )

    low = bisect(lambda p: -excess(p), low=0.0, high=share) if share > 0 else 0.0
    high = bisect(excess, low=share, high=1.0) if share < 1 else 1.0
    return low, high


def beta_binomial_log_mixture(
    successes: float, *, trials: float, p: float, t_opt: float, alpha_opt: float = 0.05
) -> float:
    """Return log E against success probability p, mixed over a beta prior centred at p, tightest at ``t_opt`` trials.

    >>> log_e = beta_binomial_log_mixture(30, trials=100, p=0.1736349084, t_opt=100)
    >>> abs(log_e - math.log(20)) < 1e-6  # the lower limit above is where E reaches 20
    True
    """
    check_share("p", p)
    variance = p * (1 - p)
    r = max(best_rho(variance * t_opt, alpha_opt=alpha_opt) - variance, 1e-3 * variance)
    a, b = r / (1 - p), r / p
    failures = trials - successes
    grown = _log_beta(b + failures, a + successes) - _log_beta(b, a)
    return grown - successes * math.log(p) - failures * math.log1p(-p)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _first_above(function: Callable[[float], float], *, start: float) -> float:
    x = start
    while function(x) <= 0:
        x *= 2
    return x
