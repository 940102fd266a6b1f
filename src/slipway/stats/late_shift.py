"""Did the canary's values become larger at some time? Look at the whole of each entity's first value, tick by tick.

:mod:`slipway.stats.late_split` counts who is beyond one threshold and forgets by how much. A candidate that is a little
slower everywhere shows at every level a little, and all of it together is several times the evidence of any one level.
Here a bet is a rate ratio for each level of a value, that rises with the level; entities count once, by their first
value: whom the deal gave it to was a fresh toss, and no later value of theirs is.
"""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import EValue, check_share
from slipway.stats.restarts import compound, log_mean


def late_shift(
    live: npt.ArrayLike, canary: npt.ArrayLike, *, shares: npt.ArrayLike, log_ratios: npt.ArrayLike
) -> EValue:
    """Return the evidence that from some tick on the canary's values are larger.

    Exact where each entity is the canary's with the tick's share, whatever came before, and would have a value of no
    higher level with the canary than with live: with ratio r(level), q = share r / (1 - share + share r), a bet on one
    entity has mean q(canary's level) + 1 - q(live's level), which is at most 1 as q rises with the level. The last
    tick may be unfinished; looking at it in between costs nothing.

    Args:
        live: Entities of the live arm by the level of their first value, shape (ticks, levels), oldest first.
        canary: Entities of the canary, same shape.
        shares: The canary's share in each tick, shape (ticks,), in (0, 1).
        log_ratios: Bets, shape (bets, levels): logarithm of how many times more often the canary has a value of a
            level than live; none may fall from one level to the next. Every bet gets an equal part of the capital.

    Returns:
        The evidence; ``n`` is the number of entities.

    Raises:
        BadInput: The shapes differ, a count is below 0, a bet falls or is no number, or a share leaves (0, 1).

    >>> evidence = late_shift([[80, 20]], [[10, 10]], shares=[0.1], log_ratios=np.log([[1.0, 2.0]]))
    >>> round(evidence.log_e, 3)  # ln((1 + 2**10 / 1.1**30) / 2): half of the capital is not yet bet
    3.396
    """
    a, b, rho, bets = (np.asarray(x, dtype=float) for x in (live, canary, shares, log_ratios))
    if a.ndim != 2 or a.shape != b.shape or rho.shape != a.shape[:1] or bets.ndim != 2 or bets.shape[1:] != a.shape[1:]:
        raise BadInput(
            "live, canary, shares, log_ratios: want (ticks, levels) twice, (ticks,) and (bets, levels), "
            f"got {a.shape}, {b.shape}, {rho.shape} and {bets.shape}."
        )
    if not (a >= 0).all() or not (b >= 0).all():
        raise BadInput("live, canary: want counts of 0 or more, got others.")
    if not np.isfinite(bets).all() or (np.diff(bets, axis=1) < 0).any():
        raise BadInput("log_ratios: want numbers that do not fall from one level to the next: else faster is harm too.")
    capital = np.full(len(bets), -np.inf)
    for number, share in enumerate(rho.tolist(), start=1):
        check_share("share", share)
        here, there = a[number - 1], b[number - 1]
        increments = bets @ there - np.log1p(share * np.expm1(bets)) @ (here + there)
        capital = compound(capital, increments, tick=number)
    weights = np.full(len(bets), -np.log(max(len(bets), 1)))
    return EValue(log_e=log_mean(capital, weights, ticks=len(rho)), n=int((a + b).sum()))
