"""Harm of the plan's relevant size: how often does it get through a whole rollout that states beta?"""

import msgspec
import pytest

from slipway.records.gate import GateKind
from slipway.records.rollout import Decision, RolloutStatus
from slipway.testing.calibration import null_result
from slipway.testing.rollouts import Rates, plan, simulate

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA, BETA, MARGIN = 0.05, 0.1, 0.02
RUNS, EQUAL_RUNS, DAYS = 400, 200, 60


def stated(unit, min_units):
    """A plan whose ``not-worse`` gates pass at beta."""
    made = plan(alpha=ALPHA, margin=MARGIN, unit=unit, min_units=min_units, days=400.0)
    stages = tuple(
        msgspec.structs.replace(
            stage,
            gates=tuple(
                msgspec.structs.replace(g, beta=BETA) if g.kind is GateKind.NOT_WORSE else g for g in stage.gates
            ),
        )
        for stage in made.stages
    )
    return msgspec.structs.replace(made, stages=stages, beta=BETA, relevant=MARGIN)


SCENARIOS = [
    ("600 requests a day, days as the unit", Rates(live=0.1, candidate=0.1 + MARGIN, swing=0.02), "day", 7),
    ("600 requests a day, rows as the unit", Rates(live=0.1, candidate=0.1 + MARGIN), "row", 1000),
]


@pytest.mark.parametrize(("scenario", "rates", "unit", "min_units"), SCENARIOS)
def test_harm_of_the_relevant_size_leaves_the_shadow_with_chance_beta_at_most(scenario, rates, unit, min_units, record):
    """What never leaves the shadow never completes; so the promise is counted where it is hardest to keep."""
    p = stated(unit, min_units)
    through = [len(simulate(seed, rates, plan=p, days=DAYS)[0].entries) > 1 for seed in range(RUNS)]
    said = f"{scenario}, candidate worse by the relevant {100 * MARGIN:g} points"
    record(null_result(through, test="whole rollout, harm that passes", scenario=said, alpha=BETA, looks=DAYS).demand())


@pytest.mark.parametrize(("scenario", "rates", "unit", "min_units"), SCENARIOS)
def test_with_a_beta_stated_a_harmless_candidate_is_still_failed_with_chance_alpha_at_most(
    scenario, rates, unit, min_units, record
):
    p, equal = stated(unit, min_units), rates._replace(candidate=rates.live)
    ends = [simulate(seed, equal, plan=p, days=DAYS) for seed in range(EQUAL_RUNS)]
    alarms = [verdicts[-1].decision is Decision.FAIL for _, verdicts in ends]
    record(null_result(alarms, test="whole rollout, beta stated", scenario=scenario, alpha=ALPHA, looks=DAYS).demand())
    done = sum(rollout.status is RolloutStatus.COMPLETED for rollout, _ in ends)
    assert done > 0.5 * EQUAL_RUNS  # and it has a use: most get through within the days
