"""A night, a weekend or a working day is no drift, and drift on top of them is found: whole tables, whole monitors.

Eight weeks of reference; then six weeks from a Friday evening on, as of a server that was started then. All that
watches runs: columns, what they do together, answers, and the gap.
"""

import numpy as np
import pytest

import slipway
from slipway.records.alert import FindingKind
from slipway.testing.calibration import null_result, power_result
from slipway.testing.seasons import DAY_US, HOUR_US, SHAPES, rhythmic_table

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(580)]

ALPHA, STREAMS, CHANGED = 0.05, 75, 15
MONDAY_US = 4 * DAY_US + 7 * 2_900 * DAY_US
WEEKS, LIVE_DAYS = 8, 42


def watched(shape: str, seed: int, *, alpha: float, **change):
    """Return what was found, and the day on which the first finding was opened, -1 for none."""
    rng = np.random.default_rng([seed, SHAPES.index(shape)])
    reference = rhythmic_table(rng, shape=shape, start_us=MONDAY_US, end_us=MONDAY_US + 7 * WEEKS * DAY_US)
    friday_us = MONDAY_US + (7 * WEEKS + 4) * DAY_US + 18 * HOUR_US
    current = rhythmic_table(rng, shape=shape, start_us=friday_us, end_us=friday_us + LIVE_DAYS * DAY_US, **change)
    found = slipway.monitor(reference, current, alpha=alpha).found
    return found, min(((f.opened_us - friday_us) // DAY_US for f in found.findings), default=-1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_rhythm_is_no_drift(shape: str, record, streams_of) -> None:
    found = [watched(shape, seed, alpha=ALPHA) for seed in range(streams_of(STREAMS))]
    assert {answer.unit for answer, _ in found} <= {"day"} if shape != "none" else True
    record(
        null_result(
            [day >= 0 for _, day in found],
            test="monitor of two tables",
            scenario=f"rhythm: {shape}; from a Friday evening on, all monitors, after 8 weeks",
            alpha=ALPHA,
            looks=LIVE_DAYS,
        ).demand()
    )


@pytest.mark.parametrize("shape", ["night", "office", "weekend", "none"])
@pytest.mark.parametrize("what", ["amount", "gap"])
def test_drift_on_top_of_a_rhythm_is_found(shape: str, what: str, record) -> None:
    change = {"shift": {"amount": 1.0}} if what == "amount" else {"concept": 0.3}
    found = [watched(shape, seed, alpha=0.01, **change) for seed in range(CHANGED)]
    record(
        power_result(
            [day for _, day in found],
            np.arange(LIVE_DAYS + 1),
            test="monitor of two tables",
            scenario=f"rhythm: {shape}; 8 weeks of reference",
            effect="amount + 1 sd of a row" if what == "amount" else "chance + .3 below 1/2",
            unit="days",
            alpha=0.01,
        ).demand(found=0.8)
    )
    kinds = [answer.findings[0].kind for answer, day in found if day >= 0]
    wanted = FindingKind.DATA_DRIFT if what == "amount" else FindingKind.CONCEPT_DRIFT
    assert np.mean([kind is wanted for kind in kinds]) >= 0.7
