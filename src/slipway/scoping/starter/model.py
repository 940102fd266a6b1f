"""Is a sample of breast tissue malignant? The smallest project that has all its parts.

The data are the 569 samples of the Diagnostic Wisconsin Breast Cancer Database (Wolberg, Street and Mangasarian 1995)
that come with scikit-learn. Put your own data and model in their place; Slipway calls the two functions that
``slipway.toml`` names.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.datasets import load_breast_cancer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def load() -> pl.DataFrame:
    """Return one row a sample: ``sample`` (the entity), the fields of X, and ``malignant`` (Y: 0 or 1).

    >>> load().shape
    (569, 12)
    """
    bunch = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in bunch.feature_names[:10]]
    measured = pl.DataFrame(bunch.data[:, :10], schema=names)
    return measured.with_columns(
        sample=pl.format("s{}", pl.int_range(pl.len())),
        malignant=pl.Series((bunch.target == 0).astype(np.int8)),
    )


def train(X: pl.DataFrame, y: npt.NDArray[Any], params: Mapping[str, Any], seed: int) -> Pipeline:  # noqa: N803
    """Fit a model on X (the fields in the order of ``slipway.toml``) and y; a missing value counts as the median."""
    model = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(**params, random_state=seed)
    )
    return model.fit(X, y)
