"""Since when, where it took long to find: longer than slices are remembered one by one."""

import functools

import numpy as np
import polars as pl
import pytest

from slipway.modeling.reference import watch_only
from slipway.monitoring.advise import Limits
from slipway.monitoring.instruments import instruments_of
from slipway.monitoring.track import KEPT
from slipway.monitoring.watch import Monitor, Watched, begin, take
from slipway.records.field import Field, FieldKind
from slipway.records.watch import InputSums
from slipway.stats.coding import Coder

HOUR_US = 3_600_000_000
CHANGE = 300
"""Hour from which on the column is higher by a quarter of a standard deviation."""


@functools.cache
def monitor() -> Monitor:
    rng = np.random.default_rng(0)
    table = pl.DataFrame({"x": rng.normal(size=20_000)})
    times_us = np.sort(rng.integers(0, 90 * 24, 20_000)) * HOUR_US
    reference = watch_only(table, fields=[Field(name="x", kind=FieldKind.NUMBER)], times_us=times_us)
    limits, instruments = Limits(metric="error", tolerance=0.01), instruments_of(reference, unit="row")
    return Monitor(model="m", reference=reference, instruments=instruments, limits=limits, units={}, alpha=0.01)


def until_found(seed: int, *, shift: float = 0.25, hours: int = 4_000) -> tuple[Watched, int]:
    """Feed a row an hour; return where the monitor stands once it found something, and the hour."""
    rng, known, watched = np.random.default_rng(seed), monitor(), begin(monitor())
    coder = Coder(known.instruments.inputs.reference)
    for hour in range(hours):
        bins = coder.bins({"x": rng.normal(size=1) + (shift if hour >= CHANGE else 0.0)}, rows=1)
        start_us = hour * HOUR_US
        end_us = start_us + HOUR_US
        sums = InputSums(start_us=start_us, end_us=end_us, rows=1, counts=coder.counts(bins), expected=0.0)
        watched = take(watched, monitor=known, sums=sums, now_us=end_us)
        if watched.open is not None:
            return watched, hour
    raise AssertionError(f"nothing was found in {hours} hours")


def test_a_change_found_after_more_slices_than_are_kept_is_dated_where_it_began() -> None:
    watched, found = until_found(seed=2)
    finding = watched.findings[-1]
    assert found - CHANGE > KEPT
    assert finding.since_low_us <= CHANGE * HOUR_US <= finding.since_high_us
    assert finding.since_low_us < finding.since_high_us


def test_what_is_kept_to_date_a_change_does_not_grow_with_the_slices() -> None:
    watched, _ = until_found(seed=2)
    side = watched.whole.inputs
    assert side.fed > 2 * KEPT
    assert len(side.starts) <= side.detector.passed.size + 2 * KEPT


@pytest.mark.calibration
@pytest.mark.timeout(300)
def test_the_range_that_a_monitor_tells_holds_nine_changes_in_ten_however_long_it_took() -> None:
    found = [until_found(seed=seed)[0].findings[-1] for seed in range(3, 23)]
    late = [f for f in found if f.opened_us > CHANGE * HOUR_US]
    held = [f.since_low_us <= CHANGE * HOUR_US <= f.since_high_us for f in late]
    assert len(late) >= 15
    assert np.mean(held) >= 0.9
