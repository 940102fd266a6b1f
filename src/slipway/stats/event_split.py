"""Is the canary's event rate higher? Look at the events alone.

If both arms have the same event rate, then each next event (an error, a complaint, an answer over budget) falls to the
canary with the probability with which a request does. That is known, whatever the rate is and however the traffic
swings, so the split of the events is a sequence of coin tosses with a known coin, and betting on it is exact.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import check_count, check_ratios
from slipway.stats.evidence import EValue, check_share
from slipway.stats.special import log_mean_exp

Floats = npt.NDArray[np.float64]

DEFAULT_RATIOS = (1.25, 1.5, 2.0, 3.0, 5.0)


class ArmCounts(msgspec.Struct, frozen=True):
    """Events of one tick, by arm.

    Attributes:
        live: Events of the live arm.
        canary: Events of the canary.
        share: Share of the requests that the route sent to the canary during the tick; None is the test's own.
    """

    live: int
    canary: int
    share: float | None = None

    def __post_init__(self) -> None:
        check_count("live", self.live)
        check_count("canary", self.canary)
        if self.share is not None:
            check_share("share", self.share)

    def merge(self, other: "ArmCounts") -> "ArmCounts":
        """Add the events of two parts of a tick; exact.

        Raises:
            BadInput: The parts were taken under different shares. Give them as two ticks.
        """
        if self.share != other.share:
            raise BadInput(
                f"share: want one share in a tick, got {self.share} and {other.share}. Give each share its own tick."
            )
        return ArmCounts(live=self.live + other.live, canary=self.canary + other.canary, share=self.share)


class EventSplitState(msgspec.Struct, frozen=True):
    """Events so far, one entry for each share the route has had, sorted by share."""

    counts: tuple[ArmCounts, ...] = ()

    def merge(self, other: "EventSplitState") -> "EventSplitState":
        """Add two states; exact, in any order."""
        by_share = {part.share: part for part in self.counts}
        for part in other.counts:
            by_share[part.share] = by_share[part.share].merge(part) if part.share in by_share else part
        return EventSplitState(tuple(sorted(by_share.values(), key=lambda part: part.share or 0.0)))


class EventSplit(msgspec.Struct, frozen=True):
    """Test that the canary's event rate is at most the live arm's; evidence says that it is higher.

    Exact at every sample size and under traffic and rates that vary in time, if each *event* is assigned on its own
    with the known share. Requests of one entity stick to one arm, so count one event an entity, its first, for as long
    as it stays there: ten errors of one user are one toss, not ten, and so are ten days of one user with an error each.
    The evidence is a function of the counts alone, so it does not drift, and the order of events does not matter.

    Attributes:
        share: Share of requests that the canary gets, in (0, 1); a tick may carry another (a ramp).
        ratios: Rate ratios canary/live to bet on; E is the mean of the bets.

    Raises:
        BadInput: The share is outside (0, 1) or a ratio is not above 1.

    Reference:
        Lindon & Malek (2022), Anytime-valid inference for multinomial count data, NeurIPS; here with a discrete
        one-sided prior on the rate ratio r: given an event, it is the canary's with q = rho r / (1 - rho + rho r).

    >>> test = EventSplit(share=0.05)
    >>> state = test.update(test.start(), ArmCounts(live=160, canary=20))
    >>> evidence = test.evidence(state)  # 20 of 180 events, 9 expected
    >>> round(evidence.log_e, 4), evidence.rejects(alpha=0.05)
    (4.1995, True)
    """

    share: float
    ratios: tuple[float, ...] = DEFAULT_RATIOS

    def __post_init__(self) -> None:
        check_share("share", self.share)
        check_ratios("ratios", self.ratios)

    def start(self) -> EventSplitState:
        """Return the state before any event."""
        return EventSplitState()

    def update(self, state: EventSplitState, tick: ArmCounts) -> EventSplitState:
        """Add the events of one tick."""
        own = tick if tick.share is not None else msgspec.structs.replace(tick, share=self.share)
        return state.merge(EventSplitState((own,)))

    def evidence(self, state: EventSplitState) -> EValue:
        """Return the evidence that the canary's rate is higher; ``n`` is the number of events."""
        capital = np.zeros(len(self.ratios))
        for part in state.counts:
            capital += log_bets(part.live, part.canary, share=part.share or self.share, ratios=self.ratios)
        events = sum(part.live + part.canary for part in state.counts)
        return EValue(log_e=float(log_mean_exp(capital)), n=events)


def log_bets(live: npt.ArrayLike, canary: npt.ArrayLike, *, share: float, ratios: tuple[float, ...]) -> Floats:
    """Return the log capital of each bet, shape of the counts plus one axis of ratios.

    Args:
        live: Events of the live arm, any shape.
        canary: Events of the canary, same shape.
        share: Probability that an event is the canary's if the rates are equal.
        ratios: Rate ratios to bet on.
    """
    r = np.asarray(ratios, dtype=float)
    scale = 1 - share + share * r
    a = np.asarray(live, dtype=float)[..., None]
    b = np.asarray(canary, dtype=float)[..., None]
    return np.asarray(b * np.log(r / scale) - a * np.log(scale), dtype=float)


def log_e_split(
    live: npt.ArrayLike, canary: npt.ArrayLike, *, share: float, ratios: tuple[float, ...] = DEFAULT_RATIOS
) -> Floats:
    """Return log E of :class:`EventSplit` for arrays of counts under one share, elementwise.

    >>> float(log_e_split(160, 20, share=0.05).round(4))
    4.1995
    """
    return log_mean_exp(log_bets(live, canary, share=share, ratios=ratios))


def divergence(*, share: float, ratio: float) -> float:
    """Return the Kullback-Leibler divergence per event between a rate ratio and equal rates, in nats.

    ``log(1/alpha)`` over it is the least mean number of events in which any anytime-valid test can find the ratio.

    >>> round(divergence(share=0.5, ratio=3.0), 6)  # .75 ln 1.5 + .25 ln .5
    0.130812
    """
    check_share("share", share)
    q = share * ratio / (1 - share + share * ratio)
    return q * math.log(q / share) + (1 - q) * math.log((1 - q) / (1 - share))
