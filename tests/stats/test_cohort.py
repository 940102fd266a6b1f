import math

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.cohort import (
    ArmOutcomes,
    Cohort,
    CohortDifference,
    CohortUnit,
    Missing,
    mature,
)
from slipway.stats.moments import Moments, moments
from slipway.stats.sequential import merged, run
from slipway.testing.laws import LAWS, Case

DAY = 86_400.0


def cohort(day, *, live, canary, lost=0, counted=None):
    return Cohort(
        start_s=day * DAY,
        end_s=(day + 1) * DAY,
        counted_s=(day + 8) * DAY if counted is None else counted,
        live=ArmOutcomes(predicted=len(live) + lost, labelled=moments(live)),
        canary=ArmOutcomes(predicted=len(canary) + lost, labelled=moments(canary)),
    )


def test_a_cohort_is_mature_after_its_last_prediction():
    young = cohort(0, live=[0.0], canary=[0.0], counted=7.9 * DAY)
    old = cohort(1, live=[0.0], canary=[0.0], counted=9 * DAY)
    assert mature([old, young], maturity_s=7 * DAY) == (old,)


def test_fast_bad_news_does_not_look_like_harm():
    """Bad outcomes of both arms come within a day, good ones after a week; the canary's bad ones come faster still."""
    rng = np.random.default_rng(0)
    test = CohortDifference(alpha=0.05, maturity_s=7 * DAY, unit=CohortUnit.ROW)
    state = test.start()
    naive_live, naive_canary = [], []
    for day in range(30):
        bad_live, bad_canary = rng.random(200) < 0.1, rng.random(200) < 0.1
        naive_live.append(rng.binomial(bad_live.sum(), 0.3))
        naive_canary.append(bad_canary.sum())
        state = test.update(state, cohort(day, live=bad_live * 1.0, canary=bad_canary * 1.0))
        evidence = test.evidence(state)
        assert evidence.low <= 0 <= evidence.high
    assert sum(naive_canary) > 2 * sum(naive_live)  # what the labels of the first day would have said


def test_harm_is_found():
    rng = np.random.default_rng(1)
    for unit in CohortUnit:
        test = CohortDifference(alpha=0.05, maturity_s=0.0, unit=unit)
        ticks = [cohort(d, live=(rng.random(300) < 0.1) * 1.0, canary=(rng.random(300) < 0.2) * 1.0) for d in range(30)]
        assert run(test, ticks).low > 0


def test_missing_outcomes_widen_by_what_they_could_be():
    rng = np.random.default_rng(2)
    ticks = [cohort(d, live=rng.random(80), canary=rng.random(80), lost=20) for d in range(60)]
    worst = run(CohortDifference(alpha=0.05, maturity_s=0.0, missing=Missing.WORST), ticks)
    ignored = run(CohortDifference(alpha=0.05, maturity_s=0.0, missing=Missing.IGNORE), ticks)
    assert (worst.high - worst.low) - (ignored.high - ignored.low) == pytest.approx(0.4, abs=0.03)  # 20 % an arm, twice


def test_missing_outcomes_are_counted():
    test = CohortDifference(alpha=0.05, maturity_s=0.0)
    state = test.update(test.start(), cohort(0, live=[0.1, 0.2], canary=[0.3], lost=3))
    assert (state.live.predicted, state.live.missing) == (5, 3)
    assert (state.canary.predicted, state.canary.missing) == (4, 3)


def test_each_cohort_counts_once():
    test = CohortDifference(alpha=0.05, maturity_s=0.0)
    state = test.update(test.start(), cohort(3, live=[0.0], canary=[0.0]))
    for day in (3, 2):
        with pytest.raises(BadInput, match="counts once"):
            test.update(state, cohort(day, live=[0.0], canary=[0.0]))


def test_an_arm_without_outcomes_stays_unknown():
    test = CohortDifference(alpha=0.05, maturity_s=0.0)
    evidence = run(test, [cohort(d, live=[0.2] * 9, canary=[]) for d in range(20)])
    assert evidence.high - evidence.low > 1
    assert math.isnan(evidence.estimate)


def sample(rng):
    live, canary = rng.integers(0, 2, (2, 40)).astype(float)
    parts = [
        cohort(0, live=a, canary=b) for a, b in zip(np.array_split(live, 3), np.array_split(canary, 3), strict=True)
    ]
    return cohort(0, live=live, canary=canary), parts


class Shifting:
    """Gives each sampled cohort the next day, for cohorts may not overlap."""

    def __init__(self):
        self.day = 0

    def __call__(self, rng):
        whole, parts = sample(rng)
        self.day += 1
        return tuple(
            self.moved(x) if isinstance(x, Cohort) else [self.moved(part) for part in x] for x in (whole, parts)
        )

    def moved(self, tick):
        live, canary = tick.live, tick.canary
        start = self.day * DAY
        return Cohort(start_s=start, end_s=start + DAY, counted_s=start + 8 * DAY, live=live, canary=canary)


CASES = [
    Case(
        name=f"cohorts by {unit.value}",
        test=CohortDifference(alpha=0.05, maturity_s=7 * DAY, unit=unit),
        sample=Shifting(),
        huge=None,
        bad=(
            lambda: cohort(0, live=[math.nan], canary=[]),
            lambda: ArmOutcomes(predicted=1, labelled=moments([1.0, 1.0])),
            lambda: CohortDifference(alpha=0.05, maturity_s=math.nan),
            lambda: CohortDifference(alpha=0.05, maturity_s=1.0, low=1.0, high=0.0),
            lambda: merged([cohort(0, live=[], canary=[]), cohort(1, live=[], canary=[])]),
            lambda: Cohort(start_s=1.0, end_s=1.0, counted_s=2.0, live=ArmOutcomes(), canary=ArmOutcomes()),
            lambda: run(CohortDifference(alpha=0.05, maturity_s=9 * DAY), [cohort(0, live=[1.0], canary=[1.0])]),
            lambda: run(CohortDifference(alpha=0.05, maturity_s=0.0), [cohort(0, live=[2.0], canary=[1.0])]),
        ),
        any_order=False,
    )
    for unit in CohortUnit
]


@pytest.mark.parametrize("law", [law for law in LAWS if law.__name__ != "survives_a_billion"], ids=lambda f: f.__name__)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_laws(law, case):
    law(case)


@pytest.mark.parametrize("unit", CohortUnit)
def test_billions(unit):
    arm = ArmOutcomes(predicted=2 * 10**9, labelled=Moments(n=10**9, total=3e8, squares=3e8))
    test = CohortDifference(alpha=0.05, maturity_s=0.0, unit=unit)
    ticks = [Cohort(start_s=float(d), end_s=d + 1.0, counted_s=d + 1.0, live=arm, canary=arm) for d in range(20)]
    evidence = run(test, ticks)
    assert -1 <= evidence.low < 0 < evidence.high <= 1
