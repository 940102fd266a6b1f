"""The latency gate: within the budget, is the candidate slower than live?"""

import numpy as np
import pytest
from msgspec.structs import replace

from slipway.control.seen import Seen, Tosses
from slipway.deployment.judge import judge
from slipway.deployment.latency_evidence import RATIOS, thresholds_of, usual_waits
from slipway.deployment.plan import explain, problems
from slipway.deployment.transition import follow
from slipway.records.cohort import ArmSums, Cohort
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Decision, Plan, Stage, StageKind
from slipway.stats.crossings import ERROR, Crossings, count_crossings, levels_of
from slipway.stats.late_split import late_split
from slipway.stats.log_counts import count_log
from slipway.testing.rollouts import latency_plan, started

HOUR_US = 3_600_000_000
SHARE = 0.1


def hours(seed, change, *, hours=12, entities=3000, rows=3000, heavy=0.3):
    """Return cohorts: entities differ in how long they take, come again and again, and stay with their arm.

    Args:
        seed: Of all chance.
        change: From (waits in microseconds, hour) to the candidate's waits.
        hours: How many.
        entities: How many.
        rows: Requests an hour.
        heavy: Standard deviation of the logarithm of the entities' own slowness.
    """
    rng = np.random.default_rng(seed)
    own, dealt = rng.normal(0, heavy, entities), rng.random(entities) < SHARE
    seen, found = Seen.nothing(), []
    for hour in range(hours):
        who = rng.integers(0, entities, rows)
        waits = 10_000 * np.exp(own[who] + rng.normal(0, 0.4, rows))
        mine = dealt[who]
        waits = np.where(mine, change(waits, hour), waits)
        level = levels_of(waits)
        nothing = np.zeros(rows, dtype=bool)
        at_us = hour * HOUR_US + np.arange(rows)
        day = Tosses(who.astype(np.uint64), at_us, np.full(rows, 2), np.zeros(rows, np.int16), nothing, nothing, level)
        before = seen.add(day).waited
        arms = {
            name: ArmSums(
                n=int(of.sum()),
                waits=count_log(waits[of], error=ERROR),
                slower=count_crossings(before[of], level[of]),
                first_waits=count_crossings(before[of & (before == 0)], level[of & (before == 0)]),
            )
            for name, of in (("candidate", mine), ("live", ~mine))
        }
        found.append(Cohort(start_us=hour * HOUR_US, end_us=(hour + 1) * HOUR_US, route_version=2, share=SHARE, **arms))
    return found


def stopped(cohorts, *, margin=0.05):
    """Return the hour after which the gate fails, or None; it looks after each."""
    rollout, _ = started(latency_plan(margin=margin, share=SHARE))
    for hour in range(1, len(cohorts) + 1):
        (gate,) = judge(rollout, cohorts[:hour], now_us=hour * HOUR_US).gates
        if gate.decision is Decision.FAIL:
            return hour
    return None


def twice_the_slowest(waits, hour):
    return np.where(waits > np.quantile(waits, 0.98), 2 * waits, waits)


@pytest.mark.parametrize(
    "change",
    [lambda w, h: 1.2 * w, twice_the_slowest, lambda w, h: w * (1 + 0.1 * max(0, h - 4)), lambda w, h: w + 8_000],
    ids=["a fifth longer", "the tail only", "a leak from the fifth hour on", "8 ms more"],
)
def test_a_candidate_that_is_slower_within_the_budget_is_found(change):
    assert all(stopped(hours(seed, change)) for seed in range(4))


def test_slow_entities_that_the_deal_gave_to_the_candidate_are_no_harm():
    """Where entities are much slower than others, and few, an arm's mean tells whom it was dealt."""
    found = [stopped(hours(seed, lambda w, h: w, entities=200, heavy=1.0, hours=8)) for seed in range(40)]
    assert sum(hour is not None for hour in found) <= 5  # promised: 2 of 40


def test_what_the_margin_allows_is_no_harm():
    assert [stopped(hours(seed, lambda w, h: 1.1 * w), margin=0.15) for seed in range(4)] == [None] * 4


