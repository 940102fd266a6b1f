"""Canary beside live: does the event split keep its promise, and how soon does it find harm?"""

import math

import numpy as np
import pytest

from slipway.stats.dirichlet import log_e_dirichlet
from slipway.stats.event_split import DEFAULT_RATIOS, divergence, log_bets, log_e_split
from slipway.stats.planned import requests_for_rates
from slipway.stats.special import log_mean_exp
from slipway.testing.calibration import first_alarm, null_result, power_result
from slipway.testing.streams import drifting_rates, traffic

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA = 0.05
STREAMS, LOOKS = 2500, 1000


def naive_z(live, canary, requests_live, requests_canary):
    """Streams in which the two-rate z test, looked at each time, is significant at any look."""
    n1, n2 = np.cumsum(requests_live, axis=1), np.cumsum(requests_canary, axis=1)
    k1, k2 = np.cumsum(live, axis=1), np.cumsum(canary, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (k1 + k2) / (n1 + n2)
        z = (k2 / n2 - k1 / n1) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return ((z > 1.6449) & (k1 + k2 >= 10)).any(axis=1)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.5])
def test_no_effect_under_traffic_and_rates_that_vary(share, record):
    rng = np.random.default_rng(round(share * 1000))
    requests = traffic(rng, streams=STREAMS, looks=LOOKS, mean=120)
    rates = drifting_rates(rng, streams=STREAMS, looks=LOOKS, low=0.003, high=0.1)
    to_canary = rng.binomial(requests, share)
    canary = rng.binomial(to_canary, rates)
    live = rng.binomial(requests - to_canary, rates)
    log_e = log_e_split(np.cumsum(live, axis=1), np.cumsum(canary, axis=1), share=share)
    record(
        null_result(
            first_alarm(log_e, threshold=-math.log(ALPHA)) >= 0,
            test="event_split",
            scenario=f"share {share:g}; rates .003-.1 drift, traffic swings",
            alpha=ALPHA,
            looks=LOOKS,
            naive=naive_z(live, canary, requests - to_canary, to_canary),
        ).demand()
    )


def test_no_effect_on_a_ramp(record):
    rng = np.random.default_rng(77)
    log_capital = np.zeros((STREAMS, len(DEFAULT_RATIOS)))
    worst = np.full(STREAMS, -np.inf)
    for share in (0.01, 0.05, 0.2, 0.5):
        looks = 250
        requests = traffic(rng, streams=STREAMS, looks=looks, mean=120)
        rates = drifting_rates(rng, streams=STREAMS, looks=looks, low=0.003, high=0.1)
        to_canary = rng.binomial(requests, share)
        canary = np.cumsum(rng.binomial(to_canary, rates), axis=1)
        live = np.cumsum(rng.binomial(requests - to_canary, rates), axis=1)
        for look in range(looks):
            bets = log_bets(live[:, look], canary[:, look], share=share, ratios=DEFAULT_RATIOS)
            worst = np.maximum(worst, log_mean_exp(log_capital + bets))
        log_capital += log_bets(live[:, -1], canary[:, -1], share=share, ratios=DEFAULT_RATIOS)
    record(
        null_result(
            worst >= -math.log(ALPHA),
            test="event_split",
            scenario="ramp 1 % - 5 % - 20 % - 50 %, one evidence",
            alpha=ALPHA,
            looks=LOOKS,
        ).demand()
    )


@pytest.mark.parametrize(("rate", "goal"), [(0.02, 17_500), (0.05, 2_500), (0.013, None)])
def test_harm(rate, goal, record):
    share, live_rate, streams = 0.05, 0.01, 2500
    ratio = rate / live_rate
    rng = np.random.default_rng(round(rate * 1e5))
    per_look, looks = (250, 1600) if ratio < 1.5 else (50, 1600)  # at 40 requests a second, about one look a second
    requests_canary = rng.binomial(per_look, share, (streams, looks))
    canary = np.cumsum(rng.binomial(requests_canary, rate), axis=1)
    live = np.cumsum(rng.binomial(per_look - requests_canary, live_rate), axis=1)
    first = first_alarm(log_e_split(live, canary, share=share), threshold=-math.log(ALPHA))
    per_request = live_rate * (1 - share + share * ratio)
    record(
        power_result(
            first,
            per_look * np.arange(1, looks + 1),
            test="event_split",
            scenario=f"5 % canary, a look every {per_look} requests",
            effect=f"errors 1 % to {rate:.1%}",
            unit="requests",
            alpha=ALPHA,
            fixed_n=requests_for_rates(share=share, live_rate=live_rate, canary_rate=rate, alpha=ALPHA, power=0.8),
            bound=-math.log(ALPHA) / divergence(share=share, ratio=ratio) / per_request,
            goal=goal,
        ).demand(found=0.5)
    )


