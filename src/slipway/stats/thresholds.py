"""From which confidence on may a model decide by itself? Two answers, with two different promises.

*Learn then test* bounds the error **of the automated answers**: with confidence 1 - delta over the sample that it was
chosen from, among the answers at or above the threshold at most the bound is wrong. That error need not fall with the
threshold, so each threshold is a hypothesis of its own, tested in an order that was fixed before the data came. This is
what a stage of a rollout is entered with: a person signs for "of what it decides alone at most 2 % is wrong".

*Conformal risk control* bounds the wrong automated answers **among all requests**, in expectation over samples. That
risk can only fall with the threshold, so no test is needed and it takes less data; but it promises nothing of any one
sample, and a model that automates little may be wrong on most of what it automates. It is for forecasts.

Both take rows as exchangeable unless units (days, people) are named: then learn then test counts each row for what the
units make it worth, and conformal risk control takes a unit for one observation.
"""

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.binomial import binomial_cdf
from slipway.stats.checks import as_floats
from slipway.stats.clustered_share import worth_of_counts
from slipway.stats.evidence import check_alpha, check_share
from slipway.stats.special import normal_quantile
from slipway.stats.student import student_quantile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

THRESHOLDS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)
"""Confidences that a threshold is chosen from, of a binary answer: fixed before any label comes."""

STARTS = 3
"""Places at which learn then test begins to walk down; each has a third of delta."""


class Graded(msgspec.Struct, frozen=True, eq=False):
    """Answers and errors by unit and confidence; parts add up.

    Attributes:
        thresholds: Confidences, rising; the k-th column holds rows from the k-th up to below the next one.
        n: Rows whose truth is known, shape (units, thresholds).
        wrong: Of those, answered wrongly.
        rows: Whether each unit is one row, so that counts say all and the test is exact.
    """

    thresholds: tuple[float, ...]
    n: Ints
    wrong: Ints
    rows: bool = False

    def __post_init__(self) -> None:
        if not self.thresholds or list(self.thresholds) != sorted(set(self.thresholds)):
            raise BadInput(f"thresholds: want one or more, rising, got {self.thresholds}.")
        if self.n.ndim != 2 or self.n.shape != self.wrong.shape or self.n.shape[1] != len(self.thresholds):
            raise BadInput(
                f"counts: want shape (units, {len(self.thresholds)}), got {self.n.shape} and {self.wrong.shape}."
            )
        if (self.wrong < 0).any() or (self.wrong > self.n).any():
            raise BadInput("wrong: want 0 <= wrong <= n in each unit and at each confidence.")


class Chosen(msgspec.Struct, frozen=True):
    """A threshold and what it rests on.

    Attributes:
        threshold: The lowest confidence that is good enough; None where none is: then nothing may be automated.
        bound: The error that was asked for.
        n: Rows at or above the threshold; above the highest one tested where there is none.
        wrong: Of those, answered wrongly.
        share: Part of all rows at or above it; 0 where there is none.
        p: p-value at the threshold, or the least one where there is none.
    """

    threshold: float | None
    bound: float
    n: int
    wrong: int
    share: float
    p: float


