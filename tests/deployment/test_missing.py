"""Outcomes that never come: counted, shown, and beyond what the plan accepts, or more of one arm, they hold."""

import msgspec
import pytest

from slipway.deployment.judge import judge
from slipway.errors import BadInput
from slipway.records.gate import GateKind
from slipway.records.rollout import Decision, Plan
from slipway.testing.rollouts import DAY_US, Rates, month, plan, started


def lacking(cohorts, *, live=0.0, candidate=0.0):
    """The same cohorts, in which so many outcomes more were waited for in vain, as a share of those that came."""

    def less(arm, share):
        return msgspec.structs.replace(arm, n=round(arm.n / (1 - share)), mature=round(arm.mature / (1 - share)))

    return [
        msgspec.structs.replace(c, candidate=less(c.candidate, candidate), live=less(c.live, live)) for c in cohorts
    ]


def judged(cohorts, *, accepted=0.5, stage=0):
    p = msgspec.structs.replace(plan(), missing=accepted)
    p = msgspec.structs.replace(p, stages=p.stages[stage:])
    rollout, _ = started(p)
    return judge(rollout, cohorts, now_us=25 * DAY_US)


def gate(verdict, kind):
    return next(g for g in verdict.gates if g.gate.kind is kind)


def test_missing_outcomes_are_counted_and_shown_where_they_keep_nobody():
    verdict = judged(lacking(month(Rates(candidate=0.09)), live=0.2))
    assert verdict.decision is Decision.PASS
    told = gate(verdict, GateKind.NOT_WORSE)
    assert told.counts["missing_live"] == 25 * 150
    assert "of 18,750 requests old enough 3,750 have no outcome (20.0%)" in told.reason
    assert "have no outcome" not in judged(month(Rates(candidate=0.09))).reason


@pytest.mark.parametrize(("share", "accepted", "says"), [(0.6, 0.5, Decision.HOLD), (0.6, 0.7, Decision.PASS)])
def test_more_missing_than_the_plan_accepts_holds_every_gate_on_outcomes(share, accepted, says):
    shadow = judged(lacking(month(Rates(candidate=0.09)), live=share), accepted=accepted)
    assert shadow.decision is says
    both = lacking(month(Rates(candidate=0.09), share=0.05), live=share, candidate=share)
    canary = judged(both, accepted=accepted, stage=1)
    assert {gate(canary, k).decision for k in (GateKind.HARM, GateKind.NOT_WORSE)} == {says}
    if says is Decision.HOLD:
        assert "outcomes are missing for 60% of the requests, at most 50% may be" in canary.reason


def test_errors_that_hide_behind_missing_outcomes_of_one_arm_do_not_pass():
    """Half of the candidate's outcomes never come: those that do look as good as live's, and prove nothing."""
    cohorts = lacking(month(Rates(candidate=0.09), share=0.2), candidate=0.5)
    verdict = judged(cohorts, stage=1, accepted=0.9)
    assert gate(verdict, GateKind.HARM).decision is Decision.HOLD
    assert gate(verdict, GateKind.NOT_WORSE).decision is Decision.HOLD
    assert "missing 50 points more often than live's" in gate(verdict, GateKind.NOT_WORSE).reason
    fewer = lacking(month(Rates(candidate=0.09), share=0.2), live=0.3)  # live's missing flatter nobody new
    assert gate(judged(fewer, stage=1), GateKind.NOT_WORSE).decision is Decision.PASS


def test_harm_is_seen_through_missing_outcomes():
    verdict = judged(lacking(month(Rates(candidate=0.14)), live=0.9))
    assert verdict.decision is Decision.FAIL


def test_a_share_beyond_its_limits_is_refused():
    with pytest.raises(BadInput, match="want 0 <= missing <= 1, got 50"):
        Plan(stages=plan().stages, missing=50)


def test_a_fail_on_pairs_that_may_be_a_choice_protects_and_says_so():
    bad = month(Rates(candidate=0.14))
    thin = [msgspec.structs.replace(c, pairs=msgspec.structs.replace(c.pairs, labelled=2 * c.pairs.n)) for c in bad]
    verdict = judged(thin)
    assert verdict.decision is Decision.FAIL
    assert "the pairs may be a choice: only 50% of the requests with an outcome" in verdict.reason
    assert "may be a choice: outcomes are missing for 90%" in judged(lacking(bad, live=0.9)).reason
    assert "may be a choice" not in judged(bad).reason