def test_sticky_entities_must_be_counted_once(record):
    """The condition in the docstring has teeth: events of one entity share its arm, so they are one toss."""
    rng = np.random.default_rng(5)
    share, entities, looks = 0.05, 40, 250
    arm = rng.random((2000, looks * entities)) < share
    bad = rng.random((2000, looks * entities)) < 0.01
    events = 1 + rng.poisson(4, (2000, looks * entities))
    alarms = {}
    for name, weight in (("once", bad), ("each", bad * events)):
        canary = np.cumsum((weight * arm).reshape(2000, looks, entities).sum(axis=2), axis=1)
        live = np.cumsum((weight * ~arm).reshape(2000, looks, entities).sum(axis=2), axis=1)
        alarms[name] = first_alarm(log_e_split(live, canary, share=share), threshold=-math.log(ALPHA)) >= 0
    record(
        null_result(
            alarms["once"],
            test="event_split",
            scenario="5 errors a bad entity, counted once an entity (naive: each error counted)",
            alpha=ALPHA,
            looks=looks,
            naive=alarms["each"],
        ).demand()
    )
    assert alarms["each"].mean() > 0.3


def test_an_entity_that_stays_is_one_toss_however_many_days_it_errs(record):
    """A few prone entities err most days; dealt once, their days are no new tosses."""
    rng, share, entities, days, streams = np.random.default_rng(11), 0.1, 200, 30, 2000
    arm = rng.random((streams, 1, entities)) < share
    rate = np.where(rng.random((streams, 1, entities)) < 0.05, 0.9, 0.001)
    wrong = rng.random((streams, days, entities)) < rate
    first = wrong & (np.cumsum(wrong, axis=1) == 1)
    alarms = {}
    for name, counted in (("first", first), ("daily", wrong)):
        canary, live = (np.cumsum((counted & side).sum(axis=2), axis=1) for side in (arm, ~arm))
        alarms[name] = first_alarm(log_e_split(live, canary, share=share), threshold=-math.log(ALPHA)) >= 0
    record(
        null_result(
            alarms["first"],
            test="event_split",
            scenario="prone entities err daily, first error counted (naive: one error an entity and day)",
            alpha=ALPHA,
            looks=days,
            naive=alarms["daily"],
        ).demand()
    )
    assert alarms["daily"].mean() > 0.15


@pytest.mark.parametrize("shares", [(0.95, 0.05), (0.5, 0.5), (0.6, 0.2, 0.1, 0.1)])
def test_dirichlet_without_mismatch(shares, record):
    rng = np.random.default_rng(len(shares))
    requests = traffic(rng, streams=STREAMS, looks=400, mean=200)
    counts = np.cumsum(rng.multinomial(requests, shares), axis=1)
    log_e = log_e_dirichlet(counts, shares=shares, concentration=100)
    record(
        null_result(
            first_alarm(log_e, threshold=-math.log(ALPHA)) >= 0,
            test="dirichlet",
            scenario=f"{len(shares)} arms, shares {shares}",
            alpha=ALPHA,
            looks=400,
            naive=_chi_squared(counts, shares),
        ).demand()
    )


def test_dirichlet_finds_a_router_that_loses_requests(record):
    shares, lost = (0.5, 0.5), 0.02
    rng = np.random.default_rng(9)
    kept = 0.5 / (1 - lost / 2)
    counts = np.cumsum(rng.multinomial(500, (kept, 1 - kept), size=(2000, 800)), axis=1)
    log_e = log_e_dirichlet(counts, shares=shares, concentration=100)
    record(
        power_result(
            first_alarm(log_e, threshold=-math.log(ALPHA)),
            500 * np.arange(1, 801),
            test="dirichlet",
            scenario="two arms of 50 %",
            effect="2 % of one arm's requests lost",
            unit="requests",
            alpha=ALPHA,
            fixed_n=((1.959964 + 0.841621) * 0.5 / (kept - 0.5)) ** 2,
            bound=-math.log(ALPHA) / (kept * math.log(2 * kept) + (1 - kept) * math.log(2 - 2 * kept)),
        ).demand(found=0.9)
    )


def _chi_squared(counts, shares):
    n = counts.sum(axis=2, keepdims=True)
    expected = n * np.asarray(shares)
    with np.errstate(invalid="ignore"):
        x2 = ((counts - expected) ** 2 / expected).sum(axis=2)
    limit = {2: 3.8415, 4: 7.8147}[len(shares)]
    return (x2 > limit).any(axis=1)
