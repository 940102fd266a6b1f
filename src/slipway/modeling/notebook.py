"""Package a fitted estimator straight from a notebook, where there is no project and no scope."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.modeling.answers import Loader, answers
from slipway.modeling.convert import check_estimator, takes_matrix
from slipway.modeling.frame import as_table, as_x, checked_names, infer_fields
from slipway.modeling.package import Package, package_trained
from slipway.modeling.parity import Tolerance
from slipway.modeling.train import moments, trained_elsewhere
from slipway.records.field import Field
from slipway.records.model import Provenance
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats.checks import as_floats

Ints = npt.NDArray[np.int64]


def package_estimator(
    estimator: Any,
    X: Any,  # noqa: N803 - as everybody writes it
    y: Any,
    *,
    name: str,
    load: Loader,
    created_us: int,
    scoring: Scoring | None = None,
    fields: Sequence[Field] | None = None,
    times: Any | None = None,
    entities: Ints | None = None,
    groups: Ints | None = None,
    provenance: Provenance | None = None,
    purpose: str = "",
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - immutable
) -> Package:
    """Package a fitted scikit-learn estimator.

    Give rows that it was *not* fitted on: scores, calibration and reference are made from them, and a model flatters
    the rows it knows.

    Args:
        estimator: Fitted; with ``predict_proba`` of the classes 0 and 1 it is binary, else a regression; a PyTorch
            module is a regression unless ``scoring`` says otherwise.
        X: Held-out rows as it takes them: a polars or pandas table, or a matrix.
        y: Their truth, shape (rows,).
        name: A checked word.
        load: Loads an ONNX file as service will.
        created_us: When, microseconds since the epoch, UTC.
        scoring: How an answer is scored; None takes the error at 0.5, or the absolute error.
        fields: X in order; None takes them from the table. A matrix has ``x0``, ``x1`` and so on, and names that are
            no checked words are made such (``mean radius`` becomes ``mean_radius``).
        times: The moment of each row, or None.
        entities: A number for the entity of each row, or None where each row has its own.
        groups: A number for the group of each that the split kept together, or None without.
        provenance: Where it came from; None says the estimator's class.
        purpose: What it is for.
        tolerance: How far the graph may be from the model.

    Raises:
        BadInput: X is no table, a pipeline picks columns by names that are no checked words, or too few rows.
        Refused: The estimator cannot be converted, or its graph answers differently.
        MissingExtra: skl2onnx is not installed.
    """
    kind = TaskKind.BINARY if hasattr(estimator, "predict_proba") else TaskKind.REGRESSION
    scoring = scoring or Scoring(kind=kind)
    check_estimator(estimator, kind=scoring.kind)
    given = as_table(X)
    table = checked_names(given)
    fields = tuple(fields or infer_fields(table))
    if table.columns != given.columns and not takes_matrix(estimator, fields=fields):
        renamed = [c for c in given.columns if c not in table.columns]
        raise BadInput(
            f"X: want column names of lower-case letters, digits, '-' or '_', since the pipeline picks columns by "
            f"name, got {renamed}. Rename them and fit again."
        )
    truth = as_floats("y", np.asarray(y, dtype=np.float64).ravel())
    if truth.size != table.height:
        raise BadInput(f"y: want {table.height} values, one for each row of X, got {truth.size}.")
    unnamed = isinstance(X, pl.DataFrame) and getattr(estimator, "feature_names_in_", None) is None
    scores = answers(estimator, x=X.to_numpy() if unnamed else X, kind=scoring.kind)
    trained = trained_elsewhere(
        estimator,
        x=as_x(table, fields=fields),
        y=truth,
        given=scores,
        times_us=None if times is None else moments(pl.Series("times", times)),
        entities=entities,
        groups=groups,
        fields=fields,
        scoring=scoring,
    )
    return package_trained(
        trained,
        name=name,
        load=load,
        provenance=provenance or Provenance(tool=type(estimator).__name__),
        created_us=created_us,
        purpose=purpose,
        tolerance=tolerance,
    )
