"""Ask a fitted estimator: one score a row, whatever its kind."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.modeling.shares import positive_share
from slipway.modeling.torch_module import ask_module, is_module
from slipway.ports import Columns
from slipway.records.model import Signature
from slipway.records.task import TaskKind

Floats = npt.NDArray[np.float64]

Ask = Callable[[pl.DataFrame], Floats]
"""Answers X, as :func:`slipway.modeling.frame.as_x` makes it, with one score a row."""

Scorer = Callable[[Columns, int], Floats]
"""Answers a batch of so many rows, as an arm does: NaN where it has no answer."""

Loader = Callable[[bytes, Signature], Scorer]
"""Loads an ONNX file as whatever will serve it does, so that what is measured is what will run."""

_ROUNDING = 1e-6
"""Sums of float32 shares may miss 0 and 1 by so much."""


def asker(estimator: Any, *, kind: TaskKind) -> Ask:
    """Return a function that asks the estimator for class 1's probability, or for a number."""

    def ask(x: pl.DataFrame) -> Floats:
        return _scores(estimator, as_fitted(estimator, x=x), kind)

    return ask


def as_fitted(estimator: Any, *, x: pl.DataFrame) -> Any:
    """Return X as a matrix if the estimator was fitted on one, else under the column names that it knows."""
    names = getattr(estimator, "feature_names_in_", None)
    return x.to_numpy() if names is None else x.rename(dict(zip(x.columns, map(str, names), strict=True)))


def answers(estimator: Any, *, x: Any, kind: TaskKind) -> Floats:
    """Return the estimator's answers to X in the shape that it was fitted on.

    Raises:
        BadInput: It fails, or does not give one finite score a row, for a binary task between 0 and 1.
    """
    try:
        scores = _scores(estimator, x, kind)
    except BadInput:
        raise
    except (Exception, SystemExit) as error:  # whoever wrote the estimator; an exit would look like success
        raise BadInput(
            f"{type(estimator).__name__}: want answers to {len(x)} rows, got {type(error).__name__}: {error}. Ask it "
            "yourself at the end of train: the rows are of the same kind."
        ) from error
    if kind is TaskKind.BINARY and ((scores < -_ROUNDING) | (scores > 1 + _ROUNDING)).any():
        raise BadInput(
            f"{type(estimator).__name__}: want probabilities from 0 to 1, got {scores.min():g} to {scores.max():g}. "
            "predict_proba must return one column a class, each row with a sum of 1."
        )
    if scores.shape != (len(x),) or not np.isfinite(scores).all():
        raise BadInput(
            f"{type(estimator).__name__}: want one finite score for each of {len(x)} rows, got shape {scores.shape} "
            f"with {int((~np.isfinite(scores)).sum())} that are not finite."
        )
    return scores


def _scores(estimator: Any, x: Any, kind: TaskKind) -> Floats:
    if is_module(estimator):
        return ask_module(estimator, x=x, kind=kind)
    if kind is TaskKind.BINARY:
        shares = np.asarray(estimator.predict_proba(x), dtype=np.float64)
        if shares.ndim != 2 or shares.shape[1] != 2:
            raise BadInput(
                f"{type(estimator).__name__}.predict_proba: want a column for each of the classes 0 and 1, got shape "
                f"{shares.shape}."
            )
        return positive_share(shares, said=f"{type(estimator).__name__}.predict_proba")
    return np.asarray(estimator.predict(x), dtype=np.float64).reshape(-1)
