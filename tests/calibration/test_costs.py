"""Errors of unequal cost, judged as rows: a candidate that errs often and cheaply beside a live arm that errs dearly.

The naive gate counts errors until the first dear one comes, and weighs costs from then on: it spends alpha twice.
"""

import numpy as np
import pytest

from slipway.deployment.gate_not_worse import not_worse
from slipway.deployment.view import look
from slipway.records.cohort import Cohort, PairSums
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Decision, Plan, Stage, StageKind
from slipway.testing.calibration import null_result
from slipway.testing.rollouts import DAY_US, started

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA, STREAMS = 0.05, 2000
LOOKS, STEP = 60, 5
DEAR = 5.0
GATE = Gate(kind=GateKind.NOT_WORSE, alpha=ALPHA, margin=0.01, unit="row")
STAGE = Stage(name="shadow", kind=StageKind.SHADOW, share=0.0, gates=(GATE,), min_s=0, max_s=1e9)
ROLLOUTS = {
    one: started(Plan(stages=(STAGE,), alpha=ALPHA, maturity_s=0.0, errors_cost_one=one))[0] for one in (True, False)
}


def fails(n, cheap, dear, *, cost_one):
    """Tell whether the gate fails a candidate that made these cheap errors beside a live arm with these dear ones."""
    pairs = PairSums(
        seen=n, labelled=n, n=n, only_candidate=cheap, only_live=dear, candidate_loss=float(cheap),
        live_loss=DEAR * dear, squares=cheap + DEAR**2 * dear,
    )  # fmt: skip
    cohort = Cohort(start_us=0, end_us=DAY_US, route_version=2, share=0.0, pairs=pairs)
    view = look(ROLLOUTS[cost_one], (cohort,), now_us=DAY_US)
    return not_worse(GATE, view=view).decision is Decision.FAIL


@pytest.mark.parametrize(("rate", "says"), [(0.08, "better by .02"), (0.1, "equal")])
def test_cheap_errors_that_come_first_are_no_harm(rate, says, record):
    rng = np.random.default_rng(11)
    cheap = rng.binomial(STEP, rate, (STREAMS, LOOKS)).cumsum(axis=1).tolist()
    dear = rng.binomial(STEP, 0.02, (STREAMS, LOOKS)).cumsum(axis=1).tolist()
    alarms = np.zeros((2, STREAMS), dtype=bool)
    for stream in range(STREAMS):
        for i, (a, b) in enumerate(zip(cheap[stream], dear[stream], strict=True), start=1):
            alarms[0, stream] |= fails(STEP * i, a, b, cost_one=False)
            alarms[1, stream] |= not b and fails(STEP * i, a, b, cost_one=True)
    record(
        null_result(
            alarms[0],
            test="not-worse, rows with costs",
            scenario=f"errors {rate:g} at cost 1 beside .02 at cost 5 ({says}); naive: by count until a dear one comes",
            alpha=ALPHA,
            looks=LOOKS,
            naive=alarms[0] | alarms[1],
        ).demand()
    )
    assert alarms[1].mean() > ALPHA
