"""What a model says of each row when it has not learned from it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Learn = Callable[[pl.DataFrame, Floats], Any]
"""Fits an estimator to X and Y."""


def out_of_fold_shares(
    x: pl.DataFrame,
    *,
    y: Floats,
    classes: Floats,
    folds: Ints,
    learn: Learn,
    told: Callable[[int, int], object] = lambda *_: None,
) -> Floats:
    """Return the probability of each class for each row, shape (rows, classes), from models of the other folds.

    A class that is in no other fold has probability 0 there.

    Args:
        x: X, as a training function gets it.
        y: Y as the training function gets it, shape (rows,).
        classes: The different values of y, increasing.
        folds: Fold of each row.
        learn: Fits an estimator with ``predict_proba`` and ``classes_``.
        told: Called with models fitted and models to fit.

    Raises:
        BadInput: The estimator gives no probabilities, or names a class that is none.
    """
    shares = np.zeros((len(y), classes.size))
    for rows, estimator in _fitted(x, y=y, folds=folds, learn=learn, told=told):
        known = getattr(estimator, "classes_", None)
        if not hasattr(estimator, "predict_proba") or known is None:
            raise BadInput(
                f"{type(estimator).__name__}: want an estimator with predict_proba and classes_, got one without. "
                "Labels are ranked by probabilities; return a classifier."
            )
        given = np.asarray(estimator.predict_proba(x[rows]), dtype=np.float64)
        columns = np.searchsorted(classes, np.asarray(known, dtype=np.float64))
        if given.shape != (rows.size, columns.size) or columns.max() >= classes.size:
            raise BadInput(
                f"{type(estimator).__name__}: want probabilities of shape {(rows.size, len(known))} for classes of the "
                f"data, got shape {given.shape} for {np.asarray(known)[:8].tolist()}."
            )
        shares[np.ix_(rows, columns)] = given
    return shares


def out_of_fold_numbers(
    x: pl.DataFrame,
    *,
    y: Floats,
    folds: Ints,
    learn: Learn,
    told: Callable[[int, int], object] = lambda *_: None,
) -> Floats:
    """Return what models of the other folds predict for each row, shape (rows,).

    Raises:
        BadInput: The estimator does not give one finite number a row.
    """
    predicted = np.empty(len(y))
    for rows, estimator in _fitted(x, y=y, folds=folds, learn=learn, told=told):
        given = np.asarray(estimator.predict(x[rows]), dtype=np.float64).reshape(-1)
        if given.shape != rows.shape or not np.isfinite(given).all():
            raise BadInput(f"{type(estimator).__name__}: want one finite number for each of {rows.size} rows.")
        predicted[rows] = given
    return predicted


def _fitted(x: pl.DataFrame, *, y: Floats, folds: Ints, learn: Learn, told: Callable[[int, int], object]) -> Any:
    count = int(folds.max()) + 1
    for fold in range(count):
        rows, others = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        estimator = learn(x[others], y[others].copy())
        if estimator is None:
            raise BadInput("train: want a fitted estimator, got None. End the function with 'return model.fit(X, y)'.")
        told(fold + 1, count)
        yield rows, estimator
