"""Ask a fitted estimator: one score a row, whatever its kind."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
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
        BadInput: It does not give one finite score a row.
    """
    scores = _scores(estimator, x, kind)
    if scores.shape != (len(x),) or not np.isfinite(scores).all():
        raise BadInput(
            f"{type(estimator).__name__}: want one finite score for each of {len(x)} rows, got shape {scores.shape} "
            f"with {int((~np.isfinite(scores)).sum())} that are not finite."
        )
    return scores


def _scores(estimator: Any, x: Any, kind: TaskKind) -> Floats:
    if kind is TaskKind.BINARY:
        return np.asarray(estimator.predict_proba(x), dtype=np.float64)[:, 1]
    return np.asarray(estimator.predict(x), dtype=np.float64).reshape(-1)
