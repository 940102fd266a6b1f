"""Routes of a rollout: a ramp only adds entities, a rollback restores what was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.deployment.ramp import route_for
from slipway.deployment.transition import begin, roll_back
from slipway.errors import BadInput, Conflict
from slipway.records.arm import Arm, ArmKind
from slipway.records.rollout import RolloutStatus
from slipway.records.route import Route, Share, assign
from slipway.testing.rollouts import CANDIDATE, DAY_US, LIVE, ROUTE, plan, started


def routes():
    p = plan()
    rollout, route = started(p)
    made = [route]
    for stage in p.stages[1:]:
        made.append(route_for(stage, rollout=rollout, present=made[-1]))
    return rollout, made


@given(st.text(min_size=1, max_size=12))
def test_an_entity_that_has_the_candidate_keeps_it(entity):
    _, made = routes()
    arms = [assign(route, entity) for route in made]
    assert arms[0] == "live"
    assert arms[-1] == "candidate"
    assert arms == sorted(arms, reverse=True)  # 'live' ... then 'candidate' for good


def test_each_stage_pairs_the_arms_and_live_steps_in():
    _, made = routes()
    assert [r.shadows for r in made] == [
        ("candidate",),
        ("candidate", "live"),
        ("candidate", "live"),
        ("live",),
        ("live",),
    ]
    assert {r.fallback for r in made} == {"live"}
    assert [r.version for r in made] == [2, 3, 4, 5, 6]
    assert len({r.salt for r in made}) == 1
    assert made[0].salt != ROUTE.salt


def test_rolling_back_restores_live_and_the_fallback_before():
    rule = Arm(name="rule", kind=ArmKind.RULE, rule="x > 0")
    before = Route(
        name="main",
        version=7,
        salt="s",
        shares=(Share(arm="live", share=1.0),),
        fallback="rule",
        shadows=("rule",),
        arms=(LIVE, rule),
    )
    rollout, route = begin("r1", route=before, candidate=CANDIDATE, plan=plan(), now_us=0)
    assert (route.fallback, route.shadows) == ("live", ("candidate", "rule"))
    ended, back = roll_back(rollout, route=route, now_us=DAY_US)
    assert (back.version, back.fallback, back.shadows) == (9, "rule", ("rule",))
    assert (back.shares, {a.name for a in back.arms}) == (before.shares, {"live", "rule"})
    assert (ended.status, ended.ended_us) == (RolloutStatus.ROLLED_BACK, DAY_US)
    with pytest.raises(Conflict, match="rolled back"):
        roll_back(ended, route=back, now_us=DAY_US)


def test_a_divided_route_and_a_live_candidate_are_refused():
    _, made = routes()
    with pytest.raises(Conflict, match="one arm with all of it"):
        begin("r2", route=made[1], candidate=CANDIDATE, plan=plan(), now_us=0)
    with pytest.raises(Conflict, match="live already"):
        begin("r2", route=ROUTE, candidate=LIVE, plan=plan(), now_us=0)
    with pytest.raises(BadInput, match="pair is false"):
        begin("r2", route=ROUTE, candidate=CANDIDATE, plan=plan(pair=False), now_us=0)