def grade(confidence: Any, *, wrong: Any, units: Any = None, thresholds: Sequence[float] = THRESHOLDS) -> Graded:
    """Sum rows by unit and confidence; what lies below the lowest threshold is left out.

    Args:
        confidence: How sure the model was of each answer, shape (n,), finite; a tie with a threshold is above it.
        wrong: Whether it was wrong, shape (n,), 0 or 1.
        units: The unit of each row, shape (n,); None where rows are independent.
        thresholds: Rising.

    Raises:
        BadInput: Different lengths, a confidence that is not finite, or an error that is neither 0 nor 1.

    >>> graded = grade([0.5, 0.9, 0.99], wrong=[1, 0, 1], thresholds=(0.6, 0.9))
    >>> graded.n.tolist(), graded.wrong.tolist()
    ([[0, 2]], [[0, 1]])
    """
    sure, bad = as_floats("confidence", confidence), as_floats("wrong", wrong)
    if bad.size != sure.size or not np.isin(bad, (0.0, 1.0)).all():
        raise BadInput(f"wrong: want {sure.size} values of 0 or 1, one for each confidence, got {bad.size}.")
    names, unit = np.unique(np.zeros(sure.size) if units is None else np.asarray(units), return_inverse=True)
    if unit.size != sure.size:
        raise BadInput(f"units: want {sure.size} values, one for each confidence, got {unit.size}.")
    at, width = np.searchsorted(np.asarray(thresholds), sure, side="right") - 1, len(thresholds)
    kept = at >= 0
    cell, shape = unit[kept] * width + at[kept], (max(1, names.size), width)
    n = np.bincount(cell, minlength=shape[0] * width).reshape(shape)
    errors = np.bincount(cell, weights=bad[kept], minlength=shape[0] * width).reshape(shape)
    return Graded(tuple(thresholds), n.astype(np.int64), errors.astype(np.int64), rows=units is None)


def learn_then_test(graded: Graded, *, bound: float, delta: float) -> Chosen:
    """Return the lowest threshold at which the error of the automated answers is at most the bound.

    With probability 1 - delta over the sample, *every* threshold that the walk accepts keeps the bound. It walks down
    from several fixed places and stops at the first threshold that it cannot accept, so low ones cost nothing. Exact
    for independent rows. With units it counts rows at what the spread of the units' errors makes them worth (Korn &
    Graubard), which is an estimate: right as units grow, careful where they are few, and with one unit it finds none.

    Args:
        graded: Rows whose truth is known, drawn like those that the model is to decide; none chosen for being hard.
        bound: Largest error of the automated answers, in (0, 1).
        delta: Chance that the promise is broken, in (0, 1).

    Raises:
        BadInput: A number is outside its range.

    Reference:
        Angelopoulos, Bates, Candes, Jordan & Lei (2021), Learn then test, arXiv:2110.01052, algorithm 1 (fixed sequence
        testing with several starts). Korn & Graubard (1998), Survey Methodology 24(2).

    >>> sure = [0.99] * 100 + [0.7] * 100
    >>> chosen = learn_then_test(grade(sure, wrong=[0] * 100 + [1] * 100), bound=0.05, delta=0.1)
    >>> chosen.threshold, chosen.n, round(chosen.p / 0.95**100, 9)  # from 0.75 on only the sure hundred are above
    (0.75, 100, 1.0)
    """
    check_share("bound", bound)
    check_alpha(delta)
    n, wrong = (np.cumsum(part[:, ::-1], axis=1)[:, ::-1] for part in (graded.n, graded.wrong))
    count = len(graded.thresholds)
    p = [_p_value(n[:, k], wrong[:, k], bound=bound, rows=graded.rows) for k in range(count)]
    lowest = walk([value <= delta / len(starts(count)) for value in p])
    if lowest is None:
        best = min(range(count), key=lambda k: (p[k], -k))
        return Chosen(None, bound, n=int(n[:, best].sum()), wrong=int(wrong[:, best].sum()), share=0.0, p=p[best])
    above, whole = int(n[:, lowest].sum()), int(graded.n.sum())
    return Chosen(
        graded.thresholds[lowest],
        bound,
        n=above,
        wrong=int(wrong[:, lowest].sum()),
        share=above / whole,
        p=p[lowest],
    )


def starts(count: int) -> tuple[int, ...]:
    """Return where walks over so many thresholds begin, rising; fewer than :data:`STARTS` where two would be one.

    >>> starts(15), starts(1)
    ((5, 9, 14), (0,))
    """
    return tuple(sorted({round((count - 1) * (i + 1) / STARTS) for i in range(STARTS)}))


