"""Is it a seven? Handwritten digits of 8 x 8 pixels, which nobody reads yet.

The 1,797 digits of 13 people are those that come with scikit-learn: the test set of Alpaydin & Kaynak (1998), Optical
Recognition of Handwritten Digits, UCI Machine Learning Repository (CC BY 4.0).
"""

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
import polars as pl
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

LEARNED = 600
"""Digits that the model learns from; the others come as requests."""


def digits() -> pl.DataFrame:
    """Return all digits in their order: ``form`` (unique), 64 pixels from 0 to 16, and ``seven`` (Y)."""
    pixels, digit = load_digits(return_X_y=True)
    table = pl.DataFrame(pixels, schema=[f"pixel_{i:02d}" for i in range(64)])
    names = [f"form-{i:04d}" for i in range(len(digit))]
    return table.with_columns(pl.Series("form", names), pl.Series("seven", (digit == 7).astype("int8")))


def load() -> pl.DataFrame:
    """Return the digits to learn from."""
    return digits().head(LEARNED)


def train(X: pl.DataFrame, y: npt.NDArray[Any], params: Mapping[str, Any], seed: int) -> Pipeline:  # noqa: N803 - as everybody writes it
    """Fit a logistic regression on the pixels."""
    model = LogisticRegression(**params, max_iter=1000, random_state=seed)
    return make_pipeline(StandardScaler(), model).fit(X, y)
