"""True labels from many raters of unequal skill, without knowing who is good.

Each rater has a confusion matrix: the chance of each answer, given the true class. If the truth were known, the
matrices could be counted; if they were known, the truth could be weighed. Dawid and Skene go to and fro until nothing
moves.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import Floats, check_count, check_positive

Ints = npt.NDArray[np.intp]

MISSING = -1


class DawidSkene(msgspec.Struct, frozen=True, eq=False):
    """What the raters together say.

    Attributes:
        posterior: Probability of each class, shape (items, classes); rows sum to 1.
        prevalence: Share of each class, shape (classes,).
        confusion: Chance of each answer given the class, shape (raters, classes, answers); rows sum to 1.
        rounds: Rounds of expectation and maximisation that were needed.
        converged: Whether the posterior had stopped moving; if not, the result is that of the last round.
        log_likelihood: Of the answers under the model, up to the smoothing.
    """

    posterior: Floats
    prevalence: Floats
    confusion: Floats
    rounds: int
    converged: bool
    log_likelihood: float

    @property
    def labels(self) -> Ints:
        """The most probable class of each item; the lowest of equals."""
        return np.asarray(self.posterior.argmax(axis=1), dtype=np.intp)


def dawid_skene(
    answers: npt.ArrayLike,
    *,
    classes: int,
    smoothing: float = 0.01,
    tolerance: float = 1e-6,
    most_rounds: int = 1000,
) -> DawidSkene:
    """Estimate the true class of each item and the skill of each rater by maximum likelihood.

    Right if raters err independently given the class, and if most are better than chance (the start is the share of
    votes; without that, classes may come out swapped). Works in logarithms, so thousands of raters do not underflow.

    Args:
        answers: Shape (items, raters), whole numbers from 0 to classes - 1; -1 is missing.
        classes: Number of classes.
        smoothing: Pseudo-answers in each cell of a confusion matrix, so that one rater's never is no proof.
        tolerance: Largest change of a posterior probability that counts as none.
        most_rounds: When to give up; the result says so.

    Raises:
        BadInput: An answer is no class, an item has no answer, or a setting is out of range.

    Reference:
        Dawid & Skene (1979), JRSS-C 28(1).

    >>> answers = [[0, 0, 1], [0, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 1], [1, 1, 0]]  # the third rater tosses a coin
    >>> result = dawid_skene(answers, classes=2)
    >>> result.labels.tolist(), result.converged
    ([0, 0, 1, 1, 0, 1], True)
    """
    check_positive("smoothing", smoothing)
    check_positive("tolerance", tolerance)
    check_count("most_rounds", most_rounds)
    given = _one_hot(answers, classes=classes)
    posterior = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    rounds, moved, log_likelihood = 0, math.inf, -math.inf
    prevalence, confusion = _maximise(posterior, given, smoothing=smoothing)
    while rounds < most_rounds and moved > tolerance:
        rounds += 1
        after, log_likelihood = _expect(given, prevalence, confusion)
        moved = float(np.abs(after - posterior).max())
        posterior = after
        prevalence, confusion = _maximise(posterior, given, smoothing=smoothing)
    return DawidSkene(
        posterior=posterior,
        prevalence=prevalence,
        confusion=confusion,
        rounds=rounds,
        converged=moved <= tolerance,
        log_likelihood=log_likelihood,
    )


def _maximise(posterior: Floats, given: Floats, *, smoothing: float) -> tuple[Floats, Floats]:
    prevalence = posterior.mean(axis=0)
    counts = np.einsum("ik,irl->rkl", posterior, given) + smoothing
    return prevalence, np.asarray(counts / counts.sum(axis=2, keepdims=True), dtype=float)


def _expect(given: Floats, prevalence: Floats, confusion: Floats) -> tuple[Floats, float]:
    with np.errstate(divide="ignore"):
        scores = np.log(prevalence) + np.einsum("irl,rkl->ik", given, np.log(confusion))
    top = scores.max(axis=1, keepdims=True)
    weights = np.exp(scores - top)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / total, dtype=float), float((top + np.log(total)).sum())


def _one_hot(answers: npt.ArrayLike, *, classes: int) -> Floats:
    table = np.asarray(answers)
    if classes < 2:
        raise BadInput(f"classes: want 2 or more, got {classes}.")
    if table.ndim != 2 or not table.size or not np.issubdtype(table.dtype, np.integer):
        raise BadInput(
            f"answers: want whole numbers of shape (items, raters), got {table.dtype} of shape {table.shape}. "
            "Write -1 for a missing answer."
        )
    if table.min() < MISSING or table.max() >= classes:
        raise BadInput(f"answers: want -1 to {classes - 1}, got {table.min()} to {table.max()}.")
    empty = np.flatnonzero((table == MISSING).all(axis=1))
    if empty.size:
        raise BadInput(f"answers: want one or more for each item, got none for item {empty[0]}.")
    return np.asarray(table[:, :, None] == np.arange(classes), dtype=float)
