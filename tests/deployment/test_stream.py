"""A stream that stopped holds, against the stage's own rate; a rare one is no stream, and a short pause no stop."""

import msgspec
import numpy as np
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.stream import stopped, unlabelled
from slipway.deployment.view import look
from slipway.records.cohort import DELAYS, ArmSums, Cohort, PairSums
from slipway.records.rollout import Action, Decision
from slipway.stats.log_counts import count_log
from slipway.testing.rollouts import DAY_US, Rates, day, month, plan, started

GOOD = Rates(candidate=0.09)


def waiting(days):
    """A shadow whose gate passes long before its shortest stay is over."""
    p = plan()
    stages = (msgspec.structs.replace(p.stages[0], min_s=days * 86400.0, max_s=90 * 86400.0), *p.stages[1:])
    return started(msgspec.structs.replace(p, stages=stages))[0]


def test_gates_that_passed_on_old_evidence_do_not_advance_a_stream_that_stopped():
    rollout, cohorts = waiting(40), month(GOOD, days=30)
    assert judge(rollout, month(GOOD, days=40), now_us=40 * DAY_US).action is Action.ADVANCE
    verdict = judge(rollout, cohorts, now_us=40 * DAY_US)
    assert all(g.decision is Decision.PASS for g in verdict.gates)
    assert (verdict.decision, verdict.action) == (Decision.HOLD, Action.STAY)
    assert "No request came to the candidate in the last 10 days" in verdict.reason
    assert "foretells 6,000: the stream has stopped, hold" in verdict.reason


def test_the_stop_is_seen_once_a_whole_unit_is_empty_and_ends_with_the_next_request():
    rollout, cohorts = waiting(20), month(GOOD, days=30)
    for hours, action in ((0, Action.ADVANCE), (23, Action.ADVANCE), (24, Action.STAY), (96, Action.STAY)):
        now_us = 30 * DAY_US + hours * DAY_US // 24
        assert judge(rollout, cohorts, now_us=now_us).action is action, hours
    again = day(np.random.default_rng(3), GOOD, start_us=34 * DAY_US, version=2, share=0.0)
    assert judge(rollout, [*cohorts, again], now_us=34 * DAY_US + 1).action is Action.ADVANCE


def test_a_stop_never_hides_harm():
    rollout = waiting(40)
    assert judge(rollout, month(Rates(candidate=0.14), days=30), now_us=40 * DAY_US).action is Action.ROLL_BACK


@pytest.mark.parametrize(("a_day", "empty", "stops"), [(600, 1, True), (2, 1, False), (2, 3, True), (0, 9, False)])
def test_what_stopped_means_is_told_from_the_stages_own_rate(a_day, empty, stops):
    rollout = waiting(5)
    cohorts = tuple(
        Cohort(start_us=t * DAY_US, end_us=(t + 1) * DAY_US, route_version=2, share=0.0, pairs=PairSums(seen=a_day))
        for t in range(10)
    )
    view = look(rollout, cohorts, now_us=(10 + empty) * DAY_US)
    assert bool(stopped(view)) is stops


