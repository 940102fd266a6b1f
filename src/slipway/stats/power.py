"""How long until a verdict? To be asked before one starts."""

import math

import msgspec

from slipway.errors import BadInput
from slipway.stats.asymptotic import MeanSequence, half_width_t
from slipway.stats.checks import check_positive
from slipway.stats.event_split import EventSplit, divergence
from slipway.stats.evidence import check_alpha
from slipway.stats.paired import PairedHarm
from slipway.stats.special import normal_quantile
from slipway.stats.stopping import events_to_verdict

_MOST_UNITS = 2**40


class RateEffect(msgspec.Struct, frozen=True):
    """The canary's event rate is ``ratio`` times the live arm's, which is ``live_rate``, a share."""

    live_rate: float
    ratio: float

    def __post_init__(self) -> None:
        _check_ratio(self.ratio)
        if not 0 < self.live_rate * self.ratio <= 1:
            raise BadInput(
                f"live_rate: want a rate whose {self.ratio}-fold is in (0, 1], got {self.live_rate}. "
                "For 1 % write 0.01."
            )


class PairEffect(msgspec.Struct, frozen=True):
    """Shares of pairs in which only the candidate, and only the live arm, is wrong."""

    only_canary: float
    only_live: float

    def __post_init__(self) -> None:
        check_positive("only_live", self.only_live)
        _check_ratio(self.only_canary / self.only_live)
        if self.only_canary + self.only_live > 1:
            raise BadInput(f"only_canary: want shares of pairs, got {self.only_canary} and {self.only_live}.")


class MeanEffect(msgspec.Struct, frozen=True):
    """The mean lies ``distance`` from the value in question, and a unit has the standard deviation ``sd``."""

    distance: float
    sd: float

    def __post_init__(self) -> None:
        check_positive("sd", self.sd)
        check_positive("distance", abs(self.distance))


class ExpectedTime(msgspec.Struct, frozen=True):
    """When a verdict is to be expected if the effect is there.

    Attributes:
        unit: What is counted: ``requests``, ``pairs`` or ``units``.
        median: Units by which half of such streams have their verdict; ``inf`` if the test has no bet for the effect.
        late: Units by which nine in ten have it.
        bound: log(1/alpha)/KL: the least mean number of units of any anytime-valid test, even one that knew the effect.
        median_s: The median in seconds at the given traffic; None without traffic.
        exact: False where it is an estimate from mean growth or from the limit of an average stream.
    """

    unit: str
    median: float
    late: float
    bound: float
    median_s: float | None
    exact: bool


def expected_time(
    test: EventSplit | PairedHarm | MeanSequence,
    *,
    effect: RateEffect | PairEffect | MeanEffect,
    alpha: float = 0.05,
    per_s: float | None = None,
) -> ExpectedTime:
    """Say when a test is to find an effect, looking after each event, pair or unit.

    For :class:`~slipway.stats.event_split.EventSplit` and :class:`~slipway.stats.paired.PairedHarm` the distribution
    of the stopping time is exact up to 20,000 events. For :class:`~slipway.stats.asymptotic.MeanSequence` the median
    is where the limit of an average stream passes; it does not count on streams that pass early, so it is 10 to 20 %
    late.

    Args:
        test: The test with its settings.
        effect: A :class:`RateEffect`, :class:`PairEffect` or :class:`MeanEffect`, as the test asks.
        alpha: Level at which the verdict is given; a mean sequence has its own.
        per_s: Requests of both arms, pairs, or units a second; one unit a day is 1 / 86,400.

    Raises:
        BadInput: There is no time for such a test, or the effect is of another kind.

    >>> time = expected_time(EventSplit(share=0.05), effect=RateEffect(live_rate=0.01, ratio=2.0), per_s=40)
    >>> round(time.median_s / 60)  # at 40 requests a second a doubling to 2 % errors is found in about 7 minutes
    7
    """
    check_alpha(alpha)
    if isinstance(test, EventSplit) and isinstance(effect, RateEffect):
        return _of_events(test, effect=effect, alpha=alpha, per_s=per_s)
    if isinstance(test, PairedHarm) and isinstance(effect, PairEffect):
        return _of_pairs(test, effect=effect, alpha=alpha, per_s=per_s)
    if isinstance(test, MeanSequence) and isinstance(effect, MeanEffect):
        return _of_mean(test, effect=effect, per_s=per_s)
    raise BadInput(
        "test, effect: want an EventSplit with a RateEffect, a PairedHarm with a PairEffect or a MeanSequence with a "
        f"MeanEffect, got {type(test).__name__} with {type(effect).__name__}."
    )


def _of_events(test: EventSplit, *, effect: RateEffect, alpha: float, per_s: float | None) -> ExpectedTime:
    share, mixed = test.share, 1 - test.share + test.share * effect.ratio
    median, late, exact = events_to_verdict(share * effect.ratio / mixed, share=share, alpha=alpha, ratios=test.ratios)
    each = 1 / (effect.live_rate * mixed)
    bound = math.log(1 / alpha) / divergence(share=share, ratio=effect.ratio)
    return _time("requests", median * each, late=late * each, bound=bound * each, per_s=per_s, exact=exact)


def _of_pairs(test: PairedHarm, *, effect: PairEffect, alpha: float, per_s: float | None) -> ExpectedTime:
    each = 1 / (effect.only_canary + effect.only_live)
    median, late, exact = events_to_verdict(effect.only_canary * each, share=0.5, alpha=alpha, ratios=test.ratios)
    bound = math.log(1 / alpha) / divergence(share=0.5, ratio=effect.only_canary / effect.only_live)
    return _time("pairs", median * each, late=late * each, bound=bound * each, per_s=per_s, exact=exact)


def _of_mean(test: MeanSequence, *, effect: MeanEffect, per_s: float | None) -> ExpectedTime:
    size = abs(effect.distance) / effect.sd
    median, late = (_units(test, size=size, luck=normal_quantile(p)) for p in (0.5, 0.9))
    bound = -2 * math.log(test.alpha) / size**2
    return _time("units", median, late=late, bound=bound, per_s=per_s, exact=False)


def _units(test: MeanSequence, *, size: float, luck: float) -> float:
    """Return the least n at which the half width and ``luck`` standard errors fit in the effect."""

    def fits(n: int) -> bool:
        return half_width_t(n, alpha=test.alpha, n_star=test.n_star, side=test.side) + luck / math.sqrt(n) <= size

    low, high = 1, 2
    while not fits(high):
        low, high = high, 2 * high
        if high > _MOST_UNITS:
            return math.inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return float(max(high, test.min_units))


def _time(unit: str, median: float, *, late: float, bound: float, per_s: float | None, exact: bool) -> ExpectedTime:
    if per_s is not None:
        check_positive("per_s", per_s)
    median_s = None if per_s is None else median / per_s
    return ExpectedTime(unit=unit, median=median, late=late, bound=bound, median_s=median_s, exact=exact)


def _check_ratio(ratio: float) -> None:
    if not 1 < ratio < math.inf:
        raise BadInput(f"ratio: want one above 1, got {ratio}. Without an effect there is no time to a verdict.")
