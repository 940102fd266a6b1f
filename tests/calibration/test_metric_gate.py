"""METRIC keeps its promise where entities come again and again: a canary, a ramp, and looks every day."""

import numpy as np
import pytest

from slipway.deployment.gate_not_worse import N_STAR
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.clustered_difference import clustered_difference
from slipway.stats.information import information_sequence
from slipway.stats.moments import moments

pytestmark = pytest.mark.calibration

ALPHA, MARGIN, DAYS = 0.05, 0.3, 30
SHARES = (0.05, 0.25, 0.5)


def verdict(seed, *, effect, entities=1500, new=0, between=1.0, within=1.0):
    """Return the first verdict of daily looks: 1 fail, -1 pass, 0 none. Entities keep their taste, and days theirs."""
    rng = np.random.default_rng(seed)
    many = entities + new * DAYS
    came = np.concatenate([np.zeros(entities, int), np.repeat(np.arange(DAYS), new)])
    taste, rate, deal = rng.normal(size=many) * between, rng.gamma(1.0, size=many) + 0.05, rng.random(many)
    n, total = np.zeros((3, many)), np.zeros((3, many))
    for day in range(DAYS):
        stage = min(2, day // 10)
        rows = rng.poisson(rate) * (came <= day)
        harmed = effect * (deal < SHARES[stage])
        n[stage] += rows
        total[stage] += rows * (taste + rng.normal() / 2 + harmed) + np.sqrt(rows) * rng.normal(size=many) * within
        stages, who = np.nonzero(n)
        found = clustered_difference(
            who, stratum=stages, treated=deal[who] < np.array(SHARES)[stages], n=n[n > 0], total=total[n > 0]
        )
        if found is None or found.effective < 30:
            continue
        harm = information_sequence(found.estimate, variance=found.variance, alpha=ALPHA, sharp_at=MARGIN, n=many)
        if harm.low > 0:
            return 1
        if harm.high < MARGIN:
            return -1
    return 0


def by_days(seed, *, entities=1500):
    """Return whether a sequence over daily differences fails an equal candidate: days of the same people."""
    rng = np.random.default_rng(seed)
    taste, rate, deal = rng.normal(size=entities), rng.gamma(1.0, size=entities) + 0.05, rng.random(entities)
    test, seen = MeanSequence(alpha=ALPHA, n_star=N_STAR["day"]), []
    for day in range(DAYS):
        rows = rng.poisson(rate)
        total, treated = rows * taste + np.sqrt(rows) * rng.normal(size=entities), deal < SHARES[min(2, day // 10)]
        seen.append(total[treated].sum() / max(1, rows[treated].sum()) - total[~treated].sum() / rows[~treated].sum())
        if test.evidence(moments(seen)).low > 0:
            return True
    return False


def test_days_of_the_same_people_are_no_new_evidence():
    """Why the gate does not do as gates over pairs do: it would blame the candidate for whom the deal gave it."""
    assert np.mean([by_days(seed) for seed in range(200)]) > 2 * ALPHA


def of_customers(seed, *, effect, entities=1500):
    """As :func:`verdict`, of what customers cost whose tastes are lognormal; lower is better, which is the bad side."""
    rng = np.random.default_rng(seed)
    taste, rate, deal = np.exp(rng.normal(size=entities) - 0.5), rng.gamma(1.0, size=entities), rng.random(entities)
    n, total = np.zeros((3, entities)), np.zeros((3, entities))
    for day in range(DAYS):
        stage = min(2, day // 10)
        rows = rng.poisson(rate)
        n[stage] += rows
        total[stage] += rows * taste * rng.exponential(size=entities) * (1 + effect * (deal < SHARES[stage]))
        stages, who = np.nonzero(n)
        found = clustered_difference(
            who, stratum=stages, treated=deal[who] < np.array(SHARES)[stages], n=n[n > 0], total=total[n > 0]
        )
        if found is None or found.effective < 30:
            continue
        harm = information_sequence(found.estimate, variance=found.variance, alpha=ALPHA, sharp_at=MARGIN, n=entities)
        if harm.low > 0 or harm.high < MARGIN:
            return 1 if harm.low > 0 else -1
    return 0


def test_customers_of_very_different_size_do_not_break_the_promise():
    equal = np.array([of_customers(seed, effect=0.0) for seed in range(120)])
    edge = np.array([of_customers(seed, effect=MARGIN) for seed in range(120)])
    assert (equal == 1).mean() <= ALPHA
    assert (edge == -1).mean() <= ALPHA
    assert (edge == 1).any()  # though it often holds to the end, it is not always silent


@pytest.mark.parametrize("how", [{}, {"entities": 100, "new": 50}, {"between": 0.2, "within": 3.0}], ids=str)
def test_an_equal_candidate_fails_and_one_at_the_margin_passes_at_most_alpha(how):
    equal = np.array([verdict(seed, effect=0.0, **how) for seed in range(200)])
    edge = np.array([verdict(seed, effect=MARGIN, **how) for seed in range(200)])
    assert (equal == 1).mean() <= ALPHA
    assert (edge == -1).mean() <= ALPHA
    assert (equal == -1).mean() > 0.5  # and it does come to a verdict
    assert (edge == 1).mean() > 0.5
