"""Whole rollouts: how often is a harmless candidate rolled back by its gates, and how soon is a harmful one?"""

import numpy as np
import pytest

from slipway.records.rollout import Decision, RolloutStatus
from slipway.testing.calibration import null_result, power_result
from slipway.testing.rollouts import Rates, plan, simulate

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA = 0.05
RUNS, DAYS = 1000, 120


def failed(seed, rates, **terms):
    """Tell whether a gate failed, and after how many days the rollout ended (-1: it still runs)."""
    rollout, verdicts = simulate(seed, rates, plan=plan(alpha=ALPHA, days=400.0, **terms), days=DAYS)
    ended = rollout.status is not RolloutStatus.RUNNING
    return verdicts[-1].decision is Decision.FAIL, len(verdicts) if ended else -1


@pytest.mark.parametrize(
    ("scenario", "rates", "terms"),
    [
        ("equal arms, days that swing, 600 requests a day", Rates(swing=0.03), {}),
        ("equal arms, 60 requests a day, errors 2 %", Rates(live=0.02, candidate=0.02, n=60), {"margin": 0.02}),
        ("equal arms, rows as the unit", Rates(), {"unit": "row", "min_units": 1000}),
        ("equal arms, two weeks a stage at least", Rates(swing=0.02), {"min_units": 14}),
    ],
)
def test_a_harmless_candidate_is_failed_with_chance_alpha_at_most_over_the_whole_rollout(
    scenario, rates, terms, record, streams_of
):
    alarms = [failed(seed, rates, **terms)[0] for seed in range(streams_of(RUNS))]
    record(null_result(alarms, test="whole rollout", scenario=scenario, alpha=ALPHA, looks=DAYS).demand())


@pytest.mark.parametrize(("rate", "goal"), [(0.13, 15), (0.2, 9)])
def test_a_harmful_candidate_is_caught(rate, goal, record):
    ends = np.array([failed(seed, Rates(candidate=rate)) for seed in range(300)])
    first = np.where(ends[:, 0] == 1, ends[:, 1] - 1, -1)
    record(
        power_result(
            first,
            np.arange(1, DAYS + 1),
            test="whole rollout",
            scenario="600 requests a day, live errs on 10 %",
            effect=f"candidate errs on {rate:.0%}",
            unit="days",
            alpha=ALPHA,
            goal=goal,
        ).demand(found=0.9)
    )
