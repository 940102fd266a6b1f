"""Gates on a loss that is a number: entities stay with their arm, so only pairs compare like with like."""

import numpy as np
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.plan import problems
from slipway.deployment.transition import follow
from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.gate import GateKind
from slipway.records.plan_drafts import PlanTerms
from slipway.records.plan_template import default_plan
from slipway.records.rollout import Action, Decision, StageKind
from slipway.records.task import Case
from slipway.testing.rollouts import DAY_US, started

PLAN = default_plan(Case.NEW, terms=PlanTerms(metric="absolute-error", margin=1.0, maturity_s=0.0))
SHARE, ENTITIES, REQUESTS, DAYS = PLAN.stages[0].share, 200, 300, 40


def arm(loss):
    return ArmSums(
        n=len(loss), mature=len(loss), labelled=len(loss), loss=float(loss.sum()), squares=float(loss @ loss)
    )


def canary(seed, *, worse):
    """Judge each day of a canary to whose few hundred entities errors cling: some are always hard to predict."""
    rng = np.random.default_rng(seed)
    rollout, route = started(PLAN)
    hard, dealt = rng.lognormal(0, 1, ENTITIES), rng.random(ENTITIES) < SHARE
    cohorts = []
    for day in range(DAYS):
        who = rng.integers(0, ENTITIES, REQUESTS)
        live, candidate = (hard[who] * np.exp(rng.normal(0, 0.3, REQUESTS)) for _ in range(2))
        candidate = candidate * worse
        mine, apart = dealt[who], candidate - live
        cohorts.append(
            Cohort(
                start_us=day * DAY_US,
                end_us=(day + 1) * DAY_US,
                route_version=route.version,
                share=SHARE,
                candidate=arm(candidate[mine]),
                live=arm(live[~mine]),
                pairs=PairSums(
                    seen=REQUESTS, labelled=REQUESTS, n=REQUESTS, candidate_loss=float(candidate.sum()),
                    live_loss=float(live.sum()), squares=float(apart @ apart),
                ),
            )
        )  # fmt: skip
        verdict = judge(rollout, cohorts, now_us=(day + 1) * DAY_US)
        harm = next(g for g in verdict.gates if g.gate.kind is GateKind.HARM)
        if harm.decision is Decision.FAIL:
            return day + 1
    return None


def test_whom_the_deal_gave_the_candidate_is_no_harm():
    """Hard entities fall to one arm by luck, and then stay there: each day's difference of arms repeats it."""
    failed = [canary(seed, worse=1.0) for seed in range(40)]
    assert sum(day is not None for day in failed) <= 2  # promised: 1 of 100


def test_harm_in_numbers_is_found():
    assert all(canary(seed, worse=1.1) for seed in range(10))


@pytest.mark.parametrize("kind", [StageKind.CANARY, StageKind.RAMP])
def test_without_pairs_numbers_are_not_asked_about(kind):
    unpaired = default_plan(Case.NEW, terms=PlanTerms(metric="absolute-error", margin=1.0, pair=False))
    assert {g.kind for s in unpaired.stages if s.kind is kind for g in s.gates} == {GateKind.SERVICE}
    assert problems(unpaired) == ()
    asked = default_plan(Case.NEW, terms=PlanTerms(metric="error", margin=1.0, pair=False))
    assert any("harm" in p for p in problems(type(asked)(stages=asked.stages, metric="absolute-error", pair=False)))


def test_no_pair_is_no_pass():
    """A deal of numbers without a single pair holds: it has nothing to compare."""
    rollout, route = started(PLAN)
    losses = np.full(100, 1.0)
    days = [
        Cohort(start_us=t * DAY_US, end_us=(t + 1) * DAY_US, route_version=route.version, share=SHARE,
               candidate=arm(losses), live=arm(losses))
        for t in range(20)
    ]  # fmt: skip
    verdict = judge(rollout, days, now_us=20 * DAY_US)
    harm = next(g for g in verdict.gates if g.gate.kind is GateKind.HARM)
    assert (harm.decision, harm.counts["units"], verdict.action) == (Decision.HOLD, 0.0, Action.STAY)
    assert follow(verdict, rollout=rollout, route=route).route is None
