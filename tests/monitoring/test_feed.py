"""Is what feeds the model broken? Each fault is named right within a stated number of rows; a sound feed never."""

import msgspec
import numpy as np
import pytest

from slipway.monitoring.feed import Feed, begin_feed, take_feed
from slipway.monitoring.feed_events import FeedEvents
from slipway.records.quality import Fault
from slipway.records.watch import FeedSums
from slipway.stats import state
from slipway.testing.fed import FAULTS, HOUR_US, fed_model, hour_of_traffic

WITHIN = {
    Fault.UNIT: 6000,
    Fault.EMPTY: 300,
    Fault.MISSING: 3500,
    Fault.CONSTANT: 300,
    Fault.RANGE: 2500,
    Fault.UNSEEN: 1000,
    Fault.DUPLICATES: 500,
}
"""Rows within which each fault of :mod:`slipway.testing.fed` is told."""

COLUMN = {
    Fault.UNIT: "distance",
    Fault.EMPTY: "temp",
    Fault.MISSING: "temp",
    Fault.CONSTANT: "rank",
    Fault.RANGE: "distance",
    Fault.UNSEEN: "carrier",
    Fault.DUPLICATES: "",
}


@pytest.fixture(scope="module")
def fed():
    return fed_model("model-1")


def sums_of(fed, x, *, hour):
    coder, rows = fed.model.coder, len(x["rank"])
    marks = coder.marks.mark(x, rows=rows)
    return FeedSums(
        start_us=hour * HOUR_US,
        end_us=(hour + 1) * HOUR_US,
        rows=rows,
        counts=coder.counts(coder.bins(x, rows=rows)),
        far=coder.marks.far(marks),
        repeats=coder.marks.repeats(marks),
    )


def hours(fed, *, seed, first, last, fault="", feed=None):
    """Feed hours one by one, and yield (rows so far, where the feed stands)."""
    rng = np.random.default_rng(seed)
    feed, rows = feed or begin_feed(fed.monitor.feed), 0
    for hour in range(first, last):
        sums = sums_of(fed, hour_of_traffic(rng, hour=hour, fault=fault), hour=hour)
        feed, rows = take_feed(feed, events=fed.monitor.feed, units=fed.monitor.units, sums=sums), rows + sums.rows
        yield rows, feed


def last(pairs):
    *_, (_, feed) = pairs
    return feed


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_by_its_name_within_a_stated_number_of_rows_and_dated(fed, fault):
    sound = last(hours(fed, seed=1, first=0, last=120))
    assert sound.broken == ()
    told = next(
        (rows, feed) for rows, feed in hours(fed, seed=2, first=120, last=480, fault=fault, feed=sound) if feed.broken
    )
    end = last(hours(fed, seed=2, first=120, last=240, fault=fault, feed=sound))
    (broken,) = end.broken
    assert (broken.remark.fault, broken.remark.column) == (Fault(fault), COLUMN[Fault(fault)])
    assert broken.remark.serious
    assert told[0] <= WITHIN[Fault(fault)]
    assert abs(broken.since_us // HOUR_US - 120) <= 12


def test_what_is_told_has_the_number_in_it(fed):
    sound = last(hours(fed, seed=1, first=0, last=120))
    said = {
        fault: last(hours(fed, seed=2, first=120, last=240, fault=fault, feed=sound)).broken[0].remark.detail
        for fault in ("another unit", "missing values", "duplicate rows", "empty column")
    }
    kilometres = "distance (mile) arrives about 1.609 times what it was: perhaps kilometres for miles."
    assert said["another unit"] == kilometres
    assert said["empty column"] == "temp has no value in any row."
    assert "50.0 % of the rows repeat another row" in said["duplicate rows"]
    share = float(said["missing values"].split("missing in ")[1].split(" %")[0])
    assert abs(share - 33.5) < 15  # as far as 50 rows or more tell; 5 % as ever, and 30 % of the rest


def test_a_feed_that_was_mended_is_told_to_be_well_and_may_break_again(fed):
    broken = last(hours(fed, seed=3, first=0, last=48, fault="empty column"))
    assert broken.broken
    well = last(hours(fed, seed=4, first=48, last=96, feed=broken))
    assert well.broken == ()
    assert last(hours(fed, seed=5, first=96, last=120, fault="empty column", feed=well)).broken


def test_a_restart_in_the_middle_changes_nothing(fed):
    half = last(hours(fed, seed=6, first=0, last=30, fault="constant column"))
    again = state.decode(state.encode(half), Feed)
    ends = [last(hours(fed, seed=7, first=30, last=40, fault="constant column", feed=f)) for f in (half, again)]
    assert state.encode(ends[0]) == state.encode(ends[1])


def test_a_package_of_before_has_no_feed_to_judge(fed):
    assert FeedEvents.of(msgspec.structs.replace(fed.monitor.reference, stretches=0)) is None


def test_a_bin_that_all_rows_of_a_stretch_were_in_has_a_bound_that_is_a_share(fed):
    first, *rest = fed.monitor.reference.columns
    usual = first.usual.copy()
    usual[0] = 1.0  # an hour in which nothing else was seen: it blinded every monitor of the flights
    full = msgspec.structs.replace(first, usual=usual)
    events = FeedEvents(msgspec.structs.replace(fed.monitor.reference, columns=(full, *rest)))
    assert events.bounds.max() == 1.0


@pytest.mark.calibration
def test_a_sound_feed_is_never_told_to_be_broken(fed):
    """Forty streams of 60 days, a rhythm and weather in them: with alpha = 0.001 none is expected."""
    told = [any(feed.broken for _, feed in hours(fed, seed=100 + s, first=0, last=24 * 60)) for s in range(40)]
    assert sum(told) == 0


def test_a_few_weeks_of_a_sound_feed_say_nothing(fed):
    assert not any(feed.broken for seed in (8, 9) for _, feed in hours(fed, seed=seed, first=0, last=24 * 14))
