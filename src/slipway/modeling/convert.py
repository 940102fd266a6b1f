"""A fitted estimator of scikit-learn, LightGBM or XGBoost, a pipeline of them, or a PyTorch module as an ONNX graph.

If all fields are numbers or booleans and the estimator takes a matrix, the graph takes one float matrix ``X``. Else it
takes one tensor of shape [rows, 1] a field, named as the field, so that a pipeline may pick its columns by name.

Converting proves nothing: numbers become float32, and converters differ from the original in corners. Whether the
graph is the model is measured by :mod:`slipway.modeling.parity`.
"""

import warnings
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from slipway.errors import MissingExtra, Refused
from slipway.modeling.boosting import is_boosted, ready_to_convert
from slipway.modeling.torch_module import graph_of_module, is_module
from slipway.modeling.traps import failed_by_protobuf
from slipway.records.field import Field, FieldKind
from slipway.records.task import TaskKind

MATRIX = "X"
_OPSET = {"": 18, "ai.onnx.ml": 3}
"""The newest that onnxmltools' converters write; asked for where a booster is inside."""


def convert(estimator: Any, *, fields: Sequence[Field], kind: TaskKind) -> bytes:
    """Return the estimator as an ONNX file; the same bytes for the same estimator.

    Args:
        estimator: Fitted; ``predict_proba`` of two classes for a binary task, ``predict`` for a regression; or what
            :mod:`slipway.modeling.torch_module` takes.
        fields: X in order.
        kind: Binary or regression.

    Raises:
        MissingExtra: skl2onnx, or for a module onnxscript, is not installed.
        Refused: The estimator does not answer as the task wants, or no converter knows a part of it.
    """
    check_estimator(estimator, kind=kind)
    if is_module(estimator):
        return graph_of_module(estimator, fields=fields, name=MATRIX)
    try:
        from skl2onnx import convert_sklearn  # noqa: PLC0415 - heavy, and only wanted where models are packaged
        from skl2onnx.common.data_types import FloatTensorType, StringTensorType  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(
            "packaging a scikit-learn model: want skl2onnx, got none. Install it: pip install 'slipway[train]'"
        ) from error
    if takes_matrix(estimator, fields=fields):
        inputs = [(MATRIX, FloatTensorType([None, len(fields)]))]
    else:
        inputs = [
            (f.name, StringTensorType([None, 1]) if f.kind is FieldKind.CATEGORY else FloatTensorType([None, 1]))
            for f in fields
        ]
    if any(f.kind is FieldKind.CATEGORY for f in fields) and not _picks_columns(estimator):
        raise Refused(
            f"converting {type(estimator).__name__}: want the categories encoded inside the model, got text columns. "
            "Put a ColumnTransformer with OneHotEncoder or OrdinalEncoder in front and fit the pipeline."
        )
    estimator = ready_to_convert(estimator)
    options = {id(estimator): {"zipmap": False}} if kind is TaskKind.BINARY else None
    opset = _OPSET if is_boosted(estimator) else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = convert_sklearn(estimator, name="model", initial_types=inputs, options=options, target_opset=opset)
    except Exception as error:
        way_out = failed_by_protobuf(estimator, protobuf=version("protobuf")) or (
            "Replace the part it names by one that skl2onnx knows, or serve the function itself as an arm of kind "
            "'python'."
        )
        raise Refused(
            f"converting {type(estimator).__name__}: want a graph, got {type(error).__name__}: {_short(error)} "
            f"{way_out}"
        ) from error
    return bytes(graph.SerializeToString())


def takes_matrix(estimator: Any, *, fields: Sequence[Field]) -> bool:
    """Tell whether the graph takes all fields as one matrix.

    Columns are picked by name in a ColumnTransformer; such an estimator, like text, needs one input a field.
    """
    return all(f.kind is not FieldKind.CATEGORY for f in fields) and not _picks_columns(estimator)


def check_estimator(estimator: Any, *, kind: TaskKind) -> None:
    """Refuse an estimator that does not answer as the task wants.

    Raises:
        Refused: It lacks the method, is not fitted, or knows other classes than 0 and 1.
    """
    if is_module(estimator):
        return  # what it answers tells, and that is looked at each time
    name = type(estimator).__name__
    if callable(estimator) and not hasattr(estimator, "predict"):
        raise Refused(f"train: want a fitted estimator, got a {name}. Return the estimator itself, as fit() gives it.")
    if kind is TaskKind.REGRESSION:
        if not hasattr(estimator, "predict") or hasattr(estimator, "predict_proba"):
            raise Refused(f"{name}: want a fitted regressor for a regression, got one that answers in classes or none.")
        return
    if not hasattr(estimator, "predict_proba"):
        raise Refused(
            f"{name}: want predict_proba for a binary task, got none. Wrap it in CalibratedClassifierCV, or choose an "
            "estimator that gives probabilities."
        )
    classes = list(getattr(estimator, "classes_", ()))
    if classes not in ([0, 1], [False, True]):
        raise Refused(f"{name}: want it fitted on the classes 0 and 1, got {classes or 'no classes: fit it first'}.")


def _picks_columns(estimator: Any) -> bool:
    steps = [step for _, step in getattr(estimator, "steps", ())]
    inner = [getattr(estimator, name, None) for name in ("estimator", "best_estimator_")]
    return hasattr(estimator, "transformers") or any(_picks_columns(part) for part in (*steps, *inner) if part)


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:297] + "..."
