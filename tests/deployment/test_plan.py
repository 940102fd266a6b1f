"""A plan is checked, told in words, and has an outlook that agrees with what happens."""

import msgspec
import numpy as np
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.outlook import Traffic, outlook, shortest_s
from slipway.deployment.plan import check_plan, explain, problems
from slipway.deployment.replay import TOLD, differs, replay
from slipway.errors import BadInput
from slipway.records.cohort import VerdictInputs
from slipway.records.gate import Gate, GateKind
from slipway.records.plan_drafts import PlanTerms
from slipway.records.plan_template import default_plan
from slipway.records.rollout import Plan, Stage, StageKind
from slipway.records.task import Case
from slipway.testing.rollouts import DAY_US, Rates, month, plan, simulate, started


def stage(name, kind, share):
    return Stage(name=name, kind=kind, share=share, gates=(), min_s=0, max_s=1)


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        ([stage("s", StageKind.SHADOW, 0.1)], "want share 0 in a shadow stage, got 0.1"),
        ([stage("c", StageKind.CANARY, 1.0)], "want share 0 < share < 1 in a canary stage"),
        ([stage("f", StageKind.FULL, 0.5)], "want share 1 in a full stage"),
        ([stage("b", StageKind.RAMP, 0.5), stage("a", StageKind.RAMP, 0.25)], "want a share of at least 0.5 as before"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_with_the_stage_and_the_way_out(stages, says):
    assert says in problems(Plan(stages=tuple(stages)))[0]
    with pytest.raises(BadInput, match="plan: stage"):
        check_plan(Plan(stages=tuple(stages)))


@pytest.mark.parametrize("case", list(Case))
@pytest.mark.parametrize("pair", [True, False])
def test_every_default_plan_can_be_followed_and_told(case, pair):
    made = default_plan(case, terms=PlanTerms(metric="error", margin=0.005, pair=pair))
    assert problems(made) == ()
    told = explain(made)
    assert len(told) == len(made.stages) + 1
    assert "5.0 % at most" in told[-1]
    assert outlook(made, traffic=Traffic(requests_s=1.0, error=0.1))


def test_the_outlook_for_a_doubling_is_what_the_issue_of_power_says():
    """At 40 requests a second and 2 % errors, a 5 % canary that errs twice as often is found within about 7 minutes."""
    made = plan(alpha=0.25, maturity_s=0.0)  # each gate then has 5 %
    told = " ".join(outlook(made, traffic=Traffic(requests_s=40.0, error=0.02)))
    assert "A candidate that errs on 4.0 % instead of 2.0 % is found in" in told
    minutes = float(told.split("is found in ")[1].split(" minutes")[0])
    assert 2 < minutes < 7.5


def test_the_outlook_for_equal_arms_is_about_what_a_simulated_rollout_takes():
    told = outlook(plan(), traffic=Traffic(requests_s=600 / 86400, error=0.1, discordance=0.0392))
    days = int(next(s for s in told if s.startswith("Arms that are equal")).split(" in ")[1].split(" ")[0])
    taken = []
    for seed in range(15):
        _, verdicts = simulate(seed, Rates(), plan=plan())
        taken.append(sum(v.stage == "shadow" for v in verdicts))
    assert 0.6 * days < np.median(taken) < 1.7 * days


def test_a_replay_of_true_inputs_differs_in_nothing_and_of_false_ones_says_in_what():
    rollout, _ = started(plan())
    cohorts = tuple(month(Rates(candidate=0.09)))
    verdict = judge(rollout, cohorts, now_us=25 * DAY_US)
    inputs = VerdictInputs(verdict="r1-1", now_us=25 * DAY_US, upto={}, cohorts=cohorts, rollout=rollout)
    assert replay(verdict, inputs=inputs, cohorts=cohorts) == ()
    forged = msgspec.structs.replace(verdict, reason="all is well")
    (words,) = replay(forged, inputs=inputs)
    assert words == f"{TOLD} verdict r1-1 says the same in other words or with more counts (reason)."
    assert not differs([words])
    other = (*cohorts[:-1], msgspec.structs.replace(cohorts[-1], share=0.5))
    (said,) = replay(verdict, inputs=inputs, cohorts=other)
    assert "stored and summed anew differ" in said
    assert "not in the journal" in replay(verdict, inputs=inputs, cohorts=cohorts[:-1])[0]


def test_a_persons_word_takes_no_day_and_what_the_answers_show_waits_for_no_outcome():
    def least(*gates):
        stage = Stage(name="canary", kind=StageKind.CANARY, share=0.05, gates=gates, min_s=0.0, max_s=9e6)
        return shortest_s(stage, plan=Plan(stages=(stage,), maturity_s=5 * 86400.0))

    assert least(Gate(kind=GateKind.APPROVAL, min_units=1), Gate(kind=GateKind.SERVICE, unit="row")) == 0.0
    assert least(Gate(kind=GateKind.LATENCY, min_units=2, margin=0.1)) == 2 * 86400.0
    assert least(Gate(kind=GateKind.HARM, min_units=2)) == 7 * 86400.0
