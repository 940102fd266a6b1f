"""BASELINE keeps its promise at its two edges: a candidate at the level, and one at the level and the margin."""

import numpy as np
import pytest

from slipway.deployment.gate_baseline import baseline
from slipway.deployment.view import look
from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Decision, Plan, Stage, StageKind
from slipway.testing.rollouts import started

pytestmark = pytest.mark.calibration

DAY_US = 86_400_000_000
ALPHA, LEVEL, MARGIN, STREAMS, LOOKS = 0.1, 0.12, 0.03, 200, tuple(range(5, 60, 6))


def ever(unit, *, rate, swing, seed):
    """Return the share of streams that fail at some look, and that pass at some, in 60 days of 300 requests."""
    rng = np.random.default_rng(seed)
    gate = Gate(kind=GateKind.BASELINE, level=LEVEL, margin=MARGIN, alpha=ALPHA, unit=unit)
    stage = Stage(name="shadow", kind=StageKind.SHADOW, share=0, gates=(gate,), min_s=0, max_s=1e9)
    rollout, _ = started(Plan(stages=(stage,), maturity_s=0.0))
    failed = passed = 0
    arm = ArmSums(n=300, mature=300, labelled=300)
    for _ in range(STREAMS):
        errors = rng.binomial(300, np.clip(rng.normal(rate, swing, size=60), 0, 1))
        days = [
            Cohort(
                start_us=t * DAY_US, end_us=(t + 1) * DAY_US, route_version=2, share=0.0, live=arm,
                pairs=PairSums(seen=300, labelled=300, n=300, candidate_loss=float(k), live_loss=0.0),
            )
            for t, k in enumerate(errors)
        ]  # fmt: skip
        said = {baseline(gate, view=look(rollout, tuple(days[:n]), now_us=n * DAY_US)).decision for n in LOOKS}
        failed, passed = failed + (Decision.FAIL in said), passed + (Decision.PASS in said)
    return failed / STREAMS, passed / STREAMS


@pytest.mark.parametrize(("unit", "swing"), [("row", 0.0), ("day", 0.0), ("day", 0.03)])
def test_at_the_level_it_seldom_fails_and_at_the_margin_it_seldom_passes(unit, swing):
    """Each edge at alpha at most, with three standard errors of 200 streams on top."""
    room = 3 * (ALPHA * (1 - ALPHA) / STREAMS) ** 0.5
    assert ever(unit, rate=LEVEL, swing=swing, seed=1)[0] <= ALPHA + room
    assert ever(unit, rate=LEVEL + MARGIN, swing=swing, seed=2)[1] <= ALPHA + room


def test_a_candidate_well_on_either_side_gets_its_verdict():
    assert ever("day", rate=LEVEL - 0.02, swing=0.02, seed=3)[1] > 0.95
    assert ever("day", rate=LEVEL + 0.05, swing=0.02, seed=4)[0] > 0.95
