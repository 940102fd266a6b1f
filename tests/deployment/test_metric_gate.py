"""METRIC: passes and fails on evidence, by the deal of entities; silence, few carriers and missing values hold."""

import math

import msgspec
import pytest

from slipway.deployment.judge import judge
from slipway.deployment.plan import problems
from slipway.errors import BadInput
from slipway.records.facts import Facts, MetricArm, MetricStratum, MetricSums
from slipway.records.gate import Better, Gate, GateKind
from slipway.records.rollout import Decision, Plan, Stage, StageKind
from slipway.testing.rollouts import started

DAY_US = 86_400_000_000
GATE = Gate(kind=GateKind.METRIC, metric="revenue", better=Better.HIGHER, margin=1.0, min_units=3)


def plan(gate=GATE, *, share=0.1, kind=StageKind.CANARY):
    stage = Stage(name="canary", kind=kind, share=share, gates=(gate,), min_s=0, max_s=30 * 86_400)
    return Plan(stages=(stage,), maturity_s=0)


def sums(difference=0.0, *, variance=0.01, effective=500.0, days=10, told=(1000, 9000), mature=(1000, 9000)):
    arms = [MetricArm(mature=of, n=n, entities=n // 2, total=10.0 * n) for n, of in zip(told, mature, strict=True)]
    stratum = MetricStratum(route_version=2, share=0.1, candidate=arms[0], live=arms[1])
    return MetricSums(
        metric="revenue", strata=(stratum,), hours=24 * days, days=days, difference=difference, variance=variance,
        effective=effective,
    )  # fmt: skip


def say(found, *, gate=GATE):
    rollout, _ = started(plan(gate))
    facts = Facts(metrics=() if found is None else (found,))
    (result,) = judge(rollout, (), now_us=DAY_US, facts=facts).gates
    return result


@pytest.mark.parametrize(
    ("difference", "better", "decision"),
    [
        (0.0, Better.HIGHER, Decision.PASS),
        (3.0, Better.HIGHER, Decision.PASS),
        (-3.0, Better.HIGHER, Decision.FAIL),
        (-3.0, Better.LOWER, Decision.PASS),
        (3.0, Better.LOWER, Decision.FAIL),
        (-0.9, Better.HIGHER, Decision.FAIL),
        (-0.3, Better.HIGHER, Decision.HOLD),
    ],
)
def test_it_fails_on_harm_passes_within_the_margin_and_else_holds(difference, better, decision):
    variance = 0.15 if decision is Decision.HOLD else 0.01
    result = say(sums(difference, variance=variance), gate=msgspec.structs.replace(GATE, better=better))
    assert result.decision is decision, result.reason
    assert result.interval.low < result.interval.estimate < result.interval.high


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "no value of revenue"),
        (MetricSums(metric="revenue"), "no value of revenue"),
        (sums(told=(0, 9000)), "dealt to candidate has come"),
        (msgspec.structs.replace(sums(), difference=None, variance=None), "do not vary yet"),
        (sums(variance=math.inf), "too large to be summed"),
        (sums(effective=4.0), "4 entities carry what revenue varies by, of at least 30"),
        (sums(days=2), "this stage has 2 days of at least 3"),
        (sums(told=(600, 9000)), "60% of the candidate's requests have a value and 100% of live's (send 0"),
    ],
)
def test_silence_few_carriers_and_missing_values_hold_and_say_so(found, words):
    result = say(found)
    assert result.decision is Decision.HOLD
    assert words in result.reason


def test_a_hold_says_when_a_verdict_comes_at_the_earliest():
    assert "; at this difference a verdict takes" in say(sums(0.0, variance=0.2)).reason
    assert "no verdict in sight" in say(sums(0.0, variance=1e6)).reason


def test_harm_is_told_before_the_least_stay_in_days_is_over():
    assert say(sums(-3.0, days=1)).decision is Decision.FAIL


def test_a_metric_is_asked_where_entities_are_dealt_and_wants_a_margin():
    assert "compares requests dealt at random" in problems(plan(share=1, kind=StageKind.FULL))[0]
    assert problems(plan()) == ()
    with pytest.raises(BadInput, match="want a margin above 0 in the unit of revenue, got 0"):
        msgspec.structs.replace(GATE, margin=0.0)
