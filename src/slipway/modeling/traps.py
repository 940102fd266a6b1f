"""Known ways in which a graph answers other than its original although nothing fails, told from the estimator.

A trap is no proof: it is named only where the answers were found to differ, or the conversion to fail.
"""

from typing import Any

import polars as pl

from slipway.modeling.answers import as_fitted
from slipway.modeling.boosting import is_boosted_by, parts_of

_SCALERS = {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler", "PowerTransformer", "QuantileTransformer"}
_PROTOBUF_BELOW = 7


def known_trap(estimator: Any, *, x: pl.DataFrame) -> str | None:
    """Name the trap that an estimator is in, and the way out; None if it is in none that we know.

    Args:
        estimator: Fitted.
        x: A few rows that it answers.
    """
    return (
        _sparse_into_xgboost(estimator, x)
        or _native_categories(estimator)
        or _zero_as_missing(estimator)
        or _scaler_into_trees(estimator)
    )


def failed_by_protobuf(estimator: Any, *, protobuf: str) -> str | None:
    """Name the trap of a protobuf that skl2onnx does not know, where the conversion has failed.

    Measured with skl2onnx 1.20 and protobuf 7.36: numpy numbers are no longer taken as attributes of a node, so that
    histogram gradient boosting cannot be converted ("Unable to create node 'TreeEnsembleClassifier'").

    Args:
        estimator: What could not be converted.
        protobuf: Version that is installed.

    >>> failed_by_protobuf(object(), protobuf="6.33.6") is None
    True
    """
    major = protobuf.partition(".")[0]
    if not major.isdigit() or int(major) < _PROTOBUF_BELOW:
        return None
    boosted = any(type(part).__name__.startswith("HistGradientBoosting") for part in parts_of(estimator))
    which = "histogram gradient boosting" if boosted else "some estimators"
    return (
        f"Probable cause: protobuf {protobuf}, with which skl2onnx cannot write {which}. "
        "Install one that it knows: pip install 'protobuf<7'."
    )


def _sparse_into_xgboost(estimator: Any, x: pl.DataFrame) -> str | None:
    steps = [step for _, step in getattr(estimator, "steps", ())]
    if len(steps) < 2 or not is_boosted_by(steps[-1], "xgboost"):
        return None
    if not hasattr(estimator[:-1].transform(as_fitted(estimator, x=x.head(8))), "tocsr"):
        return None
    return (
        f"Probable cause: {type(steps[-1]).__name__} is given a sparse matrix, whose zeros it takes for missing "
        "values, while the graph gives it zeros. Encode densely: OneHotEncoder(sparse_output=False), and "
        "ColumnTransformer(sparse_threshold=0); then fit again."
    )


def _native_categories(estimator: Any) -> str | None:
    for part in parts_of(estimator):
        categorical = getattr(part, "is_categorical_", None)
        if type(part).__name__.startswith("HistGradientBoosting") and categorical is not None and categorical.any():
            return (
                f"Probable cause: {type(part).__name__}(categorical_features=...) splits by sets of categories, and "
                "skl2onnx writes these splits as thresholds. Leave categorical_features out, with OneHotEncoder or "
                "OrdinalEncoder in front, or take LightGBM, whose sets of categories are kept; then fit again."
            )
    return None


def _zero_as_missing(estimator: Any) -> str | None:
    for part in parts_of(estimator):
        if is_boosted_by(part, "lightgbm") and part.get_params().get("zero_as_missing"):
            return (
                f"Probable cause: {type(part).__name__}(zero_as_missing=True) takes zeros for missing values, and the "
                "graph does not. Leave zero_as_missing out and fit again."
            )
    return None


def _scaler_into_trees(estimator: Any) -> str | None:
    names = [type(part).__name__ for part in parts_of(estimator)]
    scaler = next((name for name in names if name in _SCALERS), None)
    trees = next((type(part).__name__ for part in parts_of(estimator) if _is_tree(part)), None)
    if scaler is None or trees is None:
        return None
    return (
        f"Probable cause: {trees} stands behind {scaler}, and the graph scales in float32, so that a value near a "
        "split may take the other branch. Trees need no scaling: leave the scaler out and fit again."
    )


def _is_tree(part: Any) -> bool:
    module = type(part).__module__
    return (
        any(is_boosted_by(part, library) for library in ("lightgbm", "xgboost"))
        or "sklearn.ensemble" in module
        or "sklearn.tree" in module
    )