def test_hours_are_the_unit_where_gates_count_hours():
    rollout, _ = started(plan(unit="hour", min_units=24))
    hour = DAY_US // 24
    cohorts = tuple(
        Cohort(start_us=t * hour, end_us=(t + 1) * hour, route_version=2, share=0.0, pairs=PairSums(seen=20))
        for t in range(48)
    )
    assert not stopped(look(rollout, cohorts, now_us=48 * hour + hour // 2))
    assert "in the last 1 hour," in stopped(look(rollout, cohorts, now_us=49 * hour))


def busy_day(*, last_hour):
    """A day of 20,000 requests, the newest of them at an hour."""
    pairs = PairSums(seen=20_000)
    return Cohort(start_us=0, end_us=DAY_US, route_version=2, share=0.0, pairs=pairs, last_us=last_hour * DAY_US // 24)


@pytest.mark.parametrize(("unit", "least_hours"), [("row", 6), ("hour", 1), ("day", 24)])
@pytest.mark.parametrize("last_hour", [10, 24])
def test_silence_counts_from_the_newest_request_and_not_from_the_end_of_its_day(unit, least_hours, last_hour):
    rollout, _ = started(plan(unit=unit, min_units=24))
    for hours, stops in ((least_hours - 0.1, False), (least_hours, True), (47, True)):
        now_us = round((last_hour + hours) * DAY_US / 24)
        assert bool(stopped(look(rollout, (busy_day(last_hour=last_hour),), now_us=now_us))) is stops, hours


def test_a_deadline_in_a_quiet_night_rolls_nothing_back():
    rollout, _ = started(plan(unit="row", min_units=24, days=1))
    for last_hour, hour, stops in ((10, 22, True), (20, 41, False), (20, 45, True)):  # the deadline is at 24
        view = look(rollout, (busy_day(last_hour=last_hour),), now_us=hour * DAY_US // 24)
        assert bool(stopped(view)) is stops, hour


def labelled(rate, *, days, lost):
    """Days of 600 requests of live; of the last of them no outcome came."""
    sums = [ArmSums(n=600, mature=600, labelled=0 if t >= days - lost else round(600 * rate)) for t in range(days)]
    return tuple(
        Cohort(start_us=t * DAY_US, end_us=(t + 1) * DAY_US, route_version=2, share=0.0, live=arm)
        for t, arm in enumerate(sums)
    )


@pytest.mark.parametrize(
    ("rate", "lost", "stops"), [(0.9, 1, True), (0.9, 0, False), (0.005, 1, False), (0.005, 2, True)]
)
def test_outcomes_that_stopped_are_told_from_their_own_rate(rate, lost, stops):
    rollout, _ = started(plan(maturity_s=3600.0))
    view = look(rollout, labelled(rate, days=12, lost=lost), now_us=13 * DAY_US)
    assert bool(unlabelled(view)) is stops
    assert not unlabelled(look(started(plan())[0], view.cohorts, now_us=13 * DAY_US))  # nobody waits: late, or missing?


@pytest.mark.parametrize(
    ("late_days", "now_days", "stops"), [(0.1, 12, False), (0.1, 12.2, True), (1, 13.3, False), (1, 13.7, True)]
)
def test_where_nobody_waits_outcomes_have_stopped_once_they_are_later_than_usual(late_days, now_days, stops):
    """The last of twelve days has no outcome; half as long again as the usual delay after its end, that is a stop."""
    delays = count_log([late_days * DAY_US] * 60, error=DELAYS.error)
    days = [msgspec.structs.replace(c, delays=delays) if c.live.labelled else c for c in labelled(0.1, days=12, lost=1)]
    rollout = started(plan())[0]
    said = unlabelled(look(rollout, tuple(days), now_us=round(now_days * DAY_US)))
    assert bool(said) is stops
    assert not stops or "outcomes have stopped, hold" in said
    few = [msgspec.structs.replace(c, delays=DELAYS) for c in days[1:]]
    assert not unlabelled(look(rollout, tuple(few), now_us=20 * DAY_US)), "of an older Slipway: judged as it did"


def test_gates_that_pass_on_old_outcomes_do_not_advance():
    rollout, _ = started(plan(days=90, maturity_s=3600.0))
    good, now_us = month(GOOD, days=30), 31 * DAY_US
    assert judge(rollout, good, now_us=30 * DAY_US + DAY_US // 12).action is Action.ADVANCE
    none = PairSums(seen=600)
    mute = [msgspec.structs.replace(c, live=msgspec.structs.replace(c.live, labelled=0), pairs=none) for c in good[24:]]
    verdict = judge(rollout, [*good[:24], *mute], now_us=now_us - DAY_US // 2)
    assert all(g.decision is Decision.PASS for g in verdict.gates)
    assert (verdict.decision, verdict.action) == (Decision.HOLD, Action.STAY)
    assert "None of the newest 3,600 requests that are old enough has an outcome" in verdict.reason


def test_a_job_that_runs_once_a_day_has_not_stopped_until_it_is_late():
    """Each day's requests come at one o'clock: the silence until midnight is as usual, the next day's is not."""
    rollout, _ = started(plan(unit="row"))
    hour = DAY_US // 24
    days = tuple(
        Cohort(
            start_us=t * DAY_US, end_us=(t + 1) * DAY_US, route_version=2, share=0.0,
            pairs=PairSums(seen=60), last_us=t * DAY_US + hour,
        )
        for t in range(3)
    )  # fmt: skip
    assert stopped(look(rollout, days[:1], now_us=DAY_US)), "nobody knows yet what is usual"
    assert not stopped(look(rollout, days, now_us=3 * DAY_US))
    assert stopped(look(rollout, days, now_us=3 * DAY_US + 2 * hour))
