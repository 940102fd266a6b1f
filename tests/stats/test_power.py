import math

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.event_split import DEFAULT_RATIOS, EventSplit, log_e_split
from slipway.stats.moments import Moments
from slipway.stats.paired import PairedDifference, PairedHarm
from slipway.stats.planned import pairs_for_discordance, requests_for_rates, units_for_mean
from slipway.stats.power import MeanEffect, PairEffect, RateEffect, expected_time
from slipway.stats.stopping import stopping_times


def events(share, live_rate, ratio, per_s=None):
    return expected_time(EventSplit(share=share), effect=RateEffect(live_rate=live_rate, ratio=ratio), per_s=per_s)


def pairs(only_canary, only_live):
    return expected_time(PairedHarm(), effect=PairEffect(only_canary=only_canary, only_live=only_live))


MEAN = MeanSequence(alpha=0.05, n_star=10)


def test_the_promise_of_the_front_page():
    """At 40 requests a second, a 5 % canary and an error rate doubled to 2 %: about 7 minutes."""
    time = events(0.05, 0.01, 2.0, per_s=40)
    assert 6 <= time.median_s / 60 <= 8
    assert time.exact


@pytest.mark.parametrize(("share", "q"), [(0.05, 0.12), (0.5, 0.5), (0.3, 0.5)])
def test_distribution_is_that_of_simulated_streams(share, q):
    rng = np.random.default_rng(1)
    events = 200
    canary = np.cumsum(rng.random((4000, events)) < q, axis=1)
    log_e = log_e_split(np.arange(1, events + 1) - canary, canary, share=share)
    simulated = np.maximum.accumulate(log_e >= math.log(20), axis=1).mean(axis=0)
    exact = stopping_times(q, share=share, alpha=0.05, ratios=DEFAULT_RATIOS, events=events)[1:]
    np.testing.assert_allclose(simulated, exact, atol=4 * 0.5 / math.sqrt(4000))


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_false_alarms_stay_below_alpha_by_exact_computation(share):
    """No simulation error: the chance of an alarm within 3,000 events under equal rates."""
    done = stopping_times(share, share=share, alpha=0.05, ratios=DEFAULT_RATIOS, events=3000)
    assert 0.02 < done[-1] <= 0.05


def test_goals_of_the_table():
    """STATISTICS.md section 4, by exact computation rather than simulation."""
    assert events(0.05, 0.01, 2.0).median <= 17_500
    assert events(0.05, 0.01, 5.0).median <= 2_500
    assert pairs(0.03, 0.01).median <= 600
    assert pairs(0.025, 0.015).median <= 2_400


def test_time_falls_with_traffic_and_effect():
    slow = events(0.05, 0.01, 2.0, per_s=4)
    fast = events(0.05, 0.01, 2.0, per_s=40)
    assert slow.median_s == pytest.approx(10 * fast.median_s)
    strong = events(0.05, 0.01, 3.0)
    assert strong.median < fast.median < fast.late


def test_a_long_wait_is_an_estimate_and_says_so():
    time = events(0.01, 0.01, 1.3)
    assert not time.exact
    assert time.median > time.bound
    assert events(0.05, 0.01, 1.02).median == math.inf  # below the smallest ratio bet on


def test_mean_is_what_simulated_streams_take():
    n_star, effect = 30, 0.6
    test = MeanSequence(alpha=0.05, n_star=n_star, side=Side.LOWER)
    expected = expected_time(test, effect=MeanEffect(distance=effect, sd=1.0), per_s=1 / 86_400)
    x = np.random.default_rng(2).normal(effect, 1.0, (600, 200))
    totals, squares = np.cumsum(x, axis=1), np.cumsum(x**2, axis=1)
    times = []
    for stream in range(600):
        for n in range(5, 200):
            state = Moments(n=n, total=totals[stream, n - 1], squares=squares[stream, n - 1])
            if test.evidence(state).low > 0:
                times.append(n)
                break
    assert len(times) >= 590
    assert 0.8 * expected.median <= np.median(times) <= expected.median  # it does not count on early luck
    assert expected.median_s == pytest.approx(expected.median * 86_400)


def test_planned_sizes_give_their_power():
    rng = np.random.default_rng(3)
    n = round(requests_for_rates(share=0.2, live_rate=0.05, canary_rate=0.08, alpha=0.05, power=0.8))
    canary = rng.binomial(round(0.2 * n), 0.08, 20_000) / round(0.2 * n)
    live = rng.binomial(round(0.8 * n), 0.05, 20_000) / round(0.8 * n)
    pooled = 0.2 * canary + 0.8 * live
    z = (canary - live) / np.sqrt(pooled * (1 - pooled) / (n * 0.16))
    assert (z > 1.6449).mean() == pytest.approx(0.8, abs=0.02)
    pairs = pairs_for_discordance(only_canary_rate=0.03, only_live_rate=0.01, alpha=0.05, power=0.8)
    assert pairs == pytest.approx(((1.644854 * 0.2 + 0.841621 * 0.0396**0.5) / 0.02) ** 2, rel=1e-5)
    assert units_for_mean(effect=1.0, sd=1.0, alpha=0.05, power=0.8) == pytest.approx(6.18, abs=0.01)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: events(0.05, 0.01, 1.0), "ratio"),
        (lambda: events(0.05, 0.6, 2.0), "live_rate"),
        (lambda: events(5, 0.01, 2.0), "share"),
        (lambda: events(0.5, 0.01, math.nan), "ratio"),
        (lambda: events(0.5, 0.01, 2.0, per_s=0), "per_s"),
        (lambda: pairs(0.01, 0.02), "ratio"),
        (lambda: pairs(0.7, 0.5), "only_canary"),
        (lambda: expected_time(MEAN, effect=MeanEffect(distance=0.0, sd=1.0)), "distance"),
        (lambda: expected_time(MEAN, effect=MeanEffect(distance=1.0, sd=math.nan)), "sd"),
        (lambda: expected_time(MEAN, effect=RateEffect(live_rate=0.1, ratio=2.0)), "effect"),
        (lambda: expected_time(PairedHarm(), effect=MeanEffect(distance=1.0, sd=1.0)), "effect"),
        (lambda: expected_time(EventSplit(share=0.5), effect=MeanEffect(distance=1.0, sd=1.0)), "effect"),
        (lambda: expected_time(PairedDifference(), effect=MeanEffect(distance=1.0, sd=1.0)), "test"),
        (lambda: requests_for_rates(share=0.5, live_rate=0.1, canary_rate=0.1, alpha=0.05, power=0.8), "canary_rate"),
        (lambda: units_for_mean(effect=1.0, sd=1.0, alpha=0.05, power=80), "power"),
    ],
)
def test_bad_input_is_refused_by_name(make, name):
    with pytest.raises(BadInput, match=name):
        make()