def walk(good: Sequence[bool]) -> int | None:
    """Return the lowest threshold that is reached, or None: down from each start as long as thresholds are good.

    The starts are the highest threshold and others at equal steps below it; each has an equal part of delta, so what is
    good is good at delta over their number.

    Args:
        good: Of each threshold, rising, whether it is accepted.

    >>> walk([False, True, True, False, True]), walk([True, False, True, False, False])  # from 4, 3 and 1
    (1, None)
    """
    reached = set[int]()
    for start in starts(len(good)):
        for k in range(start, -1, -1):
            if not good[k]:
                break
            reached.add(k)
    return min(reached, default=None)


def _p_value(n: Ints, wrong: Ints, *, bound: float, rows: bool) -> float:
    """Return the p-value against "the error is above the bound", of counts by unit."""
    seen = n > 0
    total, errors = int(n.sum()), int(wrong.sum())
    if rows or not total:
        return binomial_cdf(errors, n=total, p=bound)
    if (units := int(seen.sum())) < 2:
        return 1.0
    few = normal_quantile(0.95) / student_quantile(0.95, degrees=units - 1)
    trials = worth_of_counts(n[seen], events=wrong[seen]) * few * few
    worth = math.floor(trials)
    return binomial_cdf(min(worth, math.ceil(trials * errors / total - 1e-9)), n=worth, p=bound)


def conformal_risk_control(confidence: Any, *, wrong: Any, bound: float, units: Any = None) -> Chosen:
    """Return the lowest threshold at which wrong automated answers are at most a share of *all* requests, on average.

    The mean over samples of that share of the next request is at most the bound; exact for exchangeable rows, or units.
    The loss of a unit is the mean over its rows.

    Args:
        confidence: How sure the model was of each answer, shape (n,), finite. Ties go up or down together.
        wrong: Whether it was wrong, shape (n,), 0 or 1.
        bound: Of wrong automated answers among all requests, in (0, 1).
        units: The unit of each row, shape (n,); None where rows are independent.

    Returns:
        The threshold; None where n is so small that even no error in sight may be one in n + 1. ``p`` is the bound
        that is kept: (n R + 1) / (n + 1).

    Raises:
        BadInput: Different lengths, or a value outside its range.

    Reference:
        Angelopoulos, Bates, Fisch, Lei & Schuster (2024), Conformal risk control, ICLR, theorem 1.

    >>> found = conformal_risk_control([0.9, 0.8, 0.7, 0.6], wrong=[0, 0, 0, 1], bound=0.2)
    >>> found.threshold, found.p  # (0 + 1) / 5; with the fourth it would be 2 / 5
    (0.7, 0.2)
    """
    check_share("bound", bound)
    sure, bad = as_floats("confidence", confidence), as_floats("wrong", wrong)
    if bad.size != sure.size or not np.isin(bad, (0.0, 1.0)).all():
        raise BadInput(f"wrong: want {sure.size} values of 0 or 1, one for each confidence, got {bad.size}.")
    unit = np.arange(sure.size) if units is None else np.unique(np.asarray(units), return_inverse=True)[1]
    if unit.size != sure.size:
        raise BadInput(f"units: want {sure.size} values, one for each confidence, got {unit.size}.")
    sizes = np.bincount(unit)
    count = sizes.size
    order = np.argsort(-sure, kind="stable")
    losses = np.cumsum((bad / sizes[unit])[order]) if sure.size else np.zeros(0)
    kept = (losses + 1) / (count + 1)
    last_of_tie = np.append(sure[order][1:] != sure[order][:-1], True)[: sure.size]
    good = np.flatnonzero(last_of_tie & (kept <= bound + 1e-12))
    if not good.size:
        return Chosen(None, bound, n=0, wrong=0, share=0.0, p=1 / (count + 1))
    at = int(good[-1])
    found = float(sure[order][at])
    errors = int(bad[order][: at + 1].sum())
    return Chosen(found, bound, n=at + 1, wrong=errors, share=(at + 1) / sure.size, p=float(kept[at]))
