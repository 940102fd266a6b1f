"""Beta and the relevant harm: stated, kept by gates, said in words; and pairs of the shadow that carry over."""

import msgspec
import numpy as np
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.plan import explain, problems
from slipway.deployment.transition import follow
from slipway.errors import BadInput
from slipway.records.gate import Gate, GateKind
from slipway.records.plan_drafts import GateDraft, PlanTerms, StageDraft
from slipway.records.plan_promise import passing_harm
from slipway.records.plan_template import complete, default_plan
from slipway.records.rollout import Action, Decision, Plan, Stage, StageKind
from slipway.records.task import Case
from slipway.testing.rollouts import DAY_US, Rates, day, month, plan, started

TERMS = PlanTerms(metric="error", margin=0.01, beta=0.2)


def with_beta(p, beta):
    stages = tuple(
        msgspec.structs.replace(
            s,
            gates=tuple(msgspec.structs.replace(g, beta=beta) if g.kind is GateKind.NOT_WORSE else g for g in s.gates),
        )
        for s in p.stages
    )
    return msgspec.structs.replace(p, stages=stages, beta=beta)


@pytest.mark.parametrize("unit", ["day", "row"])
def test_a_larger_beta_passes_sooner_and_fails_as_before(unit):
    def first(p, rates, decision):
        rollout, _ = started(p)
        cohorts = month(rates, days=60, seed=2)
        for t in range(1, 61):
            if judge(rollout, cohorts[:t], now_us=t * DAY_US).decision is decision:
                return t
        return 99

    sure, bold = plan(unit=unit), with_beta(plan(unit=unit), 0.2)
    assert first(bold, Rates(candidate=0.1), Decision.PASS) < first(sure, Rates(candidate=0.1), Decision.PASS)
    assert first(bold, Rates(candidate=0.13), Decision.FAIL) == first(sure, Rates(candidate=0.13), Decision.FAIL) < 60


def test_the_verdict_says_the_limit_that_a_pass_is_read_from():
    rollout, _ = started(with_beta(plan(), 0.2))
    assert "but for 20 % of such candidates" in judge(rollout, month(), now_us=25 * DAY_US).reason
    rows, _ = started(with_beta(plan(unit="row"), 0.2))
    assert "(100 : 1 fails, 5 : 1 passes)" in judge(rows, month(), now_us=25 * DAY_US).reason


@pytest.mark.parametrize("case", [Case.REPLACE, Case.ASSIST, Case.NEW])
def test_a_template_keeps_the_beta_it_states_and_says_so(case):
    p = default_plan(case, terms=TERMS)
    assert passing_harm(p) == (0.01, 0.2)
    assert "worse than live by 1.00 points or more gets through with chance 20.0 % at most." in explain(p)[-1]


def test_without_beta_harm_of_the_margin_passes_with_the_gates_alpha():
    p = default_plan(Case.REPLACE, terms=PlanTerms(metric="error", margin=0.01))
    alpha = next(g.alpha for g in p.stages[0].gates if g.kind is GateKind.NOT_WORSE)
    assert passing_harm(p) == (0.01, alpha)


def test_a_plan_that_proves_nothing_promises_nothing():
    p = default_plan(Case.NEW, terms=PlanTerms(metric="error", margin=0.01, pair=False))
    assert passing_harm(p) is None
    assert "nothing is promised of how often harm gets through" in explain(p)[-1]


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"beta": 0.1, "pair": False}, "want a gate 'not-worse' before the watch, got none"),
        ({"relevant": 0.005}, "with a margin of at most 0.005"),
    ],
)
def test_a_promise_that_no_gate_keeps_is_refused(terms, says):
    with pytest.raises(BadInput, match=says):
        default_plan(Case.NEW, terms=PlanTerms(metric="error", margin=0.01, **terms))


def test_a_pass_in_the_watch_alone_keeps_nothing_out_for_a_watch_may_end_without_one():
    proof = Gate(kind=GateKind.NOT_WORSE, margin=0.01)
    watch = Stage(name="watch", kind=StageKind.WATCH, share=1.0, gates=(proof,), min_s=0, max_s=1)
    assert passing_harm(Plan(stages=(watch,))) is None
    assert problems(Plan(stages=(watch,), beta=0.1))


def test_gates_that_pass_more_easily_than_the_plan_says_are_refused():
    loose = (StageDraft(name="full", kind=StageKind.FULL, gates=(GateDraft(kind=GateKind.NOT_WORSE, beta=0.4),)),)
    with pytest.raises(BadInput, match=r"want 0.2 kept by a gate 'not-worse', got 0.4 at best"):
        complete(loose, terms=TERMS)
    with pytest.raises(BadInput, match="want 0 < beta < 1, on not-worse only"):
        Gate(kind=GateKind.HARM, beta=0.1)


def test_pairs_of_the_shadow_carry_over_into_the_canary():
    """The shadow compared both arms on the same requests, whoever answered: the canary need not begin anew."""
    rates = Rates(candidate=0.095)
    rollout, route = started(plan())
    shadow = month(rates, days=25)
    verdict = judge(rollout, shadow, now_us=25 * DAY_US)
    assert verdict.action is Action.ADVANCE
    rollout, route = follow(verdict, rollout=rollout, route=route)
    rng = np.random.default_rng(5)
    fresh = [day(rng, rates, start_us=(25 + t) * DAY_US, version=route.version, share=0.05) for t in range(3)]

    def proof(cohorts):
        made = judge(rollout, cohorts, now_us=28 * DAY_US)
        return next(g for g in made.gates if g.gate.kind is GateKind.NOT_WORSE)

    carried, alone = proof(shadow + fresh), proof(fresh)
    assert (carried.decision, carried.counts["units"], carried.counts["pairs"]) == (Decision.PASS, 3, 28 * 600)
    assert (alone.decision, alone.counts["pairs"]) == (Decision.HOLD, 3 * 600)
    assert proof(shadow + fresh[:2]).decision is Decision.HOLD  # the canary itself has to last as long as it says
    assert "the pairs of the stages before count too" in " ".join(explain(plan()))
    assert "the pairs of the stages before" not in explain(plan())[0]
