"""Is there a cat in the picture? Ten scores of a network, labels with real errors, and what five people said of them.

X is what a network that sorts pictures answers: the logarithm of its score for each of ten classes. It had not seen the
picture when it was trained. Y is whether the picture was labelled a cat. 1,000 of the 10,000 are, and some of those are
no cats. What answers today takes the class with the highest score.

The scores and the votes are those of Northcutt, Athalye & Mueller (2021), Pervasive Label Errors in Test Sets; the
pictures are the test set of CIFAR-10. See README.md for where the files are from and what was done to them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
LEAST = 1e-4
"""Scores are kept to four digits, so a smaller one counts as this."""


def load() -> pl.DataFrame:
    """Return the pictures: ``picture`` (unique), ``given`` (the label of ten), ten fields of X, ``cat`` (Y)."""
    scores = pl.read_parquet(Path(__file__).with_name("network.parquet"))
    return scores.select(
        "picture",
        "given",
        *[pl.col(c).cast(pl.Float64).clip(LEAST, 1.0).log().alias(f"log_{c}") for c in CLASSES],
        (pl.col("given") == "cat").cast(pl.Int8).alias("cat"),
    )


def train(X: pl.DataFrame, y: npt.NDArray[Any], params: Mapping[str, Any], seed: int) -> Pipeline:  # noqa: N803 - as everybody writes it
    """Fit a logistic regression on the ten logarithms."""
    return make_pipeline(StandardScaler(), LogisticRegression(**params, max_iter=1000, random_state=seed)).fit(X, y)


def largest(columns: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """Answer as the present system does: 1 if cat has the highest of the ten scores, else 0."""
    best = np.argmax(np.column_stack([columns[f"log_{c}"] for c in CLASSES]), axis=1)
    return (best == CLASSES.index("cat")).astype(np.float64)
