"""BASELINE: the candidate's own loss against a level, by row and by unit, in the shadow and behind it."""

import msgspec
import pytest

from slipway.deployment.forecast import forecast
from slipway.deployment.judge import judge
from slipway.deployment.plan import explain, problems
from slipway.errors import BadInput
from slipway.records.baseline import with_levels
from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.gate import Baseline, Gate, GateKind
from slipway.records.plan_promise import spent_alpha
from slipway.records.rollout import Decision, Plan, Stage, StageKind
from slipway.testing.rollouts import started

DAY_US = 86_400_000_000
ROW = Gate(kind=GateKind.BASELINE, level=0.12, margin=0.02, unit="row", min_units=50)
DAY = msgspec.structs.replace(ROW, unit="day", min_units=5)
LOW, AT, HIGH = (0.10, 0.11, 0.09) * 5, (0.12, 0.13, 0.11) * 5, (0.2, 0.19, 0.21) * 5


def planned(gate, *, share=0.0, **terms):
    kind = StageKind.RAMP if share else StageKind.SHADOW
    stage = Stage(name=kind, kind=kind, share=share, gates=(gate,), min_s=0, max_s=300 * 86_400)
    return Plan(stages=(stage,), maturity_s=0.0, **terms)


def shadowed(*means, n=500, labelled=None, live=0.5):
    """Return days in which the candidate's shadow has these mean losses; live is far worse."""
    return [
        Cohort(
            start_us=i * DAY_US, end_us=(i + 1) * DAY_US, route_version=2, share=0.0,
            live=ArmSums(n=n, mature=n, labelled=n),
            pairs=PairSums(seen=n, labelled=labelled or n, n=n, candidate_loss=mean * n, live_loss=live * n),
        )
        for i, mean in enumerate(means)
    ]  # fmt: skip


def dealt(*means, n=500, mature=None, share=0.5):
    """Return days of a plan without pairs in which the requests dealt to the candidate have these mean losses."""
    arm = ArmSums(n=n, mature=mature or n, labelled=n)
    return [
        Cohort(
            start_us=i * DAY_US, end_us=(i + 1) * DAY_US, route_version=2, share=share, live=arm,
            candidate=msgspec.structs.replace(arm, loss=mean * n, squares=mean * n),
        )
        for i, mean in enumerate(means)
    ]  # fmt: skip


def say(cohorts, *, gate, plan=None, now_us=100 * DAY_US):
    rollout, _ = started(plan or planned(gate))
    (result,) = judge(rollout, cohorts, now_us=now_us).gates
    return result


@pytest.mark.parametrize("gate", [ROW, DAY], ids=["row", "day"])
@pytest.mark.parametrize("where", ["shadow", "dealt"])
@pytest.mark.parametrize(
    ("means", "decision"),
    [
        (LOW, Decision.PASS),
        ((0.0,) * 15, Decision.PASS),
        (HIGH, Decision.FAIL),
        (AT, Decision.HOLD),
        ((), Decision.HOLD),
    ],
)
def test_it_passes_and_fails_on_evidence_and_else_holds(gate, where, means, decision):
    """At the level itself 7,500 outcomes tell neither; by day the margin of two points takes some weeks."""
    plan = planned(gate, share=0.5, pair=False) if where == "dealt" else planned(gate)
    tight = msgspec.structs.replace(gate, margin=0.002)
    if decision is Decision.HOLD:
        plan = planned(tight, share=0.5, pair=False) if where == "dealt" else planned(tight)
    result = say((dealt if where == "dealt" else shadowed)(*means), gate=gate, plan=plan)
    assert result.decision is decision, result.reason


def test_it_is_nothing_to_it_how_bad_live_is():
    assert say(shadowed(*HIGH, live=0.9), gate=DAY).decision is Decision.FAIL
    assert say(shadowed(*LOW, live=0.01), gate=DAY).decision is Decision.PASS


def test_where_both_answer_every_request_counts_once_whoever_answered():
    """Who was dealt to the candidate may be an easy twentieth; pairs have all."""
    cohorts = [
        msgspec.structs.replace(c, share=0.05, candidate=ArmSums(n=25, mature=25, labelled=25), live=c.live)
        for c in shadowed(*HIGH)
    ]
    result = say(cohorts, gate=DAY, plan=planned(DAY, share=0.05))
    assert (result.decision, result.counts["labelled"]) == (Decision.FAIL, 15 * 500)


def test_too_few_missing_and_unfinished_days_hold():
    good = shadowed(*LOW)
    assert (
        "this stage has 7,500 outcomes of at least 9,000"
        in say(good, gate=ROW, plan=planned(msgspec.structs.replace(ROW, min_units=9000))).reason
    )
    assert "no request" in say(good[:1], gate=DAY, now_us=DAY_US - 1).reason
    assert "only 50% of the requests with an outcome" in say(shadowed(*LOW, labelled=1000), gate=DAY).reason
    lost = say(dealt(*LOW, mature=2000), gate=DAY, plan=planned(DAY, share=0.5, pair=False, missing=0.5))
    assert lost.decision is Decision.HOLD
    assert "outcomes are missing for 75%" in lost.reason
    assert "not a number" in say(shadowed(float("inf")), gate=ROW).reason


def test_a_week_of_five_requests_a_day_without_an_error_shows_nothing():
    assert say(shadowed(*(0.0,) * 7, n=5), gate=DAY).decision is Decision.HOLD


def test_losses_that_are_numbers_are_judged_by_day():
    gate = Gate(kind=GateKind.BASELINE, level=25.0, margin=1.0, min_units=5)
    plan = planned(gate, metric="absolute-error")
    assert say(shadowed(*(20.0, 21.0, 19.5) * 5), gate=gate, plan=plan).decision is Decision.PASS
    assert say(shadowed(*(30.0, 31.0, 29.5) * 5), gate=gate, plan=plan).decision is Decision.FAIL
    by_row = msgspec.structs.replace(gate, unit="row")
    assert "want unit 'day'" in problems(planned(by_row, metric="absolute-error"))[0]


def test_a_baseline_becomes_a_number_when_the_rollout_starts():
    named = Gate(kind=GateKind.BASELINE, of=Baseline.SIMPLE)
    result = say(shadowed(*LOW), gate=named)
    assert (result.decision, result.reason) == (Decision.HOLD, "nobody knows the loss of 'simple': hold.")
    (stage,) = with_levels(planned(named), levels={Baseline.SIMPLE: 0.12}).stages
    assert (stage.gates[0].level, stage.gates[0].of) == (0.12, Baseline.SIMPLE)
    with pytest.raises(BadInput, match="slipway data make"):
        with_levels(planned(named), levels={Baseline.TRIVIAL: 0.3})


def test_the_plan_says_the_level_what_it_spends_and_what_it_waits_for():
    plan = planned(msgspec.structs.replace(DAY, of=Baseline.SIMPLE))
    assert "less than +2.00 points above 12.0 %, the loss of 'simple'," in explain(plan)[0]
    (told,) = forecast(plan, traffic=None)
    assert told.waits == (GateKind.BASELINE,)
    both = Plan(stages=(*plan.stages, msgspec.structs.replace(planned(DAY, share=0.5).stages[0], name="later")))
    assert spent_alpha(both) == 0.05  # one sequence through all stages


@pytest.mark.parametrize(
    "wrong", [{}, {"level": 0.0}, {"level": float("nan")}, {"level": 0.1, "tolerance": 1.0}], ids=str
)
def test_a_level_that_means_nothing_is_refused(wrong):
    with pytest.raises(BadInput):
        Gate(kind=GateKind.BASELINE, **wrong)
