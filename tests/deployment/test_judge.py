"""The judge: evidence passes or fails, silence holds, a hold ends."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.deployment.judge import judge
from slipway.deployment.transition import follow
from slipway.errors import BadInput
from slipway.records.base import canonical
from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.rollout import Action, Decision, RolloutStatus, StageKind
from slipway.testing.rollouts import DAY_US, Rates, day, month, plan, simulate, started


def in_stage(name, *, p, now_us=0):
    rollout, route = started(p, now_us=now_us)
    while rollout.stage().name != name:
        verdict = msgspec.structs.replace(judge(rollout, [], now_us=now_us), action=Action.ADVANCE)
        rollout, route = follow(verdict, rollout=rollout, route=route)
    return rollout, route


def test_no_data_holds_in_every_stage_and_never_passes():
    p = plan()
    for stage in p.stages:
        rollout, _ = in_stage(stage.name, p=p)
        verdict = judge(rollout, [], now_us=DAY_US)
        assert (verdict.decision, verdict.action) == (Decision.HOLD, Action.STAY)
        assert all(g.decision is Decision.HOLD for g in verdict.gates)


def test_a_hold_at_its_deadline_rolls_back_even_in_watch_if_nothing_was_seen():
    p = plan(days=30)
    for stage in p.stages:
        rollout, _ = in_stage(stage.name, p=p)
        verdict = judge(rollout, [], now_us=30 * DAY_US + 1)
        assert verdict.action is Action.ROLL_BACK
        assert "silence is no success" in verdict.reason


def test_a_watch_with_data_and_without_harm_completes_at_its_deadline():
    p = plan(days=30, margin=0.0)  # never proven better than live, so never a pass
    rollout, route = in_stage("watch", p=p)
    cohorts = month(share=1.0, version=route.version, days=31)
    assert judge(rollout, cohorts, now_us=29 * DAY_US).action is Action.STAY
    assert judge(rollout, cohorts, now_us=30 * DAY_US + 1).action is Action.COMPLETE


def test_evidence_passes_and_harm_fails():
    rollout, _ = started(plan())
    good = judge(rollout, month(Rates(candidate=0.09)), now_us=25 * DAY_US)
    bad = judge(rollout, month(Rates(candidate=0.14)), now_us=25 * DAY_US)
    assert (good.decision, good.action) == (Decision.PASS, Action.ADVANCE)
    assert (bad.decision, bad.action) == (Decision.FAIL, Action.ROLL_BACK)
    assert "25 days, 15,000 pairs" in good.reason
    assert "worse than live: fail" in bad.reason


def test_outcomes_that_are_not_ripe_do_not_count():
    p = plan(maturity_s=3 * 86400.0)
    rollout, _ = started(p)
    verdict = judge(rollout, month(days=5), now_us=5 * DAY_US)
    assert verdict.gates[0].counts["units"] == 2  # days 0 and 1 are over and waited for


def test_traffic_that_stops_in_mid_stage_never_advances():
    p = plan()
    rollout, _ = in_stage("canary", p=p, now_us=25 * DAY_US)
    cohorts = month(Rates(candidate=0.09))  # all from the shadow stage, which passed
    for after in range(1, 30):
        assert judge(rollout, cohorts, now_us=(25 + after) * DAY_US).action is Action.STAY
    assert judge(rollout, cohorts, now_us=56 * DAY_US).action is Action.ROLL_BACK


def test_not_a_number_holds():
    rollout, _ = started(plan())
    broken = [
        msgspec.structs.replace(c, pairs=msgspec.structs.replace(c.pairs, candidate_loss=math.nan)) for c in month()
    ]
    verdict = judge(rollout, broken, now_us=25 * DAY_US)
    assert verdict.decision is Decision.HOLD
    assert "not a number" in verdict.reason


def test_a_rule_that_cannot_answer_holds_and_says_why():
    rollout, _ = started(plan(unit="row"))
    impossible = PairSums(seen=5, labelled=5, n=5, only_candidate=9, candidate_loss=9.0, squares=9.0)
    cohort = Cohort(start_us=0, end_us=DAY_US, route_version=2, share=0.0, pairs=impossible)
    verdict = judge(rollout, [cohort], now_us=DAY_US)
    assert verdict.decision is Decision.HOLD
    assert "cannot be judged" in verdict.reason


def test_pairs_that_cover_too_little_do_not_pass():
    rollout, _ = started(plan())
    thin = [
        msgspec.structs.replace(c, pairs=msgspec.structs.replace(c.pairs, labelled=2 * c.pairs.n))
        for c in month(Rates(candidate=0.09))
    ]
    verdict = judge(rollout, thin, now_us=25 * DAY_US)
    assert verdict.decision is Decision.HOLD
    assert "only 50% of the requests" in verdict.reason


def test_a_failing_service_rolls_back_before_any_outcome():
    rollout, route = in_stage("canary", p=plan(maturity_s=1e6))
    failing = Cohort(
        start_us=0,
        end_us=DAY_US,
        route_version=route.version,
        share=0.05,
        candidate=ArmSums(n=40, failures=20, failure_entities=20),
        live=ArmSums(n=760, failures=4, failure_entities=4),
    )
    verdict = judge(rollout, [failing], now_us=3_600_000_000)
    assert verdict.action is Action.ROLL_BACK
    assert verdict.gates[0].decision is Decision.FAIL


def test_both_arms_worse_together_holds_and_alerts_but_one_arm_does_not():
    rollout, route = in_stage("canary", p=plan(), now_us=25 * DAY_US)
    past = month(Rates(candidate=0.09))
    rng = np.random.default_rng(7)

    def since(rates):
        return [day(rng, rates, start_us=(25 + t) * DAY_US, version=route.version, share=0.05) for t in range(14)]

    both = judge(rollout, past + since(Rates(live=0.2, candidate=0.19)), now_us=39 * DAY_US)
    assert both.decision is Decision.HOLD
    assert both.alert.startswith("Both arms got worse together")
    only = judge(rollout, past + since(Rates(live=0.1, candidate=0.2)), now_us=39 * DAY_US)
    assert (only.alert, only.action) == ("", Action.ROLL_BACK)


def test_missing_outcomes_of_the_candidate_alone_do_not_pass():
    rollout, route = in_stage("canary", p=plan())
    cohorts = [
        msgspec.structs.replace(c, candidate=msgspec.structs.replace(c.candidate, mature=2 * c.candidate.mature))
        for c in month(Rates(candidate=0.09), share=0.05, version=route.version)
    ]
    verdict = judge(rollout, cohorts, now_us=25 * DAY_US)
    assert verdict.decision is Decision.HOLD
    assert "missing" in verdict.gates[1].reason


def test_row_units_are_exact_and_need_no_whole_day():
    rollout, _ = started(plan(unit="row", min_units=100))
    verdict = judge(rollout, month(Rates(candidate=0.09), days=12), now_us=1)
    assert verdict.decision is Decision.PASS
    assert verdict.gates[0].harm is not None


def test_a_finished_rollout_and_a_moment_before_the_stage_are_refused():
    rollout, route = started(plan(), now_us=10)
    with pytest.raises(BadInput, match="now_us: want at least 10"):
        judge(rollout, [], now_us=5)
    ended, _ = follow(judge(rollout, [], now_us=60 * DAY_US), rollout=rollout, route=route)
    with pytest.raises(BadInput, match="want a running rollout"):
        judge(ended, [], now_us=61 * DAY_US)


sums = st.builds(
    lambda n, a, b, both, bad: (n, a, b, both, bad),
    st.integers(0, 400),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(0, 60),
    st.booleans(),
)


def cohort_of(t, parts, *, version, share):
    n, only_candidate, only_live, both, bad = parts
    total = n + only_candidate + only_live + both
    pairs = PairSums(
        seen=total,
        labelled=total,
        n=total,
        only_candidate=only_candidate,
        only_live=only_live,
        candidate_loss=math.nan if bad else float(only_candidate + both),
        live_loss=float(only_live + both),
        squares=float(only_candidate + only_live),
    )
    return Cohort(start_us=t * DAY_US, end_us=(t + 1) * DAY_US, route_version=version, share=share, pairs=pairs)


@settings(max_examples=60, deadline=None)
@given(st.lists(sums, min_size=0, max_size=12), st.sampled_from(["day", "row"]), st.randoms())
def test_any_cohorts_give_a_verdict_whatever_their_order(days, unit, random):
    rollout, _ = started(plan(unit=unit))
    cohorts = [cohort_of(t, parts, version=2, share=0.0) for t, parts in enumerate(days)]
    verdict = judge(rollout, cohorts, now_us=20 * DAY_US)
    shuffled = list(cohorts)
    random.shuffle(shuffled)
    assert canonical(judge(rollout, shuffled, now_us=20 * DAY_US)) == canonical(verdict)
    if not sum(c.pairs.n for c in cohorts) or any(math.isnan(c.pairs.candidate_loss) for c in cohorts):
        assert verdict.decision is Decision.HOLD


@settings(max_examples=60, deadline=None)
@given(st.lists(sums, min_size=1, max_size=10), st.integers(1, 200), st.sampled_from(["day", "row"]))
def test_more_harm_never_turns_a_fail_into_a_pass(days, more, unit):
    rollout, _ = started(plan(unit=unit))
    clean = [(n, a, b, both, False) for n, a, b, both, _ in days]
    worse = [(n, a + more, b, both, False) for n, a, b, both, _ in clean]
    before, after = (
        judge(rollout, [cohort_of(t, p, version=2, share=0.0) for t, p in enumerate(x)], now_us=20 * DAY_US).decision
        for x in (clean, worse)
    )
    assert not (before is Decision.FAIL and after is Decision.PASS)
    assert not (before is Decision.HOLD and after is Decision.PASS and unit == "row")


def test_a_whole_rollout_ends_well_or_badly_by_the_evidence():
    done, verdicts = simulate(1, Rates(candidate=0.095), plan=plan())
    assert done.status is RolloutStatus.COMPLETED
    assert [e.stage for e in done.entries] == [s.name for s in plan().stages]
    assert [e.route_version for e in done.entries] == [2, 3, 4, 5, 6]
    bad, _ = simulate(1, Rates(candidate=0.15), plan=plan())
    assert bad.status is RolloutStatus.ROLLED_BACK
    assert bad.entries[-1].stage == StageKind.SHADOW
    assert all(v.reason for v in verdicts)
