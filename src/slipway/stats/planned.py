"""Sample sizes of the usual fixed-n tests, so that what peeking costs, or saves, can be seen beside them."""

import math

from slipway.errors import BadInput
from slipway.stats.checks import check_positive
from slipway.stats.evidence import check_alpha, check_share
from slipway.stats.special import normal_quantile


def requests_for_rates(*, share: float, live_rate: float, canary_rate: float, alpha: float, power: float) -> float:
    """Return the requests of both arms together that the one-sided z test of two rates has to plan for.

    Raises:
        BadInput: A share or rate is outside (0, 1), or the rates are equal.

    Reference:
        Fleiss, Levin & Paik (2003), Statistical Methods for Rates and Proportions, section 4.3, without continuity
        correction: equal arms of (z_a sqrt(2 p q) + z_b sqrt(p1 q1 + p2 q2))^2 / (p2 - p1)^2 each.

    >>> round(requests_for_rates(share=0.5, live_rate=0.25, canary_rate=0.4, alpha=0.025, power=0.8) / 2)
    152
    """
    for name, value in (("share", share), ("live_rate", live_rate), ("canary_rate", canary_rate), ("power", power)):
        check_share(name, value)
    check_alpha(alpha)
    if live_rate == canary_rate:
        raise BadInput(f"canary_rate: want another rate than the live arm's, got {canary_rate} for both.")
    pooled = (1 - share) * live_rate + share * canary_rate
    null = math.sqrt(pooled * (1 - pooled) / (share * (1 - share)))
    effect = math.sqrt(live_rate * (1 - live_rate) / (1 - share) + canary_rate * (1 - canary_rate) / share)
    reach = normal_quantile(1 - alpha) * null + normal_quantile(power) * effect
    return (reach / (canary_rate - live_rate)) ** 2


def pairs_for_discordance(*, only_canary_rate: float, only_live_rate: float, alpha: float, power: float) -> float:
    """Return the pairs that McNemar's one-sided test has to plan for.

    Reference:
        Connor (1987), Biometrics 43(1), eq. 1.

    >>> round(pairs_for_discordance(only_canary_rate=0.25, only_live_rate=0.125, alpha=0.025, power=0.8))
    186
    """
    for name, value in (("only_canary_rate", only_canary_rate), ("only_live_rate", only_live_rate), ("power", power)):
        check_share(name, value)
    check_alpha(alpha)
    total, difference = only_canary_rate + only_live_rate, only_canary_rate - only_live_rate
    check_positive("only_canary_rate - only_live_rate", abs(difference))
    reach = normal_quantile(1 - alpha) * math.sqrt(total) + normal_quantile(power) * math.sqrt(total - difference**2)
    return (reach / difference) ** 2


def units_for_mean(*, effect: float, sd: float, alpha: float, power: float) -> float:
    """Return the units that the one-sided z test of a mean has to plan for.

    >>> round(units_for_mean(effect=0.5, sd=1.0, alpha=0.025, power=0.8), 1)  # (1.95996 + 0.84162)^2 / 0.25
    31.4
    """
    check_positive("sd", sd)
    check_positive("effect", abs(effect))
    check_alpha(alpha)
    check_share("power", power)
    return ((normal_quantile(1 - alpha) + normal_quantile(power)) * sd / effect) ** 2
