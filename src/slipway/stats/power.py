"""How long until a verdict? To be asked before one starts.

For tests that count (events by arm, discordant pairs) the distribution of the stopping time is computed exactly,
event by event: the state after n events is one number, so there is nothing to simulate. Times in requests and seconds
follow from the rate of events.
"""

import math

import msgspec
import numpy as np

from slipway.errors import BadInput
from slipway.stats.asymptotic import Side, half_width_t
from slipway.stats.checks import Floats, check_positive, check_ratios
from slipway.stats.event_split import DEFAULT_RATIOS, divergence
from slipway.stats.evidence import check_alpha, check_share
from slipway.stats.special import log_mean_exp, normal_quantile

_MOST_EVENTS = 20_000


class ExpectedTime(msgspec.Struct, frozen=True):
    """When a verdict is to be expected if the effect is there.

    Attributes:
        unit: What is counted: ``requests``, ``pairs`` or ``units``.
        median: Units by which half of such rollouts have their verdict.
        late: Units by which nine in ten have it.
        bound: log(1/alpha)/KL: the least mean number of units of any test that knew the effect; None where it is not
        known. median_s: The median in seconds at the given traffic; None without traffic.
        exact: False where the time was too long to compute and is taken from the mean growth of the evidence.
    """

    unit: str
    median: float
    late: float
    bound: float | None = None
    median_s: float | None = None
    exact: bool = True


def time_of_events(
    *,
    share: float,
    live_rate: float,
    ratio: float,
    alpha: float = 0.05,
    requests_per_s: float | None = None,
    ratios: tuple[float, ...] = DEFAULT_RATIOS,
) -> ExpectedTime:
    """Say when :class:`slipway.stats.event_split.EventSplit` finds a canary with ``ratio`` times the events.

    Args:
        share: Share of requests that the canary gets.
        live_rate: Event rate of the live arm, a share.
        ratio: The canary's rate over the live arm's, above 1.
        alpha: Level of the test.
        requests_per_s: Requests of both arms together, a second.
        ratios: The ratios that the test bets on.

    Raises:
        BadInput: The ratio is not above 1, or the canary's rate would pass 1.

    >>> time = time_of_events(share=0.05, live_rate=0.01, ratio=2.0, requests_per_s=40)
    >>> round(time.median_s / 60)  # at 40 requests a second a doubling to 2 % is found in about 7 minutes
    7
    """
    _check_effect(ratio, live_rate=live_rate, alpha=alpha)
    check_share("share", share)
    check_ratios("ratios", ratios)
    q = share * ratio / (1 - share + share * ratio)
    median, late, exact = _events_to_verdict(q, share=share, alpha=alpha, ratios=ratios)
    per_request = live_rate * (1 - share + share * ratio)
    return _time(
        "requests",
        events=(median, late),
        bound=math.log(1 / alpha) / divergence(share=share, ratio=ratio),
        per_unit=per_request,
        per_s=requests_per_s,
        exact=exact,
    )


def time_of_pairs(
    *,
    only_canary_rate: float,
    only_live_rate: float,
    alpha: float = 0.05,
    pairs_per_s: float | None = None,
    ratios: tuple[float, ...] = DEFAULT_RATIOS,
) -> ExpectedTime:
    """Say when :class:`slipway.stats.paired.PairedHarm` finds that the candidate is wrong more often.

    Args:
        only_canary_rate: Share of pairs in which only the candidate is wrong.
        only_live_rate: Share of pairs in which only the live arm is wrong.
        alpha: Level of the test.
        pairs_per_s: Pairs with a verdict, a second.
        ratios: The ratios that the test bets on.

    Raises:
        BadInput: The candidate is not worse, or the rates are no shares.

    >>> time = time_of_pairs(only_canary_rate=0.03, only_live_rate=0.01)
    >>> time.median < 600, round(time.bound)  # ln 20 / (.75 ln 1.5 + .25 ln .5) / .04
    (True, 573)
    """
    check_positive("only_live_rate", only_live_rate)
    _check_effect(only_canary_rate / only_live_rate, live_rate=only_live_rate, alpha=alpha)
    check_ratios("ratios", ratios)
    discordant = only_canary_rate + only_live_rate
    q = only_canary_rate / discordant
    median, late, exact = _events_to_verdict(q, share=0.5, alpha=alpha, ratios=ratios)
    return _time(
        "pairs",
        events=(median, late),
        bound=math.log(1 / alpha) / divergence(share=0.5, ratio=only_canary_rate / only_live_rate),
        per_unit=discordant,
        per_s=pairs_per_s,
        exact=exact,
    )


