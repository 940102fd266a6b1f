"""How many of a finite population have a property, from some of them drawn at random, each once.

People look at rows one after the other and may stop whenever they like. Drawn without replacement, what they found
narrows to the truth: once all were drawn it *is* the truth.
"""

import math

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import Floats, check_count
from slipway.stats.evidence import AnytimeInterval, check_alpha
from slipway.stats.special import log_gamma


def count_in_population(found: int, *, drawn: int, population: int, alpha: float) -> AnytimeInterval:
    """Cover the number with the property in the whole population, at all moments of the drawing at once.

    Exact where the order of drawing was dealt by chance, whatever the reason for stopping; also where one looks ahead,
    since all prefixes are covered together. The interval holds each number whose prior probability (uniform) is less
    than 1 / alpha times its posterior probability; that ratio is a martingale under the true number.

    Args:
        found: Units with the property among those drawn.
        drawn: Units drawn so far; 0 gives [0, population].
        population: Units in all, 1 or more.
        alpha: Miss probability over all time.

    Raises:
        BadInput: Not 0 <= found <= drawn <= population.

    Reference:
        Waudby-Smith & Ramdas (2020), Confidence sequences for sampling without replacement, NeurIPS 33, theorem 2.1.

    >>> i = count_in_population(5, drawn=10, population=10, alpha=0.05)
    >>> i.low, i.high  # all were drawn
    (5.0, 5.0)
    >>> i = count_in_population(
    ...     0, drawn=3, population=4, alpha=0.9
    ... )  # prior 1/5 each; posterior of 0 is 4/5, of 1 is 1/5
    >>> i.low, i.high  # so the ratios are 1/4 and 1, of which only the first is below 1 / 0.9
    (0.0, 1.0)
    """
    check_alpha(alpha)
    check_count("population", population)
    if not 0 <= found <= drawn <= population or not population:
        raise BadInput(f"found: want 0 <= found <= drawn <= population, got {found}, {drawn} and {population}.")
    if drawn == 0:
        return AnytimeInterval(low=0.0, high=float(population), estimate=math.nan, alpha=alpha, n=0)
    candidates = np.arange(found, population - (drawn - found) + 1)
    likelihood = (
        _log_falling(candidates, found)
        + _log_falling(population - candidates, drawn - found)
        - _log_falling(np.array([population]), drawn)
    )
    marginal = _log_falling(np.array([found]), found) + _log_falling(np.array([drawn - found]), drawn - found)
    marginal = marginal - _log_falling(np.array([drawn + 1]), drawn + 1)
    inside = candidates[likelihood - marginal > math.log(alpha) - 1e-12]
    return AnytimeInterval(
        low=float(inside[0]), high=float(inside[-1]), estimate=population * found / drawn, alpha=alpha, n=drawn
    )


def _log_falling(n: npt.NDArray[np.int64], k: int) -> Floats:
    """Return ln(n (n - 1) ... (n - k + 1)) elementwise, for n >= k."""
    return np.asarray(log_gamma(n + 1.0) - log_gamma(n - k + 1.0), dtype=float)
