"""Which labels are likely to be wrong, and how many are: confident learning.

A model that has not seen a row says how likely each class is. A class counts as *confident* for a row where its
probability reaches what the model gives that class, on average, in rows that carry it as their label; so a class that
the model is shy of is not punished for it. Counting rows by given label and confident class gives the confident joint,
whose cells off the diagonal are the labels that look wrong.

It is right where the probabilities are better than chance at telling classes apart and label errors depend on the class
and not on the row. It ranks, and it guesses a number; how many of the ranked are wrong, people have to say.

Reference:
    Northcutt, Jiang & Chuang (2021), Confident Learning: Estimating Uncertainty in Dataset Labels, JAIR 70.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import Floats

Ints = npt.NDArray[np.int64]


class Confident(msgspec.Struct, frozen=True, eq=False):
    """What out-of-fold probabilities say of the labels.

    Attributes:
        margin: Probability of the given label minus the largest other, shape (rows,), in [-1, 1]; the smaller, the more
            suspect. This ranks.
        guess: The most probable class other than the given one, shape (rows,).
        suspect: Whether the row is counted off the diagonal of the joint, shape (rows,).
        thresholds: Mean probability of each class in rows that carry it, shape (classes,); NaN for a class without any.
        joint: Estimated share of rows by given (first axis) and true class, shape (classes, classes); sums to 1.
        counted: Rows of each given class that are confident of some class, shape (classes,): what the joint rests on.
    """

    margin: Floats
    guess: Ints
    suspect: npt.NDArray[np.bool_]
    thresholds: Floats
    joint: Floats
    counted: Ints

    @property
    def wrong_share(self) -> float:
        """Estimated share of labels that are wrong: the joint off its diagonal."""
        return float(1.0 - np.trace(self.joint))

    @property
    def order(self) -> Ints:
        """Rows from the most suspect to the least; the earlier of equals first."""
        return np.argsort(self.margin, kind="stable").astype(np.int64)


def confident_joint(labels: npt.ArrayLike, *, probabilities: npt.ArrayLike) -> Confident:
    """Weigh each label against probabilities from a model that has not learned from its row.

    Args:
        labels: Class of each row as given, shape (rows,), 0 to classes - 1.
        probabilities: Of each class, shape (rows, classes), two or more; rows sum to 1. They must be out of fold: a
            model that saw the label repeats it.

    Raises:
        BadInput: Shapes differ, a label is no class, or a row is no distribution.

    Reference:
        Equations 1 and 2 of the paper; where several classes reach their threshold the most probable counts (its
        footnote on collisions). The joint is calibrated so that given labels keep their shares (equation 3).

    >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.9, 0.1]])
    >>> found = confident_joint([0, 0, 1, 1, 1], probabilities=p)
    >>> found.order[:2].tolist(), np.flatnonzero(found.suspect).tolist()
    ([4, 2], [4])
    >>> round(found.wrong_share, 9)  # of three rows labelled 1, two reach class 1's mean 1.6 / 3, the third class 0's
    0.2
    """
    given = np.asarray(labels)
    p = np.asarray(probabilities, dtype=np.float64)
    _check(given, p)
    rows, classes = p.shape
    each = np.arange(rows)
    own = p[each, given]
    others = p.copy()
    others[each, given] = -np.inf
    guess = others.argmax(axis=1)
    counts = np.bincount(given, minlength=classes)
    with np.errstate(invalid="ignore"):
        thresholds = np.bincount(given, weights=own, minlength=classes) / counts
    reached = p >= np.where(np.isnan(thresholds), np.inf, thresholds) - 1e-12
    taken = np.where(reached, p, -np.inf).argmax(axis=1)
    counted = reached.any(axis=1)
    joint = np.zeros((classes, classes))
    np.add.at(joint, (given[counted], taken[counted]), 1.0)
    return Confident(
        margin=own - others[each, guess],
        guess=guess.astype(np.int64),
        suspect=counted & (taken != given),
        thresholds=thresholds,
        joint=_calibrated(joint, counts),
        counted=np.bincount(given[counted], minlength=classes).astype(np.int64),
    )


def _calibrated(joint: Floats, counts: npt.NDArray[np.intp]) -> Floats:
    """Scale each row to its label's count; a label with no confident row is taken at its word."""
    sums = joint.sum(axis=1, keepdims=True)
    rows = np.where(sums > 0, joint / np.where(sums > 0, sums, 1.0), np.eye(len(counts)))
    return np.asarray(rows * counts[:, None] / counts.sum(), dtype=np.float64)


def _check(given: npt.NDArray[np.generic], p: Floats) -> None:
    if p.ndim != 2 or p.shape[1] < 2 or given.shape != (p.shape[0],) or not p.shape[0]:
        raise BadInput(
            f"probabilities: want shape (rows, classes) with two or more classes and a label a row, got {p.shape} for "
            f"labels of shape {given.shape}."
        )
    if not np.issubdtype(given.dtype, np.integer) or int(given.min()) < 0 or int(given.max()) >= p.shape[1]:
        raise BadInput(f"labels: want whole numbers from 0 to {p.shape[1] - 1}, got {np.unique(given)[:8].tolist()}.")
    if not (np.isfinite(p).all() and (p >= 0).all() and np.allclose(p.sum(axis=1), 1.0, atol=1e-3)):
        raise BadInput("probabilities: want rows of 0 or more that sum to 1, got one that does not.")
