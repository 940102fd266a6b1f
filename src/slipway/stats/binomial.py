"""The binomial distribution's lower tail, exactly, and the p-values against a bound on a mean that are made of it."""

import math

from slipway.errors import BadInput
from slipway.stats.checks import check_count
from slipway.stats.evidence import check_share
from slipway.stats.student import incomplete_beta


def binomial_cdf(count: int, *, n: int, p: float) -> float:
    """Return the chance of at most ``count`` events in ``n`` independent trials of chance ``p`` each.

    Args:
        count: Events, 0 to n.
        n: Trials, 0 or more.
        p: In [0, 1].

    Raises:
        BadInput: Not 0 <= count <= n, or p is no chance.

    Reference:
        The tail as an incomplete beta function, DLMF 8.17.5.

    >>> round(binomial_cdf(1, n=3, p=0.5), 12), binomial_cdf(0, n=0, p=0.5)  # (1 + 3) / 8
    (0.5, 1.0)
    """
    check_count("count", count)
    check_count("n", n)
    if count > n or not 0 <= p <= 1:
        raise BadInput(f"count, p: want 0 <= count <= n and 0 <= p <= 1, got {count} of {n} and {p}.")
    if count == n:
        return 1.0
    return incomplete_beta(1.0 - p, a=float(n - count), b=float(count + 1))


def hoeffding_bentkus(mean: float, *, n: int, bound: float) -> float:
    """Return a p-value against "the mean of losses in [0, 1] is above the bound", from ``n`` independent losses.

    The smaller of Hoeffding's and Bentkus' bounds on the lower tail. Of losses that are 0 or 1 :func:`binomial_cdf` is
    exact, and never larger.

    Args:
        mean: Of the losses seen, in [0, 1].
        n: How many, 1 or more.
        bound: In (0, 1).

    Raises:
        BadInput: A number is outside its range.

    Reference:
        Angelopoulos, Bates, Candes, Jordan & Lei (2021), Learn then test, arXiv:2110.01052, proposition 1 (Bates et
        al. 2021, J. ACM 68(6)).

    >>> p = hoeffding_bentkus(0.0, n=50, bound=0.1)  # no loss: Hoeffding's is (1 - 0.1)^50, Bentkus' e times that
    >>> round(p / 0.9**50, 9)
    1.0
    """
    check_share("bound", bound)
    if n < 1 or not 0 <= mean <= 1:
        raise BadInput(f"mean, n: want 0 <= mean <= 1 of n >= 1 losses, got {mean} of {n}.")
    low = min(mean, bound)
    apart = (low * math.log(low / bound) if low else 0.0) + (1 - low) * math.log((1 - low) / (1 - bound))
    bentkus = math.e * binomial_cdf(math.ceil(n * mean - 1e-9), n=n, p=bound)
    return min(1.0, math.exp(-n * apart), bentkus)
