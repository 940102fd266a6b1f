"""Laws of the judge over all that gates may ask: pure, without order, and more questions never let more through."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.deployment import judge as rules
from slipway.deployment.judge import GATES, judge
from slipway.deployment.transition import begin
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.base import canonical
from slipway.records.facts import Approval, Facts, Watch
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Action, Decision, Plan, Stage, StageKind
from slipway.stats.evidence import EValue
from slipway.testing.rollouts import CANDIDATE, DAY_US, ROUTE, Rates, month

ASKED = {
    GateKind.NOT_WORSE: Gate(kind=GateKind.NOT_WORSE, margin=0.01, alpha=0.01, min_units=3),
    GateKind.HARM: Gate(kind=GateKind.HARM, alpha=0.01, min_units=3),
    GateKind.SERVICE: Gate(kind=GateKind.SERVICE, alpha=0.01),
    GateKind.APPROVAL: Gate(kind=GateKind.APPROVAL),
    GateKind.DRIFT: Gate(kind=GateKind.DRIFT, alpha=0.01, min_units=3),
}
STAYS = {"min_s": 0.0, "max_s": 30 * 86400.0}
KINDS = {StageKind.SHADOW: 0.0, StageKind.CANARY: 0.05, StageKind.FULL: 1.0, StageKind.WATCH: 1.0}
RATES = [Rates(candidate=0.085), Rates(), Rates(candidate=0.13)]
COHORTS = {
    (kind, i): tuple(month(rates, seed=i, share=share, days=25))
    for kind, share in KINDS.items()
    for i, rates in enumerate(RATES)
}


def rollout(kind, gates):
    stages = (Stage(name="first", kind=kind, share=KINDS[kind], gates=gates, **STAYS),)
    if kind is not StageKind.WATCH:
        stages += (Stage(name="end", kind=StageKind.WATCH, share=1.0, gates=(), **STAYS),)
    return begin("r1", route=ROUTE, candidate=CANDIDATE, plan=Plan(stages=stages), now_us=0).rollout


def finding(arm, kind):
    return Finding(
        id=f"{arm}-finding-1", model=arm, kind=kind, opened_us=8 * DAY_US, since_us=5 * DAY_US,
        evidence=EValue(log_e=9.0, n=90), relevant=True, go_back_to=Step.DATA, sentence="It moved.",
    )  # fmt: skip


words = st.builds(
    lambda by, approved, at: Approval(rollout="r1", stage="first", by=by, approved=approved, why="so", at_us=at),
    st.sampled_from(["Ada", "Ben"]), st.booleans(), st.integers(0, 26 * DAY_US),
)  # fmt: skip


def watch(arm):
    return st.builds(
        lambda upto, kind: Watch(
            arm=arm, inputs_upto_us=upto * DAY_US, outcomes_upto_us=upto * DAY_US, finding=kind and finding(arm, kind)
        ),
        st.integers(0, 25),
        st.none() | st.sampled_from([FindingKind.DATA_DRIFT, FindingKind.CONCEPT_DRIFT]),
    )


facts = st.builds(
    lambda said, *watches: Facts(approvals=tuple(said), watches=tuple(w for w in watches if w)),
    st.lists(words, max_size=3), st.none() | watch("candidate"), st.none() | watch("live"),
)  # fmt: skip
kinds = st.sampled_from(list(KINDS))
some = st.lists(st.sampled_from(list(ASKED)), min_size=1, unique=True)


def test_every_kind_of_gate_has_a_rule():
    assert set(GATES) == set(GateKind)


@settings(max_examples=80, deadline=None)
@given(kind=kinds, asked=some, which=st.integers(0, 2), known=facts, random=st.randoms())
def test_the_judge_is_pure_and_knows_no_order(kind, asked, which, known, random):
    subject, cohorts = rollout(kind, tuple(ASKED[k] for k in asked)), list(COHORTS[kind, which])
    first = judge(subject, cohorts, now_us=25 * DAY_US, facts=known)
    random.shuffle(cohorts)
    said, seen = list(known.approvals), list(known.watches)
    random.shuffle(seen)
    if len({(a.at_us, a.by) for a in said}) == len(said):
        random.shuffle(said)
    mixed = msgspec.structs.replace(known, approvals=tuple(said), watches=tuple(seen))
    assert canonical(judge(subject, cohorts, now_us=25 * DAY_US, facts=mixed)) == canonical(first)


@settings(max_examples=120, deadline=None)
@given(kind=kinds, asked=some, which=st.integers(0, 2), known=facts, data=st.data())
def test_one_more_question_never_lets_more_through(kind, asked, which, known, data):
    fewer = data.draw(st.lists(st.sampled_from(asked), min_size=1, unique=True))
    few, all_ = (
        judge(rollout(kind, tuple(ASKED[k] for k in x)), COHORTS[kind, which], now_us=25 * DAY_US, facts=known).decision
        for x in (fewer, asked)
    )
    worth = [Decision.FAIL, Decision.HOLD, Decision.PASS]
    assert worth.index(all_) <= worth.index(few)


@settings(max_examples=120, deadline=None)
@given(kind=kinds, asked=some, which=st.integers(0, 2), known=facts, late=st.integers(1, 900))
def test_a_hold_beyond_its_deadline_never_advances(kind, asked, which, known, late):
    subject = rollout(kind, tuple(ASKED[k] for k in asked))
    verdict = judge(subject, COHORTS[kind, which], now_us=(30 + late) * DAY_US, facts=known)
    if verdict.decision is Decision.HOLD:
        assert verdict.action in (Action.ROLL_BACK, Action.COMPLETE)
        if verdict.action is Action.COMPLETE:
            assert kind is StageKind.WATCH
            assert all(g.counts["units"] >= g.gate.min_units for g in verdict.gates)
    if verdict.action is Action.ADVANCE:
        assert all(g.decision is Decision.PASS for g in verdict.gates)


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), OverflowError("too large"), KeyError("lost")])
def test_a_rule_that_breaks_holds_and_meets_its_deadline(error, monkeypatch):
    def broken(gate, *, view):
        raise error

    monkeypatch.setitem(rules.GATES, GateKind.HARM, broken)
    subject = rollout(StageKind.CANARY, (ASKED[GateKind.HARM],))
    early, late = (judge(subject, COHORTS[StageKind.CANARY, 0], now_us=t * DAY_US) for t in (25, 31))
    assert (early.decision, early.action) == (Decision.HOLD, Action.STAY)
    assert type(error).__name__ in early.reason
    assert late.action is Action.ROLL_BACK
