"""LightGBM and XGBoost inside a scikit-learn pipeline: their converters made known to skl2onnx, once a process.

Two things stand in the way of a faithful graph. skl2onnx does not know these estimators by itself; onnxmltools has
their converters. And XGBoost's converter reads ``f0, f1 ...`` only, so that a booster which was fitted on named
columns is converted from a copy without names.
"""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from slipway.errors import MissingExtra

_OPTIONS = {"nocl": [True, False], "zipmap": [True, False, "columns"], "raw_scores": [True, False]}
_LIBRARIES = ("lightgbm", "xgboost")


def is_boosted_by(estimator: Any, library: str) -> bool:
    """Tell whether an estimator, not what is inside of it, is of a library.

    >>> is_boosted_by(object(), "xgboost")
    False
    """
    return type(estimator).__module__.partition(".")[0] == library


def is_boosted(estimator: Any) -> bool:
    """Tell whether LightGBM or XGBoost is anywhere inside."""
    return any(is_boosted_by(part, library) for part in parts_of(estimator) for library in _LIBRARIES)


def parts_of(estimator: Any) -> Iterator[Any]:
    """Walk an estimator and all the estimators in it, the outermost first."""
    yield estimator
    inner = [step for _, step in getattr(estimator, "steps", ())]
    inner += [part[1] for part in getattr(estimator, "transformers_", ())]
    inner += [getattr(estimator, name, None) for name in ("estimator", "best_estimator_", "estimator_")]
    inner += [part.estimator for part in getattr(estimator, "calibrated_classifiers_", ())]
    inner += list(getattr(estimator, "estimators_", ())) if hasattr(estimator, "voting") else []
    for part in inner:
        if part is not None and not isinstance(part, str):
            yield from parts_of(part)


def ready_to_convert(estimator: Any) -> Any:
    """Return the estimator, or a copy of it that a converter can read; the original is never changed.

    Raises:
        MissingExtra: It holds a booster, and onnxmltools is not installed.
    """
    used = [library for library in _LIBRARIES if any(is_boosted_by(part, library) for part in parts_of(estimator))]
    for library in used:
        _make_known(library)
    if "xgboost" not in used or not any(_has_names(part) for part in parts_of(estimator)):
        return estimator
    bare = copy.deepcopy(estimator)
    for part in parts_of(bare):
        if _has_names(part):
            part.get_booster().feature_names = None
    return bare


def _has_names(part: Any) -> bool:
    return is_boosted_by(part, "xgboost") and part.get_booster().feature_names is not None


@cache
def _make_known(library: str) -> None:
    from skl2onnx import update_registered_converter  # noqa: PLC0415 - heavy, and only wanted where models are packaged
    from skl2onnx.common.shape_calculator import (  # noqa: PLC0415 - as above
        calculate_linear_classifier_output_shapes as of_classes,
    )
    from skl2onnx.common.shape_calculator import (  # noqa: PLC0415 - as above
        calculate_linear_regressor_output_shapes as of_numbers,
    )

    try:
        if library == "lightgbm":
            from lightgbm import LGBMClassifier, LGBMRegressor  # noqa: PLC0415 - as above
            from onnxmltools.convert.lightgbm.operator_converters.LightGbm import (  # type: ignore[import-untyped]  # noqa: PLC0415 - as above; no types
                convert_lightgbm,
            )

            update_registered_converter(
                LGBMClassifier, "LightGbmLGBMClassifier", of_classes, convert_lightgbm, options=_OPTIONS
            )
            update_registered_converter(
                LGBMRegressor, "LightGbmLGBMRegressor", of_numbers, convert_lightgbm, options={"split": None}
            )
        else:
            from onnxmltools.convert.xgboost.operator_converters.XGBoost import (  # type: ignore[import-untyped]  # noqa: PLC0415 - as above; no types
                convert_xgboost,
            )
            from xgboost import XGBClassifier, XGBRegressor  # noqa: PLC0415 - as above

            update_registered_converter(
                XGBClassifier, "XGBoostXGBClassifier", of_classes, convert_xgboost, options=_OPTIONS
            )
            update_registered_converter(XGBRegressor, "XGBoostXGBRegressor", of_numbers, convert_xgboost)
    except ImportError as error:
        raise MissingExtra(
            f"packaging a model of {library}: want onnxmltools, got none. Install it: pip install 'slipway[boosting]'"
        ) from error
