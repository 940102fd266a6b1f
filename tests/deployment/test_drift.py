"""Drift as a gate: a finding that matters holds; it fails only the candidate whose concept alone moved."""

import pytest

from slipway.deployment.judge import judge
from slipway.deployment.transition import begin
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.facts import Facts, Watch
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Action, Decision, Plan, Stage, StageKind
from slipway.stats.evidence import EValue
from slipway.testing.rollouts import CANDIDATE, DAY_US, ROUTE, month

GATE = Gate(kind=GateKind.DRIFT, alpha=0.01, min_units=7)
STAGES = (
    Stage(name="shadow", kind=StageKind.SHADOW, share=0.0, gates=(GATE,), min_s=0.0, max_s=60 * 86400.0),
    Stage(name="watch", kind=StageKind.WATCH, share=1.0, gates=(GATE,), min_s=0.0, max_s=60 * 86400.0),
)
NOW = 20 * DAY_US


def finding(arm="candidate", *, kind=FindingKind.CONCEPT_DRIFT, relevant=True, log_e=9.0, since=4, opened=8):
    return Finding(
        id=f"{arm}-finding-1", model=arm, kind=kind, opened_us=opened * DAY_US, since_us=since * DAY_US,
        evidence=EValue(log_e=log_e, n=500), relevant=relevant, go_back_to=Step.DATA, sentence="Delays grew.",
    )  # fmt: skip


def watch(arm="candidate", *, found=None, upto=20):
    return Watch(arm=arm, inputs_upto_us=upto * DAY_US, outcomes_upto_us=upto * DAY_US, finding=found)


def judged(*watches, cohorts=None, now_us=NOW):
    rollout = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=Plan(stages=STAGES), now_us=0).rollout
    seen = month(days=20) if cohorts is None else cohorts
    return judge(rollout, seen, now_us=now_us, facts=Facts(watches=watches))


def test_no_monitor_holds_and_a_monitor_that_saw_enough_passes():
    assert "no monitor watches the candidate" in judged().reason
    assert judged().decision is Decision.HOLD
    assert judged(watch("live")).decision is Decision.HOLD
    assert judged(watch()).action is Action.ADVANCE


def test_no_data_holds():
    assert judged(watch(), cohorts=[]).decision is Decision.HOLD  # slices without a row
    assert judged(watch(upto=6)).decision is Decision.HOLD  # six days of seven
    assert judged(watch(upto=0)).decision is Decision.HOLD


def test_a_finding_that_does_not_matter_keeps_nobody():
    assert judged(watch(found=finding(relevant=False))).decision is Decision.PASS


def test_concept_drift_of_the_candidate_alone_fails():
    verdict = judged(watch(found=finding()), watch("live"))
    assert verdict.action is Action.ROLL_BACK
    assert "it is the candidate that no longer holds" in verdict.reason
    assert verdict.gates[0].harm.log_e == 9.0


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [
        (finding(kind=FindingKind.DATA_DRIFT), watch("live"), "what comes in is not what it learned from"),
        (finding(), None, "no monitor watches live"),
        (finding(), watch("live", upto=11), "has as long again to show it"),
        (finding(log_e=4.0), watch("live"), "100 : 1 fails"),
    ],
)
def test_what_is_not_surely_the_candidates_own_holds(mine, theirs, why):
    verdict = judged(watch(found=mine, upto=12 if theirs else 20), *([theirs] if theirs else []))
    assert verdict.decision is Decision.HOLD
    assert why in verdict.reason
    assert verdict.alert == ""


@pytest.mark.parametrize("kind", [FindingKind.CONCEPT_DRIFT, FindingKind.BOTH, FindingKind.DATA_DRIFT])
def test_both_arms_drifting_alike_is_the_world_hold_and_alert(kind):
    verdict = judged(watch(found=finding(kind=kind)), watch("live", found=finding("live", kind=kind)))
    assert verdict.decision is Decision.HOLD
    assert verdict.alert.startswith("Both arms drifted together, so the world changed")
    assert "live-finding-1" in verdict.alert


def test_a_watch_does_not_end_well_on_an_open_finding():
    plan = Plan(stages=STAGES[1:])
    rollout = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=plan, now_us=0).rollout
    seen, end = month(share=1.0, days=61), 60 * DAY_US + 1
    moved = watch(found=finding(kind=FindingKind.DATA_DRIFT), upto=60)
    assert judge(rollout, seen, now_us=end, facts=Facts(watches=(moved,))).action is Action.ROLL_BACK
