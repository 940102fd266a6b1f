"""A plan that demands readiness: beyond the canary only with it, and only from there on."""

import msgspec
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.readiness import asks, unready
from slipway.deployment.replay import replay
from slipway.records.cohort import VerdictInputs
from slipway.records.rollout import Action, Decision, StageEntry
from slipway.testing.rollouts import DAY_US, Rates, month, plan, started

SAYS = "Stage ramp lies beyond the canary and wants a readiness of 3, and"


def at(stage, *, wanted=3.0, days=30.0):
    rollout, _ = started(msgspec.structs.replace(plan(days=days), readiness=wanted))
    return msgspec.structs.replace(rollout, entries=(StageEntry(stage=stage, at_us=0, route_version=2),))


@pytest.mark.parametrize(
    ("stage", "asked"), [("shadow", False), ("canary", True), ("ramp", True), ("full", True), ("watch", False)]
)
def test_it_is_asked_before_each_stage_beyond_the_canary(stage, asked):
    assert asks(at(stage)) is asked
    assert not asks(at(stage, wanted=None))
    assert bool(unready(at(stage), readiness=2.5)) is asked


@pytest.mark.parametrize(("readiness", "holds"), [(None, True), (0.0, True), (2.5, True), (3.0, False), (7.0, False)])
def test_enough_is_enough_and_nothing_known_is_not_enough(readiness, holds):
    said = unready(at("canary"), readiness=readiness)
    assert said.startswith(SAYS) if holds else said == ""


def test_a_canary_that_passes_its_gates_holds_until_it_is_ready_and_rolls_back_at_its_deadline():
    cohorts = month(Rates(candidate=0.07, n=5000), share=0.05)
    ready = judge(at("canary"), cohorts, now_us=25 * DAY_US, readiness=3.0)
    assert (ready.decision, ready.action, ready.readiness) == (Decision.PASS, Action.ADVANCE, 3.0)
    short = judge(at("canary"), cohorts, now_us=25 * DAY_US, readiness=2.5)
    assert (short.decision, short.action, short.readiness) == (Decision.HOLD, Action.STAY, 2.5)
    assert f"{SAYS} it is 2.5: hold." in short.reason
    assert all(g.decision is Decision.PASS for g in short.gates)
    late = judge(at("canary", days=20), cohorts, now_us=25 * DAY_US, readiness=2.5)
    assert late.action is Action.ROLL_BACK


def test_readiness_saves_no_candidate_that_fails():
    cohorts = month(Rates(candidate=0.2, n=5000), share=0.05)
    assert judge(at("canary"), cohorts, now_us=25 * DAY_US, readiness=7.0).action is Action.ROLL_BACK


def test_who_asks_for_none_gets_the_verdict_of_before():
    cohorts = month(Rates(candidate=0.07, n=5000), share=0.05)
    plain = judge(at("canary", wanted=None), cohorts, now_us=25 * DAY_US)
    assert judge(at("canary", wanted=None), cohorts, now_us=25 * DAY_US, readiness=1.0) == plain
    assert (plain.action, plain.readiness) == (Action.ADVANCE, None)


def test_a_replay_takes_the_readiness_that_was_stored():
    cohorts = tuple(month(Rates(candidate=0.07, n=5000), share=0.05))
    verdict = judge(at("canary"), cohorts, now_us=25 * DAY_US, readiness=2.5)
    inputs = VerdictInputs(
        verdict="r1-1", now_us=25 * DAY_US, upto={}, cohorts=cohorts, rollout=at("canary"), readiness=2.5
    )
    assert replay(verdict, inputs=inputs) == ()
    assert "differs in" in replay(verdict, inputs=msgspec.structs.replace(inputs, readiness=5.0))[0]