def time_of_mean(
    *,
    effect: float,
    sd: float,
    n_star: int,
    alpha: float = 0.05,
    side: Side = Side.LOWER,
    min_units: int = 5,
    units_per_s: float | None = None,
) -> ExpectedTime:
    """Say when :class:`slipway.stats.asymptotic.MeanSequence` shuts out zero, for a mean of ``effect``.

    The median is where the limit of an average stream passes zero; it does not count on streams that pass early and
    fall back, so it is some 10 to 20 % late.

    Args:
        effect: The mean, in the unit of the values, not 0; for a margin, the distance from it.
        sd: Standard deviation of a unit, such as a daily mean.
        n_star: The test's own.
        alpha: Level of the test.
        side: The test's own.
        min_units: The test's own.
        units_per_s: Units a second; one a day is 1 / 86,400.

    Raises:
        BadInput: The effect is 0 or the standard deviation is not above 0.
    """
    check_positive("sd", sd)
    check_positive("effect", abs(effect))
    check_alpha(alpha)

    def units(luck: float) -> float:
        """Least n at which the half width and ``luck`` standard errors fit in the effect."""
        low, high = 1, 2
        while not _fits(high, abs(effect) / sd, luck, alpha=alpha, n_star=n_star, side=side):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            if _fits(middle, abs(effect) / sd, luck, alpha=alpha, n_star=n_star, side=side):
                high = middle
            else:
                low = middle
        return float(max(high, min_units))

    median = units(0.0)
    return ExpectedTime(
        unit="units",
        median=median,
        late=units(normal_quantile(0.9)),
        bound=2 * math.log(1 / alpha) * (sd / effect) ** 2,
        median_s=None if units_per_s is None else median / units_per_s,
        exact=False,
    )


def _fits(n: int, effect: float, luck: float, *, alpha: float, n_star: int, side: Side) -> bool:
    return half_width_t(n, alpha=alpha, n_star=n_star, side=side) + luck / math.sqrt(n) <= effect


def stopping_times(q: float, *, share: float, alpha: float, ratios: tuple[float, ...], events: int) -> Floats:
    """Return the chance that the verdict has come by each number of events, 0 to ``events``; exact.

    Args:
        q: Probability that an event is the canary's; ``share`` under equal rates.
        share: Share that the test assumes.
        alpha: Level of the test.
        ratios: Ratios that the test bets on.
        events: The last number of events.
    """
    r = np.asarray(ratios, dtype=float)
    up, down = np.log(r / (1 - share + share * r)), -np.log(1 - share + share * r)
    threshold, limit = -math.log(alpha), 0
    alive = np.zeros(events + 2)
    alive[0] = 1.0
    done = np.zeros(events + 1)
    for n in range(1, events + 1):
        alive[1 : n + 1] = alive[1 : n + 1] * (1 - q) + alive[:n] * q
        alive[0] *= 1 - q
        while limit <= n and float(log_mean_exp(limit * up + (n - limit) * down)) < threshold:
            limit += 1
        alive[limit:] = 0.0
        done[n] = 1 - alive[:limit].sum()
    return done


def _events_to_verdict(q: float, *, share: float, alpha: float, ratios: tuple[float, ...]) -> tuple[float, float, bool]:
    ratio = q * (1 - share) / ((1 - q) * share)
    least = math.log(1 / alpha) / divergence(share=share, ratio=ratio)
    events = max(64, 2 ** math.ceil(math.log2(4 * least)))
    if events <= _MOST_EVENTS:
        done = stopping_times(q, share=share, alpha=alpha, ratios=ratios, events=events)
        if done[-1] >= 0.9:
            return float(np.argmax(done >= 0.5)), float(np.argmax(done >= 0.9)), True
    growth = max(_growth(q, share=share, ratio=r) for r in ratios)
    if growth <= 0:
        return math.inf, math.inf, False
    needed = math.log(len(ratios) / alpha) / growth
    return needed, 2 * needed, False


def _growth(q: float, *, share: float, ratio: float) -> float:
    scale = 1 - share + share * ratio
    return q * math.log(ratio / scale) - (1 - q) * math.log(scale)


def _time(
    unit: str, *, events: tuple[float, float], bound: float, per_unit: float, per_s: float | None, exact: bool
) -> ExpectedTime:
    if per_s is not None:
        check_positive("requests_per_s", per_s)
    median = events[0] / per_unit
    return ExpectedTime(
        unit=unit,
        median=median,
        late=events[1] / per_unit,
        bound=bound / per_unit,
        median_s=None if per_s is None else median / per_s,
        exact=exact,
    )


def _check_effect(ratio: float, *, live_rate: float, alpha: float) -> None:
    check_alpha(alpha)
    if not 1 < ratio < math.inf:
        raise BadInput(f"ratio: want one above 1, got {ratio}. Without an effect there is no time to a verdict.")
    if not 0 < live_rate * ratio <= 1:
        raise BadInput(f"live_rate: want a rate whose {ratio}-fold is in (0, 1], got {live_rate}. For 1 % write 0.01.")
