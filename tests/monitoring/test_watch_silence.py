"""Silences: told within a stated time, not learned from outages, and no other finding is lost by one."""

import msgspec
import numpy as np
import pytest

from slipway.monitoring.feed import begin_feed, take_feed
from slipway.monitoring.strands import Strand, finding_id, open_in, with_finding
from slipway.monitoring.watch import begin
from slipway.monitoring.watch_feed import take_feed_sums
from slipway.monitoring.watch_silence import due_us, take_silence
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.quality import Fault
from slipway.records.watch import FeedSums
from slipway.stats.evidence import EValue
from slipway.testing.fed import HOUR_US, fed_model, hour_of_traffic


@pytest.fixture(scope="module")
def monitor():
    return fed_model("model-1").monitor


@pytest.fixture(scope="module")
def one_hour():
    model = fed_model("model-1").model
    x = hour_of_traffic(np.random.default_rng(1), hour=12)
    rows, coder = len(x["rank"]), model.coder
    marks = coder.marks.mark(x, rows=rows)
    return FeedSums(
        start_us=0, end_us=HOUR_US, rows=rows, counts=coder.counts(coder.bins(x, rows=rows)),
        far=coder.marks.far(marks), repeats=coder.marks.repeats(marks),
    )  # fmt: skip


def at(sums, hour):
    return msgspec.structs.replace(sums, start_us=hour * HOUR_US, end_us=(hour + 1) * HOUR_US)


def waits_h(monitor, one_hour, hours):
    """Return after how many hours without a row a silence is told, once rows came in these hours."""
    feed = begin_feed(monitor.feed)
    for hour in hours:
        feed = take_feed(feed, events=monitor.feed, units=monitor.units, sums=at(one_hour, hour))
    return (due_us(feed, monitor=monitor) - feed.last_us) / HOUR_US


def test_a_feed_that_never_pauses_is_silent_after_six_hours(monitor, one_hour):
    assert waits_h(monitor, one_hour, range(100)) == 6


@pytest.mark.parametrize("outages", [1, 2])
def test_an_outage_or_two_are_not_what_is_usual(monitor, one_hour, outages):
    hours = [hour for week in range(outages + 1) for hour in range(week * 200, week * 200 + 128)]
    assert waits_h(monitor, one_hour, hours) == 6


def test_a_pause_that_comes_again_and_again_is_usual(monitor, one_hour):
    nights = [24 * day + hour for day in range(8) for hour in range(14)]
    assert waits_h(monitor, one_hour, nights) == 30  # three nights of ten hours


def test_no_silence_is_waited_for_longer_than_the_usual_one_and_three_days(monitor, one_hour):
    weekly = [24 * 7 * week + hour for week in range(6) for hour in range(10)]
    assert waits_h(monitor, one_hour, weekly) == 158 + 72


def test_a_young_feed_is_silent_after_three_days(monitor, one_hour):
    assert waits_h(monitor, one_hour, range(1)) == waits_h(monitor, one_hour, range(40)) == 72


def test_a_silence_leaves_open_drift_and_its_tests_as_they_were(monitor, one_hour):
    drift = Finding(
        id=finding_id((), model="model-1", strand=Strand.DRIFT, opened_us=HOUR_US), model="model-1",
        kind=FindingKind.DATA_DRIFT, opened_us=HOUR_US, evidence=EValue(log_e=9.0, n=9), relevant=True,
        go_back_to=Step.DATA, sentence="It moved.",
    )  # fmt: skip
    watched = begin(monitor)
    watched = msgspec.structs.replace(watched, findings=with_finding((), finding=drift), took=9, quiet=4)
    watched = take_feed_sums(watched, monitor=monitor, sums=one_hour, now_us=HOUR_US)
    silent = take_silence(watched, monitor=monitor, upto_us=80 * HOUR_US)
    again = take_feed_sums(silent, monitor=monitor, sums=at(one_hour, 80), now_us=81 * HOUR_US)
    for after in (silent, again):
        assert open_in(after.findings, strand=Strand.DRIFT) is drift
        assert (after.track, after.took, after.quiet, after.spoiled) == (watched.track, 9, 4, ())
    assert [[q.fault for q in f.quality] for f in silent.findings] == [[], [Fault.STALE]]
    assert [f.closed_us is None for f in again.findings] == [True, False]


def test_two_findings_of_one_moment_have_two_names(monitor, one_hour):
    watched = take_feed_sums(begin(monitor), monitor=monitor, sums=one_hour, now_us=HOUR_US)
    silent = take_silence(watched, monitor=monitor, upto_us=80 * HOUR_US)
    (silence,) = silent.findings
    again = finding_id(silent.findings, model="model-1", strand=Strand.SILENCE, opened_us=silence.opened_us)
    other = finding_id(silent.findings, model="model-1", strand=Strand.DRIFT, opened_us=silence.opened_us)
    assert len({silence.id, again, other}) == 3
