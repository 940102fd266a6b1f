"""The last watch completes on what it saw, never on silence: of requests, of outcomes, or of a rule that broke."""

import msgspec
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.transition import follow
from slipway.records.rollout import Action, Decision
from slipway.testing.rollouts import DAY_US, Rates, month, plan, started

END_US = 14 * DAY_US + 1


def watching(*, missing=0.5):
    """A watch of two weeks whose gates never pass, for no margin is left to prove."""
    p = msgspec.structs.replace(plan(days=14, margin=0.0), missing=missing)
    rollout, route = started(p)
    while rollout.stage().name != "watch":
        verdict = msgspec.structs.replace(judge(rollout, [], now_us=0), action=Action.ADVANCE)
        rollout, route = follow(verdict, rollout=rollout, route=route)
    return rollout, month(share=1.0, version=route.version, days=14)


def without_outcomes(cohort, share):
    arm = cohort.candidate
    lost = round(share * arm.mature)
    return msgspec.structs.replace(cohort, candidate=msgspec.structs.replace(arm, labelled=arm.mature - lost))


def test_a_watch_that_saw_traffic_and_outcomes_to_its_end_completes():
    rollout, cohorts = watching()
    verdict = judge(rollout, cohorts, now_us=END_US)
    assert (verdict.decision, verdict.action) == (Decision.HOLD, Action.COMPLETE)


def test_a_watch_whose_traffic_stopped_rolls_back_and_says_so():
    rollout, cohorts = watching()
    verdict = judge(rollout, cohorts[:4], now_us=END_US)
    assert verdict.action is Action.ROLL_BACK
    assert "No request came to the candidate in the last 10 days" in verdict.reason


@pytest.mark.parametrize(("accepted", "action"), [(0.5, Action.ROLL_BACK), (0.9, Action.COMPLETE)])
def test_a_watch_whose_outcomes_are_missing_beyond_what_the_plan_takes_rolls_back(accepted, action):
    rollout, cohorts = watching(missing=accepted)
    verdict = judge(rollout, [without_outcomes(c, 0.81) for c in cohorts], now_us=END_US)
    assert verdict.action is action
    assert "no outcome (81.0%)" in verdict.reason


def test_a_watch_in_a_world_that_changed_rolls_back():
    rollout, cohorts = watching()
    past = [msgspec.structs.replace(c, route_version=2) for c in month(Rates(candidate=0.1))]
    moved = month(Rates(live=0.3, candidate=0.3), share=1.0, version=cohorts[0].route_version, days=14)
    moved = [
        msgspec.structs.replace(c, start_us=c.start_us + 25 * DAY_US, end_us=c.end_us + 25 * DAY_US) for c in moved
    ]
    entries = tuple(msgspec.structs.replace(e, at_us=25 * DAY_US) for e in rollout.entries[-1:])
    late = msgspec.structs.replace(rollout, entries=(*rollout.entries[:-1], *entries))
    verdict = judge(late, [*past, *moved], now_us=25 * DAY_US + END_US)
    assert verdict.alert.startswith("Both arms got worse together")
    assert verdict.action is Action.ROLL_BACK


def test_sums_that_overflow_a_rule_hold_and_the_deadline_rolls_back():
    rollout, cohorts = watching()
    huge = [msgspec.structs.replace(c, pairs=msgspec.structs.replace(c.pairs, candidate_loss=1e200)) for c in cohorts]
    past = [
        msgspec.structs.replace(c, route_version=2, start_us=c.start_us - 30 * DAY_US, end_us=c.end_us - 30 * DAY_US)
        for c in huge
    ]
    assert judge(rollout, [*past, *huge], now_us=14 * DAY_US).action is Action.STAY
    verdict = judge(rollout, [*past, *huge], now_us=END_US)
    assert verdict.action is Action.ROLL_BACK
    assert "Whether the world changed cannot be judged" in verdict.reason


def test_a_watch_whose_outcomes_stopped_rolls_back_though_few_are_missing_of_all():
    rollout, cohorts = watching()
    waits = msgspec.structs.replace(rollout, plan=msgspec.structs.replace(rollout.plan, maturity_s=3600.0))
    assert judge(waits, cohorts, now_us=END_US).action is Action.COMPLETE
    verdict = judge(waits, [*cohorts[:8], *(without_outcomes(c, 1.0) for c in cohorts[8:])], now_us=END_US)
    assert verdict.action is Action.ROLL_BACK
    assert "outcomes have stopped" in verdict.reason
