"""A monitor that could find nothing says so: its silence would pass for good news."""

import numpy as np
import polars as pl
import pytest

from slipway.modeling.reference import make_reference
from slipway.monitoring.advise import Limits
from slipway.monitoring.blind import blind, least_units, told_after
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.sight import Look, looks_wanted, sight_of
from slipway.monitoring.watch import Monitor
from slipway.records.field import Field, FieldKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

DAY_US = 86_400_000_000


def monitor_of(days, *, unit="day", rows=50):
    rng = np.random.default_rng(days)
    at_us = np.repeat(np.arange(days), rows) * DAY_US + np.tile(np.arange(rows), days) * 1_000_000
    p = rng.uniform(0.05, 0.95, len(at_us))
    reference, _ = make_reference(
        pl.DataFrame({"x": rng.normal(size=len(at_us)), "z": rng.normal(size=len(at_us))}),
        fields=(Field(name="x", kind=FieldKind.NUMBER), Field(name="z", kind=FieldKind.NUMBER)),
        times_us=at_us,
        held_out=np.arange(len(at_us)),
        scores=p,
        y=(rng.random(len(at_us)) < p).astype(float),
        scoring=Scoring(kind=TaskKind.BINARY),
    )
    return Monitor(
        model="trees",
        reference=reference,
        instruments=instruments_of(reference, unit=unit),
        limits=Limits(metric="error", tolerance=0.01),
        units={},
        alpha=0.01,
    )


@pytest.mark.parametrize("days", [3, 14])
def test_it_says_that_it_is_blind_and_what_to_do(days):
    monitor = monitor_of(days)
    said = blind(monitor, least=least_units(monitor))
    assert said.startswith(f"The monitor of trees is blind: beside {days} days of its reference")
    assert "no change, however large, could be proven" in said
    assert "longer reference" in said


@pytest.mark.parametrize(("days", "unit"), [(60, "day"), (60, "row")])
def test_one_that_can_see_says_nothing(days, unit):
    monitor = monitor_of(days, unit=unit)
    assert blind(monitor, least=least_units(monitor)) == ""


def days_of(count, *, labelled=50):
    return [Look((60 + i) * DAY_US, 50, labelled) for i in range(count)]


def test_it_cannot_tell_of_too_few_slices_either():
    monitor = monitor_of(60)
    assert not sight_of(monitor, looks=days_of(1)).whole
    sight = sight_of(monitor, looks=days_of(60))
    assert sight.whole
    assert (sight.hidden, sight.share <= 0.3) == ((), True)
    assert 0.25 < sight.loss < 0.6


def test_each_promise_is_asked_apart():
    monitor = monitor_of(60)
    sights = [sight_of(monitor, looks=days_of(days)) for days in (8, 20, 32)]
    assert not sights[0].whole
    assert sights[-1].whole
    assert [s.whole for s in sights] == [not s.hidden and s.loss is not None for s in sights]
    unlabelled = sight_of(monitor, looks=days_of(60, labelled=0))
    assert (unlabelled.whole, unlabelled.watched, unlabelled.loss) == (True, False, None)


def test_few_truths_do_not_show_wrong_answers_however_many_rows_do_their_columns():
    rows = monitor_of(60, unit="row")
    sight = sight_of(rows, looks=[Look(60 * DAY_US, 5_000, 3)])
    assert (sight.hidden, sight.loss, sight.whole) == ((), None, False)


def test_it_says_how_many_slices_would_do():
    monitor = monitor_of(60)
    wanted = looks_wanted(monitor, looks=days_of(5), most=120)
    assert 5 < wanted <= 60
    assert looks_wanted(monitor_of(6), looks=days_of(5), most=30) is None


def test_one_that_sees_all_columns_at_once_only_is_blind_to_each_of_them():
    monitor = monitor_of(30)
    least = least_units(monitor)
    assert least is not None
    said = blind(monitor, least=least)
    assert "no change of" in said
    assert "alone however large" in said


def test_what_it_takes_to_tell_is_the_first_slice_that_raises_the_alarm():
    monitor = monitor_of(60)
    slices = [((60 + i) * DAY_US, 50) for i in range(60)]
    least = told_after(monitor, slices=slices)
    assert told_after(monitor, slices=slices[: least - 1]) is None
    assert told_after(monitor, slices=slices[:least]) == least == least_units(monitor)


def test_of_rows_it_is_the_next_power_of_two():
    monitor = monitor_of(60, unit="row")
    least = least_units(monitor)
    assert told_after(monitor, slices=[(60 * DAY_US, least)]) == 1
    assert told_after(monitor, slices=[(60 * DAY_US, least // 2)]) is None