def test_faster_is_no_harm_and_says_so():
    rollout, _ = started(latency_plan())
    cohorts = hours(0, lambda w, h: 0.8 * w, hours=3)
    (gate,) = judge(rollout, cohorts, now_us=3 * HOUR_US).gates
    assert gate.decision is Decision.PASS
    assert "no slower is seen" in gate.reason
    assert "p50 7.92 ms beside 10.2 ms" in gate.reason
    assert gate.counts["slower_p90_candidate"] < gate.counts["slower_p90_foretold"]


def test_without_enough_waits_it_holds():
    rollout, _ = started(latency_plan())
    few = hours(0, lambda w, h: 9 * w, hours=1, rows=900)
    (gate,) = judge(rollout, few, now_us=HOUR_US).gates
    assert gate.decision is Decision.HOLD
    unfinished = hours(0, lambda w, h: 9 * w, hours=1)
    (gate,) = judge(rollout, unfinished, now_us=HOUR_US - 1).gates
    assert gate.decision is Decision.HOLD, "thresholds come from units that are over, so that later looks find the same"
    (gate,) = judge(rollout, (), now_us=HOUR_US).gates
    assert gate.decision is Decision.HOLD


def without_first_waits(cohort):
    """As an older Slipway summed it."""
    arms = {name: replace(getattr(cohort, name), first_waits=Crossings()) for name in ("live", "candidate")}
    return replace(cohort, **arms)


def test_what_an_older_slipway_summed_is_judged_as_it_was_then():
    rollout, _ = started(latency_plan(margin=0.05, share=SHARE))
    cohorts = [without_first_waits(c) for c in hours(0, lambda w, h: 1.3 * w, hours=4)]
    (gate,) = judge(rollout, cohorts, now_us=4 * HOUR_US).gates
    usual = usual_waits(tuple(cohorts), now_us=4 * HOUR_US)
    marks = thresholds_of(usual, margin=0.05)
    live = [[c.live.slower.at(t.live) for t in marks] for c in cohorts]
    canary = [[c.candidate.slower.at(t.candidate) for t in marks] for c in cohorts]
    assert gate.harm.log_e == late_split(live, canary, shares=[SHARE] * 4, ratios=RATIOS).log_e
    assert "first_waits" not in gate.counts


def test_a_little_slower_everywhere_is_seen_by_first_waits_sooner_than_at_any_threshold():
    new = [hours(seed, lambda w, h: 1.15 * w, entities=10**6, rows=6000, hours=8) for seed in range(6)]
    whole = [stopped(cohorts) or 99 for cohorts in new]
    beyond = [stopped([without_first_waits(c) for c in cohorts]) or 99 for cohorts in new]
    assert np.mean(whole) < np.mean(beyond)
    assert all(a <= b + 1 for a, b in zip(whole, beyond, strict=True))


def test_after_a_shadow_live_is_known_and_the_canarys_first_hour_is_judged():
    canary = latency_plan(share=SHARE).stages[0]
    shadow = Stage(name="shadow", kind=StageKind.SHADOW, share=0.0, gates=(), min_s=3600.0, max_s=86400.0)
    rollout, route = started(Plan(stages=(shadow, canary), maturity_s=0.0, pair=False))
    quiet, bad = hours(0, lambda w, h: 1.5 * w, hours=2)
    live = ArmSums(n=quiet.live.n, waits=quiet.live.waits)
    before = Cohort(start_us=0, end_us=HOUR_US, route_version=route.version, share=0.0, live=live)
    rollout, route = follow(judge(rollout, [before], now_us=HOUR_US), rollout=rollout, route=route)
    half = replace(bad, route_version=route.version)
    (gate,) = judge(rollout, [before, half], now_us=HOUR_US + HOUR_US // 2).gates
    assert gate.decision is Decision.FAIL


def test_no_answer_is_slower_than_any():
    def silent(waits, hour):
        return np.where(np.arange(len(waits)) % 10 == 0, np.inf, 0.9 * waits)

    assert stopped(hours(0, silent)) is not None


def test_it_is_asked_only_where_requests_are_dealt():
    gate = Gate(kind=GateKind.LATENCY, margin=0.1, unit="hour")
    full = Stage(name="full", kind=StageKind.FULL, share=1.0, gates=(gate,), min_s=0.0, max_s=1.0)
    (problem,) = problems(Plan(stages=(full,)))
    assert "dealt at random" in problem
    assert "more than 5% longer than live" in explain(latency_plan())[0]
