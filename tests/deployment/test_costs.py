"""Gates where errors cost differently: the plan chooses the test, not the rows that came so far."""

import msgspec
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.plan import explain
from slipway.records.cohort import Cohort, PairSums
from slipway.records.gate import GateKind
from slipway.records.rollout import Decision, StageKind
from slipway.testing.rollouts import DAY_US, month, plan, started

EQUAL = plan(unit="row", min_units=1)
COSTLY = msgspec.structs.replace(EQUAL, errors_cost_one=False)


def judged(p, *, stage, cohorts):
    """Judge a plan that has nothing but this stage."""
    alone = msgspec.structs.replace(p, stages=tuple(s for s in p.stages if s.name == stage))
    return judge(started(alone)[0], cohorts, now_us=25 * DAY_US)


def cheap_errors(n=15):
    """Return rows of which the candidate alone got a few wrong, at cost 1: live's dear errors have not come yet."""
    pairs = PairSums(seen=200, labelled=200, n=200, only_candidate=n, candidate_loss=float(n), squares=float(n))
    return [Cohort(start_us=0, end_us=DAY_US, route_version=2, share=0.0, pairs=pairs)]


@pytest.mark.parametrize(("stage", "kind"), [("shadow", GateKind.NOT_WORSE), ("watch", GateKind.HARM)])
def test_until_a_dear_error_comes_cheap_ones_are_not_judged_by_count(stage, kind):
    by_count, by_cost = (
        next(g for g in judged(p, stage=stage, cohorts=cheap_errors()).gates if g.gate.kind is kind)
        for p in (EQUAL, COSTLY)
    )
    assert (by_count.decision, by_count.interval is None) == (Decision.FAIL, True)
    assert by_cost.decision is not Decision.FAIL
    assert by_cost.harm is None
    assert by_cost.interval is not None


def test_the_deal_says_that_it_counts_errors():
    canary = month(share=0.05)
    said = {p: judged(p, stage="canary", cohorts=canary).gates[1].reason for p in (EQUAL, COSTLY)}
    assert "whatever they cost" in said[COSTLY]
    assert "whatever they cost" not in said[EQUAL]
    told = dict(zip((s.kind for s in COSTLY.stages), explain(COSTLY), strict=False))
    assert "whatever they cost" in told[StageKind.CANARY]
    assert "whatever they cost" not in told[StageKind.WATCH] + " ".join(explain(EQUAL))
