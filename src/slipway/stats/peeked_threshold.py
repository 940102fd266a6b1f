"""A threshold for automation that may be looked for every day: learn then test with evidence that allows it.

:func:`slipway.stats.thresholds.learn_then_test` holds for one sample whose size was chosen beforehand. A rollout looks
every day and stops when it likes what it sees, so each threshold is tested by an e-process instead of a p-value. The
rest stays: thresholds fixed before the data, walked down from fixed starts, the first that is not accepted ends a walk.
"""

import math

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.betting import Claim
from slipway.stats.error_rate import log_e_error
from slipway.stats.evidence import check_alpha, check_share
from slipway.stats.moments import moments
from slipway.stats.thresholds import Chosen, Graded, starts, walk


def peeked_threshold(
    graded: Graded,
    *,
    bound: float,
    delta: float,
    n_star: int = 30,
    seldom: npt.NDArray[np.int64] | None = None,
    share: float = 1.0,
) -> Chosen:
    """Return the lowest threshold at which the error of the automated answers is at most the bound, at any look.

    With probability 1 - delta *all* thresholds found at any look keep the bound. Exact for independent rows. With units
    it also asks the confidence sequence over the units' shares of wrong answers, each unit weighing the same, which is
    right as units grow; their spread counts as at least what chance makes of rows at the bound. It takes five units or
    more, and is never bolder than with rows.

    Args:
        graded: Rows whose truth is known, all that came so far.
        bound: Largest error of the automated answers, in (0, 1).
        delta: Chance that the promise is ever broken, in (0, 1).
        n_star: Units at which the sequence over them is narrowest.
        seldom: Of the wrong answers, those of a kind that is seen only on a part of the rows drawn at random, shape as
            the counts. Each stands for one over that part (Horvitz & Thompson), and the bets shrink by it, so that the
            test stays exact: a small part takes that many more rows.
        share: That part, in (0, 1].

    Returns:
        ``p`` is the anytime p-value of the rows, 1 / E.

    Raises:
        BadInput: A number is outside its range.

    Reference:
        Angelopoulos et al. (2021), Learn then test, arXiv:2110.01052, algorithm 1, with the p-values of Ramdas,
        Grünwald, Vovk & Shafer (2023), Statistical Science 38(4), section 3.

    >>> from slipway.stats.thresholds import grade
    >>> sure = [0.99] * 200 + [0.7] * 100
    >>> peeked_threshold(grade(sure, wrong=[0] * 200 + [1] * 100), bound=0.05, delta=0.1).threshold
    0.75
    """
    check_share("bound", bound)
    check_alpha(delta)
    if not 0 < share <= 1:
        raise BadInput(f"share: want 0 < share <= 1, got {share}. Shares are fractions: for one in five write 0.2.")
    whole = graded.wrong + (np.zeros_like(graded.wrong) if seldom is None else seldom) * (1 / share - 1)
    n, wrong, weighed = (np.cumsum(part[:, ::-1], axis=1)[:, ::-1] for part in (graded.n, graded.wrong, whole))
    rows, errors = n.sum(axis=0), wrong.sum(axis=0)
    # w^y l^(1 - y) is at most y w + (1 - y) l for y in [0, 1], so values scaled into it are bet on as if 0 or 1
    log_e = log_e_error(rows, weighed.sum(axis=0) * share, bound=bound * share, claim=Claim.BELOW)
    level = delta / len(starts(len(graded.thresholds)))
    good = (log_e >= -math.log(level)).tolist()
    if not graded.rows:
        good = [
            g and _kept(n[:, k], weighed[:, k], bound=bound, share=share, level=level, n_star=n_star)
            for k, g in enumerate(good)
        ]
    lowest = walk(good)
    k = int(np.argmax(log_e)) if lowest is None else lowest
    return Chosen(
        None if lowest is None else graded.thresholds[k],
        bound,
        n=int(rows[k]),
        wrong=int(errors[k]),
        share=0.0 if lowest is None else float(rows[k] / rows[0]),
        p=min(1.0, math.exp(-float(log_e[k]))),
    )


def _kept(n: np.ndarray, wrong: np.ndarray, *, bound: float, share: float, level: float, n_star: int) -> bool:
    """Tell whether the units' mean share of wrong answers is known to be below the bound."""
    seen = n > 0
    sums = moments(wrong[seen] / n[seen])
    least = math.sqrt(
        bound * (1 / share - bound) / float(n[seen].mean())
    )  # what chance alone would make of units at the bound
    return MeanSequence(alpha=level, n_star=n_star, side=Side.UPPER, sd_floor=least).evidence(sums).high <= bound
