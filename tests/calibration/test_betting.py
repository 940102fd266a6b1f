"""Bounded means: margins from sums, confidence sequences by betting, shares, quantiles, late cohorts."""

import math

import numpy as np
import pytest

from slipway.stats.betting import DEFAULT_BETS, BoundedMean, log_e_sums
from slipway.stats.bounds import bernoulli_confidence_interval
from slipway.stats.cohort import ArmOutcomes, Cohort, CohortDifference, CohortUnit
from slipway.stats.empirical_bernstein import BernsteinMean
from slipway.stats.hedged_capital import HedgedMean
from slipway.stats.moments import Moments
from slipway.stats.predictable import Past, Values, predictable_bets
from slipway.stats.quantile import rank_limits
from slipway.testing.calibration import first_alarm, null_result, power_result
from slipway.testing.streams import traffic

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA = 0.05
LOG = -math.log(ALPHA)
STREAMS, LOOKS, STEP = 2500, 400, 25


def losses(rng, kind, n):
    """Paired differences of losses in [-1, 1] with mean exactly 0."""
    if kind == "rare and skewed":  # +0.9 with .02, else -0.018 / .98
        return np.where(rng.random(n) < 0.02, 0.9, -0.018 / 0.98)
    if kind == "three-valued":
        return rng.choice([-1.0, 0.0, 1.0], p=[0.03, 0.94, 0.03], size=n)
    if kind == "uniform":
        return rng.uniform(-1, 1, n)
    return rng.beta(2, 5, n) - rng.beta(2, 5, n)


@pytest.mark.parametrize("kind", ["rare and skewed", "three-valued", "uniform", "difference of betas"])
@pytest.mark.parametrize("sign", [1, -1])
def test_mean_at_the_margin(kind, sign, record):
    rng = np.random.default_rng(len(kind) + sign)
    s1, s2, z = np.zeros((STREAMS, LOOKS)), np.zeros((STREAMS, LOOKS)), np.zeros((STREAMS, LOOKS))
    total, squares = np.zeros(STREAMS), np.zeros(STREAMS)
    for look in range(LOOKS):
        x = sign * losses(rng, kind, (STREAMS, STEP))
        total, squares = total + x.sum(axis=1), squares + (x**2).sum(axis=1)
        s1[:, look], s2[:, look] = total, squares
        z[:, look] = total / np.sqrt(squares + 1e-9)
    record(
        null_result(
            first_alarm(log_e_sums(s1, s2, bets=DEFAULT_BETS), threshold=LOG) >= 0,
            test="margin bets",
            scenario=f"{kind} losses, {'above' if sign > 0 else 'below'}, mean = margin = 0",
            alpha=ALPHA,
            looks=LOOKS,
            naive=(z[:, 2:] > 1.6449).any(axis=1),
        ).demand()
    )


def test_margin_power(record):
    rng = np.random.default_rng(3)
    x = losses(rng, "difference of betas", (STREAMS, LOOKS, STEP)) + 0.03
    gap, sd = 0.03, math.sqrt(2 * 10 / (49 * 8))
    log_e = log_e_sums(np.cumsum(x.sum(axis=2), axis=1), np.cumsum((x**2).sum(axis=2), axis=1), bets=DEFAULT_BETS)
    record(
        power_result(
            first_alarm(log_e, threshold=LOG),
            STEP * np.arange(1, LOOKS + 1),
            test="margin bets",
            scenario="difference of beta losses, sd .23",
            effect="mean .03 above the margin",
            unit="pairs",
            alpha=ALPHA,
            fixed_n=((1.644854 + 0.841621) * sd / gap) ** 2,
            bound=2 * LOG * (sd / gap) ** 2,
        ).demand(found=0.9)
    )


VALUES = {
    "Bernoulli .02": (0.02, lambda rng, n: (rng.random(n) < 0.02) * 1.0),
    "Bernoulli .5": (0.5, lambda rng, n: (rng.random(n) < 0.5) * 1.0),
    "beta(2, 8)": (0.2, lambda rng, n: rng.beta(2, 8, n)),
}


@pytest.mark.parametrize("kind", VALUES)
def test_betting_sequences_cover(kind, record):
    """A sequence misses when the capital against the true mean passes the threshold; no grid is needed to see it."""
    mean, draw = VALUES[kind]
    rng = np.random.default_rng(1)
    n = 2000
    missed = {"hedged mean": 0, "empirical Bernstein mean": 0, "bounded mean": 0}
    streams = 2000
    t = np.arange(1, n + 1)
    for _ in range(streams):
        x = draw(rng, n)
        bets, _ = predictable_bets(x, past=Past(), alpha=ALPHA / 2)
        up = np.cumsum(np.log1p(np.minimum(bets, 0.5 / mean) * (x - mean)))
        down = np.cumsum(np.log1p(-np.minimum(bets, 0.5 / (1 - mean)) * (x - mean)))
        missed["hedged mean"] += max(up.max(), down.max()) > math.log(2 / ALPHA)
        b = np.minimum(bets, 0.5)
        psi = -np.log1p(-b) - b
        before = np.concatenate([[0.0], (np.cumsum(x) / t)[:-1]])
        drift = np.cumsum(b * (x - mean))
        slack = np.cumsum(psi * (x - before) ** 2)
        slack_high = slack + psi[0] * ((x[0] - 1) ** 2 - x[0] ** 2)
        missed["empirical Bernstein mean"] += (drift - slack).max() > math.log(2 / ALPHA) or (
            -drift - slack_high
        ).max() > math.log(2 / ALPHA)
        s1, s2 = np.cumsum(x - mean), np.cumsum((x - mean) ** 2)
        most = max(log_e_sums(s1, s2, bets=DEFAULT_BETS).max(), log_e_sums(-s1, s2, bets=DEFAULT_BETS).max())
        missed["bounded mean"] += most > math.log(2 / ALPHA)
    for test, count in missed.items():
        alarms = np.arange(streams) < count
        record(null_result(alarms, test=test, scenario=kind, alpha=ALPHA, looks=n).demand())


