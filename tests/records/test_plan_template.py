"""A plan's defaults: stages by case, gates by stage, and an alpha that is never spent twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.deployment.plan import check_plan
from slipway.errors import BadInput
from slipway.records.gate import Better, GateKind
from slipway.records.plan_drafts import GateDraft, PlanTerms, StageDraft
from slipway.records.plan_promise import spent_alpha
from slipway.records.plan_template import complete, default_plan, default_stages
from slipway.records.rollout import StageKind
from slipway.records.task import Case

TERMS = PlanTerms(metric="error", margin=0.01)
DAY_S = 86400


@pytest.mark.parametrize("case", Case)
@pytest.mark.parametrize("pair", [True, False])
@pytest.mark.parametrize("unit", ["row", "hour", "day"])
def test_the_gates_of_a_default_plan_spend_the_plans_alpha(case, pair, unit):
    plan = default_plan(case, terms=PlanTerms(metric="error", margin=0.01, alpha=0.07, pair=pair, unit=unit))
    assert spent_alpha(plan) == pytest.approx(0.07)


@pytest.mark.parametrize("case", Case)
def test_shares_grow_and_every_stage_asks_something(case):
    plan = default_plan(case, terms=TERMS)
    shares = [s.share for s in plan.stages]
    assert shares == sorted(shares)
    assert all(stage.gates and stage.min_s < stage.max_s for stage in plan.stages)
    assert check_plan(plan) is plan
    assert check_plan(default_plan(case, terms=PlanTerms(metric="error", margin=0.01, pair=False)))
    assert [s.kind for s in plan.stages][-2:] == [StageKind.FULL, StageKind.WATCH]


def test_each_case_starts_its_own_way():
    first = {case: default_plan(case, terms=TERMS).stages[0] for case in Case}
    assert first[Case.NEW].kind is StageKind.CANARY
    assert first[Case.REPLACE].min_s == 7 * DAY_S
    assert first[Case.ASSIST].min_s == 14 * DAY_S


def test_unpaired_plans_ask_no_paired_question_where_requests_are_dealt():
    plan = default_plan(Case.NEW, terms=PlanTerms(metric="error", margin=0.01, pair=False))
    assert GateKind.NOT_WORSE not in {g.kind for s in plan.stages for g in s.gates}
    assert [s.gates for s in plan.stages if s.share == 1] == [(), ()]


def test_a_sequence_is_paid_for_once_and_a_fresh_start_again():
    both = [
        StageDraft(name="canary", kind=StageKind.CANARY, gates=(GateDraft(kind=GateKind.HARM),)),
        StageDraft(name="ramp", kind=StageKind.RAMP, share=0.5, gates=(GateDraft(kind=GateKind.HARM),)),
    ]
    assert complete(both, terms=TERMS).stages[1].gates[0].alpha == 0.05
    fresh = [*both, StageDraft(name="watch", kind=StageKind.WATCH, gates=(GateDraft(kind=GateKind.HARM),))]
    assert [s.gates[0].alpha for s in complete(fresh, terms=TERMS).stages] == [0.025] * 3


def test_what_is_stated_is_kept():
    draft = StageDraft(
        name="slow", kind=StageKind.RAMP, share=0.3, min_s=1.0, max_s=2.0,
        gates=(GateDraft(kind=GateKind.NOT_WORSE, margin=0.2, alpha=0.01, unit="hour", min_units=9),),
    )  # fmt: skip
    stage = complete([draft], terms=TERMS).stages[0]
    gate = stage.gates[0]
    assert (stage.share, stage.min_s, stage.max_s) == (0.3, 1.0, 2.0)
    assert (gate.margin, gate.alpha, gate.unit, gate.min_units) == (0.2, 0.01, "hour", 9)


def test_a_short_deadline_shortens_the_stay_and_a_long_stay_moves_the_deadline():
    drafts = [
        StageDraft(name="shadow", kind=StageKind.SHADOW, max_s=60.0),
        StageDraft(name="canary", kind=StageKind.CANARY, min_s=365.0 * DAY_S),
    ]
    stages = complete(drafts, terms=TERMS).stages
    assert stages[0].min_s == stages[0].max_s == 60
    assert stages[1].min_s == stages[1].max_s == 365 * DAY_S


def test_a_ramp_without_a_share_is_refused():
    with pytest.raises(BadInput, match="want a share, got none"):
        complete([StageDraft(name="ramp", kind=StageKind.RAMP)], terms=TERMS)


@pytest.mark.parametrize(("stated", "others"), [(0.06, False), (0.05, True)])
def test_alphas_that_overspend_are_refused(stated, others):
    gates = (GateDraft(kind=GateKind.HARM, alpha=stated), *([GateDraft(kind=GateKind.SERVICE)] if others else []))
    with pytest.raises(BadInput, match="sum to at most the plan's"):
        complete([StageDraft(name="canary", kind=StageKind.CANARY, gates=gates)], terms=TERMS)


alphas = st.none() | st.floats(1e-6, 0.2)
plain = [k for k in GateKind if k not in (GateKind.METRIC, GateKind.AGREEMENT, GateKind.ANCHORING, GateKind.BASELINE)]
units = st.none() | st.sampled_from(["row", "hour", "day"])
gate_drafts = (
    st.builds(GateDraft, kind=st.sampled_from(plain), alpha=alphas, unit=units)
    | st.builds(
        GateDraft, kind=st.just(GateKind.METRIC), alpha=alphas, unit=units, metric=st.sampled_from(["sales", "calls"]),
        better=st.sampled_from(Better), margin=st.just(1.0),
    )
    | st.builds(
        GateDraft, kind=st.sampled_from([GateKind.AGREEMENT, GateKind.BASELINE]), alpha=alphas, unit=units,
        level=st.floats(0.5, 0.99),
    )
)  # fmt: skip


@given(gates=st.lists(st.lists(gate_drafts, max_size=4), min_size=1, max_size=6), alpha=st.floats(1e-4, 0.5))
def test_no_plan_spends_more_than_its_alpha(gates, alpha):
    kinds = list(StageKind)
    drafts = [
        StageDraft(name=f"s{i}", kind=kinds[i % len(kinds)], share=0.5, gates=tuple(g)) for i, g in enumerate(gates)
    ]
    try:
        plan = complete(drafts, terms=PlanTerms(metric="error", margin=0.0, alpha=alpha))
    except BadInput:
        return
    assert spent_alpha(plan) <= alpha * (1 + 1e-9)


def test_default_stages_are_drafts_that_a_person_could_have_written():
    assert [d.name for d in default_stages(Case.NEW)] == ["canary", "ramp-25", "ramp-50", "full", "watch"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (GateDraft(kind=GateKind.AGREEMENT, level=0.9), GateDraft(kind=GateKind.AGREEMENT, level=0.9, tolerance=0.5)),
        (GateDraft(kind=GateKind.LATENCY), GateDraft(kind=GateKind.LATENCY, margin=0.3)),
        (
            GateDraft(kind=GateKind.METRIC, metric="spend", better=Better.HIGHER, margin=1.0),
            GateDraft(kind=GateKind.METRIC, metric="spend", better=Better.HIGHER, margin=2.0),
        ),
    ],
    ids=lambda g: g.kind.value,
)
def test_what_is_tested_another_way_is_another_sequence_and_paid_for_on_its_own(one, other):
    def plan(second):
        stages = [
            StageDraft(name="canary", kind=StageKind.CANARY, gates=(one,)),
            StageDraft(name="ramp", kind=StageKind.RAMP, share=0.5, gates=(second,)),
        ]
        return complete(stages, terms=TERMS)

    assert [s.gates[0].alpha for s in plan(one).stages] == [0.05] * 2
    assert [s.gates[0].alpha for s in plan(other).stages] == [0.025] * 2
    assert spent_alpha(plan(other)) == pytest.approx(0.05)
