"""Did the canary's event rate become higher at some time? Look at the events alone, tick by tick.

:mod:`slipway.stats.event_split` bets on a rate that is higher from the start; a leak that shows only after a day must
first earn back what a day of equal rates has cost. Here a share of the capital is kept for bets that begin at each
later tick (:mod:`slipway.stats.restarts`), which costs a harm that is there from the start a factor of two.
"""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import check_ratios
from slipway.stats.event_split import DEFAULT_RATIOS, log_bets
from slipway.stats.evidence import EValue, check_share
from slipway.stats.restarts import compound, log_mean


def late_split(
    live: npt.ArrayLike,
    canary: npt.ArrayLike,
    *,
    shares: npt.ArrayLike,
    ratios: tuple[float, ...] = DEFAULT_RATIOS,
) -> EValue:
    """Return the evidence that from some tick on the canary has more events, of at least one kind.

    Exact under the condition of :class:`slipway.stats.event_split.EventSplit`: each event of a kind is the canary's
    with the tick's share, whatever came before. The kinds may depend on one another in any way. The last tick may be
    unfinished; looking at it in between costs nothing.

    Args:
        live: Events of the live arm, shape (ticks, kinds), oldest first.
        canary: Events of the canary, same shape.
        shares: The canary's share in each tick, shape (ticks,), in (0, 1).
        ratios: Rate ratios to bet on; every kind gets an equal part of the capital, and so does every ratio.

    Returns:
        The evidence; ``n`` is the number of events of the commonest kind.

    Raises:
        BadInput: The shapes differ, or a share leaves (0, 1).

    >>> evidence = late_split([[160]], [[20]], shares=[0.05])
    >>> round(evidence.log_e, 3)  # ln((1 + exp(4.1995)) / 2): half of the capital of EventSplit's example
    3.521
    """
    check_ratios("ratios", ratios)
    a, b, rho = (np.asarray(x, dtype=float) for x in (live, canary, shares))
    if a.ndim != 2 or a.shape != b.shape or rho.shape != a.shape[:1]:
        raise BadInput(
            f"live, canary, shares: want (ticks, kinds) twice and (ticks,), got {a.shape}, {b.shape}, {rho.shape}."
        )
    width = a.shape[1] * len(ratios)
    capital = np.full(width, -np.inf)
    for number, share in enumerate(rho.tolist(), start=1):
        check_share("share", share)
        bets = log_bets(a[number - 1], b[number - 1], share=share, ratios=ratios)
        capital = compound(capital, bets.ravel(), tick=number)
    events = int((a + b).sum(axis=0).max(initial=0))
    return EValue(log_e=log_mean(capital, np.full(width, -np.log(max(width, 1))), ticks=len(rho)), n=events)
