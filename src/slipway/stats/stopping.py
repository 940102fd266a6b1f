"""When a counting test stops, computed exactly: the state after n events is one number, so nothing is simulated."""

import math

import numpy as np

from slipway.stats.checks import Floats
from slipway.stats.event_split import divergence
from slipway.stats.special import log_mean_exp

_MOST_EVENTS = 20_000


def stopping_times(q: float, *, share: float, alpha: float, ratios: tuple[float, ...], events: int) -> Floats:
    """Return the chance that the verdict of an event split has come by each number of events, 0 to ``events``.

    Exact, looking after each event.

    Args:
        q: Probability that an event is the canary's; ``share`` under equal rates.
        share: Share that the test assumes.
        alpha: Level of the test.
        ratios: Ratios that the test bets on.
        events: The last number of events.

    >>> done = stopping_times(0.75, share=0.5, alpha=0.05, ratios=(3.0,), events=8)
    >>> round(float(done[8] / 0.75**8), 12)  # an event gains ln 1.5 or loses ln 2: it takes 8 in a row to reach ln 20
    1.0
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
        done[n] = done[n - 1] + alive[limit : n + 1].sum()
        alive[limit:] = 0.0
    return done


def events_to_verdict(q: float, *, share: float, alpha: float, ratios: tuple[float, ...]) -> tuple[float, float, bool]:
    """Return the median, the nine-in-ten point, and whether they are exact.

    Beyond 20,000 events they are taken from the mean growth of the best bet, and infinite if none grows.

    Args:
        q: Probability that an event is the canary's, above ``share``.
        share: Share that the test assumes.
        alpha: Level of the test.
        ratios: Ratios that the test bets on.
    """
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
