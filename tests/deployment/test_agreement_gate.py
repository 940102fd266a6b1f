"""AGREEMENT: both arms give the same answer to at least a share of the same requests, by row and by unit."""

import msgspec
import pytest

from slipway.deployment.judge import judge
from slipway.records.facts import AgreementSums, Facts
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Decision, Plan, Stage, StageKind
from slipway.testing.rollouts import started

DAY_US = 86_400_000_000
GATE = Gate(kind=GateKind.AGREEMENT, level=0.95, unit="row", min_units=50)
BY_DAY = msgspec.structs.replace(GATE, unit="day", min_units=5)


def days(*shares, n=200, asked=None, tolerance=0.0):
    return tuple(
        AgreementSums(
            start_us=i * DAY_US, end_us=(i + 1) * DAY_US, route_version=2, tolerance=tolerance, asked=asked or n, n=n,
            alike=round(n * share),
        )
        for i, share in enumerate(shares)
    )  # fmt: skip


def say(found, *, gate=GATE, now_us=100 * DAY_US):
    stage = Stage(name="shadow", kind=StageKind.SHADOW, share=0, gates=(gate,), min_s=0, max_s=300 * 86_400)
    rollout, _ = started(Plan(stages=(stage,)))
    (result,) = judge(rollout, (), now_us=now_us, facts=Facts(agreement=found)).gates
    return result


@pytest.mark.parametrize("gate", [GATE, BY_DAY], ids=["row", "day"])
@pytest.mark.parametrize(
    ("shares", "decision"),
    [
        ((0.99, 0.985, 0.995) * 5, Decision.PASS),
        ((1.0,) * 15, Decision.PASS),
        ((0.9, 0.89, 0.91) * 5, Decision.FAIL),
        ((0.95, 0.94, 0.96) * 5, Decision.HOLD),
        ((), Decision.HOLD),
    ],
)
def test_it_passes_and_fails_on_evidence_and_else_holds(gate, shares, decision):
    result = say(days(*shares), gate=gate)
    assert result.decision is decision, result.reason


def test_a_day_without_a_difference_does_not_show_that_there_will_be_none():
    """Small days are believed to vary as their requests would at the level."""
    assert say(days(*(1.0,) * 15, n=5), gate=BY_DAY).decision is Decision.HOLD


def test_rows_of_one_bad_day_do_not_pass_for_many():
    """Nine days alike and one that is not: rows have seen enough, days have not."""
    found = days(*(1.0,) * 9, 0.6, n=2000)
    assert say(found, gate=GATE).decision is Decision.PASS
    assert say(found, gate=BY_DAY).decision is Decision.HOLD


def test_too_few_pairs_other_tolerances_and_a_day_that_is_not_over_hold():
    good = days(*(0.99,) * 10)
    assert "only 50% of the requests were asked of both" in say(days(*(0.99,) * 10, asked=400)).reason
    assert say(days(*(0.99,) * 10, tolerance=2.0)).decision is Decision.HOLD
    assert say(good[:1], gate=BY_DAY, now_us=DAY_US - 1).counts["pairs"] == 0
    strict = msgspec.structs.replace(GATE, min_units=5000)
    assert "this stage has 2,000 pairs of at least 5,000" in say(good, gate=strict).reason