def test_the_criterion_of_missing_is_the_interval():
    x = np.random.default_rng(5).beta(2, 8, 300)
    tests = (HedgedMean(alpha=ALPHA), BernsteinMean(alpha=ALPHA))
    for test in tests:
        interval = test.evidence(test.update(test.start(), Values(x)))
        for mean in (interval.low - 0.003, interval.low + 0.003, interval.high - 0.003, interval.high + 0.003):
            assert _rejects(test, x, mean) == (not interval.low <= mean <= interval.high)
    sums = BoundedMean(alpha=ALPHA)
    interval = sums.evidence(Moments(n=300, total=x.sum(), squares=(x**2).sum()))
    y = x - (interval.high + 1e-6)
    assert log_e_sums(-y.sum(), (y**2).sum(), bets=DEFAULT_BETS) >= math.log(2 / ALPHA)


def _rejects(test, x, mean):
    bets, _ = predictable_bets(x, past=Past(), alpha=ALPHA / 2)
    if isinstance(test, HedgedMean):
        up = np.log1p(np.minimum(bets, 0.5 / mean) * (x - mean)).sum()
        down = np.log1p(-np.minimum(bets, 0.5 / (1 - mean)) * (x - mean)).sum()
        return max(up, down) > math.log(2 / ALPHA)
    b = np.minimum(bets, 0.5)
    psi = -np.log1p(-b) - b
    before = np.concatenate([[0.0], (np.cumsum(x) / np.arange(1, x.size + 1))[:-1]])
    first = np.concatenate([[1.0], before[1:]])
    low = (b * (x - mean) - psi * (x - before) ** 2).sum()
    high = (b * (mean - x) - psi * (x - first) ** 2).sum()
    return max(low, high) > math.log(2 / ALPHA)


@pytest.mark.parametrize("p", [0.001, 0.02, 0.3])
def test_share_sequence_covers(p, record):
    rng = np.random.default_rng(7)
    looks, step = 300, 40
    n = step * np.arange(1, looks + 1)
    k = np.cumsum(rng.binomial(step, p, (STREAMS, looks)), axis=1)
    missed = np.zeros(STREAMS, bool)
    for look in range(looks):  # the interval depends on (n, k) alone: invert once a look, not once a stream
        fewest, most = rank_limits(p, n=int(n[look]), alpha=ALPHA, n_star=2000)
        missed |= (k[:, look] < fewest) | (k[:, look] > most)
    for look in (10, 299):  # and that is the interval of the test
        count = int(k[0, look])
        low, high = bernoulli_confidence_interval(count, trials=int(n[look]), alpha=ALPHA, t_opt=2000)
        fewest, most = rank_limits(p, n=int(n[look]), alpha=ALPHA, n_star=2000)
        assert (low <= p <= high) == (fewest <= count <= most)
    share = k / n
    z = np.abs(share - p) > 1.96 * np.sqrt(np.maximum(share * (1 - share), 1e-12) / n)
    record(
        null_result(
            missed,
            test="share and quantile sequence",
            scenario=f"probability {p:g} (a quantile is the same count)",
            alpha=ALPHA,
            looks=looks,
            naive=z.any(axis=1),
        ).demand()
    )


@pytest.mark.parametrize("unit", CohortUnit)
def test_late_outcomes_without_effect(unit, record):
    """Bad outcomes come fast, good ones late, 3 % never; only mature cohorts count."""
    streams, days = 2000, 40
    rng = np.random.default_rng(11)
    requests = np.maximum(20, traffic(rng, streams=streams, looks=days, mean=400))
    rates = np.full((streams, days), 0.1)
    if unit is CohortUnit.COHORT:
        rates = np.clip(0.1 + rng.normal(0, 0.03, (streams, days)), 0.01, 0.3)
    test = CohortDifference(alpha=ALPHA, maturity_s=7.0, unit=unit)
    to_canary = rng.binomial(requests, 0.3)
    bad = [rng.binomial(n, rates) for n in (requests - to_canary, to_canary)]
    lost = [rng.binomial(n - k, 0.03) for n, k in zip((requests - to_canary, to_canary), bad, strict=True)]
    alarms = np.zeros(streams, bool)
    for stream in range(streams):
        state = test.start()
        for day in range(days):
            arms = [
                _arm(int(n[stream, day]), int(k[stream, day]), int(gone[stream, day]))
                for n, k, gone in zip((requests - to_canary, to_canary), bad, lost, strict=True)
            ]
            cohort = Cohort(start_s=float(day), end_s=day + 1.0, counted_s=day + 8.0, live=arms[0], canary=arms[1])
            state = test.update(state, cohort)
            if day % 10 == 9:
                evidence = test.evidence(state)
                alarms[stream] |= not evidence.low <= 0 <= evidence.high
    record(
        null_result(
            alarms,
            test="cohort difference",
            scenario=f"outcomes late and 3 % never, unit {unit.value}",
            alpha=ALPHA,
            looks=days // 10,
        ).demand()
    )


def _arm(predicted, bad, lost):
    labelled = predicted - lost
    return ArmOutcomes(predicted=predicted, labelled=Moments(n=labelled, total=float(bad), squares=float(bad)))
