"""Is the writer of a snippet in a bad mood? What counts of words say, and what twenty readers of each snippet said.

The snippets are tweets and sentences of editorials, without their words: X are counts and sums over a lexicon of moods.
Each was read by twenty people, none of whom saw what another said. Y, where a model learns, is what most of them said.
See README.md for where they are from and what was done to them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

READERS = [f"reader_{i:02d}" for i in range(1, 21)]
LEARNED = 1200
"""Tweets that the model learns from; the others come as cases."""


def snippets() -> pl.DataFrame:
    """Return all snippets in the file's order, one of chance: ``snippet``, ``source``, X, and the twenty readers."""
    table = pl.read_parquet(Path(__file__).with_name("snippets.parquet"))
    return table.with_columns(pl.col(pl.Float32).cast(pl.Float64))


def load() -> pl.DataFrame:
    """Return the tweets to learn from, with what most readers said."""
    tweets = snippets().filter(pl.col("source") == "tweet").head(LEARNED)
    mood = (pl.mean_horizontal(READERS) > 0.5).cast(pl.Int8).alias("negative_mood")
    return tweets.select(pl.exclude("source", *READERS), mood)


def train(X: pl.DataFrame, y: npt.NDArray[Any], params: Mapping[str, Any], seed: int) -> Pipeline:  # noqa: N803 - as everybody writes it
    """Fit a logistic regression on the counts."""
    model = LogisticRegression(**params, max_iter=1000, random_state=seed)
    return make_pipeline(StandardScaler(), model).fit(X, y)
