"""A monitor that could find nothing says so: its silence would pass for good news."""

import numpy as np
import polars as pl
import pytest

from slipway.modeling.reference import make_reference
from slipway.monitoring.advise import Limits
from slipway.monitoring.blind import blind, could_tell, least_slices, told_after
from slipway.monitoring.instruments import instruments_of
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
    said = blind(monitor, least=least_slices(monitor))
    assert said.startswith(f"The monitor of trees is blind: beside {days} days of its reference")
    assert "longer reference" in said


@pytest.mark.parametrize(("days", "unit"), [(60, "day"), (60, "row")])
def test_one_that_can_see_says_nothing(days, unit):
    monitor = monitor_of(days, unit=unit)
    assert blind(monitor, least=least_slices(monitor)) == ""


def test_it_cannot_tell_of_too_few_slices_either():
    monitor = monitor_of(60)
    assert not could_tell(monitor, slices=[(60 * DAY_US, 50)])
    assert could_tell(monitor, slices=[((60 + i) * DAY_US, 50) for i in range(60)])


def test_what_it_takes_to_tell_is_the_first_slice_that_raises_the_alarm():
    monitor = monitor_of(60)
    slices = [((60 + i) * DAY_US, 50) for i in range(60)]
    least = told_after(monitor, slices=slices)
    assert not could_tell(monitor, slices=slices[: least - 1])
    assert could_tell(monitor, slices=slices[:least])
    assert least_slices(monitor) == least
