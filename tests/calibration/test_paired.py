"""A shadow beside the live arm on the same requests: harm, difference, margins; and two-by-two blocks."""

import math

import numpy as np
import pytest

from slipway.stats.betting import Claim
from slipway.stats.event_split import divergence, log_e_split
from slipway.stats.paired import log_e_paired
from slipway.stats.paired_margin import PairedMargin, log_e_paired_margin
from slipway.stats.planned import pairs_for_discordance, requests_for_rates
from slipway.stats.two_by_two import Block, TwoByTwo
from slipway.testing.calibration import first_alarm, null_result, power_result
from slipway.testing.streams import drifting_rates, traffic

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

ALPHA = 0.05
LOG = -math.log(ALPHA)
STREAMS = 2500


def pairs(seed, *, up, down, pairs_per_look, looks, streams=STREAMS):
    """Cumulative (pairs, only_canary, only_live), each of shape (streams, looks)."""
    rng = np.random.default_rng(seed)
    n = np.broadcast_to(pairs_per_look, (streams, looks))
    a = rng.binomial(n, np.broadcast_to(up, (streams, looks)))
    b = rng.binomial(n - a, np.broadcast_to(down, (streams, looks)) / (1 - np.broadcast_to(up, (streams, looks))))
    return tuple(np.cumsum(x, axis=1) for x in (n, a, b))


def swinging(seed, looks=1000):
    rng = np.random.default_rng(seed)
    requests = traffic(rng, streams=STREAMS, looks=looks, mean=30)
    return requests, drifting_rates(rng, streams=STREAMS, looks=looks, low=0.005, high=0.1)


def mcnemar(a, b):
    with np.errstate(invalid="ignore", divide="ignore"):
        return ((a - b) / np.sqrt(a + b)) * ((a + b) >= 10)


def test_equal_arms(record):
    requests, rates = swinging(1)
    _, a, b = pairs(2, up=rates, down=rates, pairs_per_look=requests, looks=1000)
    for name, log_e, naive in (
        ("paired harm", log_e_split(b, a, share=0.5), mcnemar(a, b) > 1.6449),
        ("paired difference", log_e_paired(a, b), np.abs(mcnemar(a, b)) > 1.96),
    ):
        record(
            null_result(
                first_alarm(log_e, threshold=LOG) >= 0,
                test=name,
                scenario="discordance 1-20 % drifts, traffic swings",
                alpha=ALPHA,
                looks=1000,
                naive=naive.any(axis=1),
            ).demand()
        )


@pytest.mark.parametrize(("up", "down", "goal"), [(0.03, 0.01, 600), (0.025, 0.015, 2400)])
def test_harm(up, down, goal, record):
    looks, step = 1500, 10
    _, a, b = pairs(3, up=up, down=down, pairs_per_look=step, looks=looks)
    record(
        power_result(
            first_alarm(log_e_split(b, a, share=0.5), threshold=LOG),
            step * np.arange(1, looks + 1),
            test="paired harm",
            scenario=f"a look every {step} pairs",
            effect=f"only candidate wrong {up:.1%}, only live {down:.1%}",
            unit="pairs",
            alpha=ALPHA,
            fixed_n=pairs_for_discordance(only_canary_rate=up, only_live_rate=down, alpha=ALPHA, power=0.8),
            bound=LOG / divergence(share=0.5, ratio=up / down) / (up + down),
            goal=goal,
        ).demand()
    )


@pytest.mark.parametrize(("claim", "margin"), [(Claim.BELOW, 0.01), (Claim.ABOVE, 0.01), (Claim.BELOW, 0.0)])
def test_a_difference_that_equals_the_margin(claim, margin, record):
    requests, rates = swinging(4, looks=500)
    down = np.clip(rates, 0.001, 0.4)
    n, a, b = pairs(5, up=down + margin, down=down, pairs_per_look=requests, looks=500)
    test = PairedMargin(margin=margin, claim=claim)
    log_e = log_e_paired_margin(n, a, b, margin=margin, claim=claim, bets=test.bets)
    with np.errstate(invalid="ignore", divide="ignore"):
        d = (a - b) / n
        z = (d - margin) / np.sqrt(((a + b) / n - d**2) / n) * ((a + b) >= 10)
    naive = z < -1.6449 if claim is Claim.BELOW else z > 1.6449
    record(
        null_result(
            first_alarm(log_e, threshold=LOG) >= 0,
            test="paired margin",
            scenario=f"difference = margin = {margin:g}, claim {claim.value}; rates drift",
            alpha=ALPHA,
            looks=500,
            naive=naive.any(axis=1),
        ).demand()
    )


@pytest.mark.parametrize(("claim", "up", "down"), [(Claim.BELOW, 0.02, 0.02), (Claim.ABOVE, 0.05, 0.02)])
def test_margin_power(claim, up, down, record):
    margin, looks, step = 0.01, 1000, 20
    n, a, b = pairs(6, up=up, down=down, pairs_per_look=step, looks=looks)
    log_e = log_e_paired_margin(n, a, b, margin=margin, claim=claim, bets=PairedMargin(margin=0, claim=claim).bets)
    sd, gap = math.sqrt(up + down - (up - down) ** 2), up - down - margin
    record(
        power_result(
            first_alarm(log_e, threshold=LOG),
            step * np.arange(1, looks + 1),
            test="paired margin",
            scenario=f"margin 1 point, claim {claim.value}",
            effect=f"only candidate wrong {up:.1%}, only live {down:.1%}",
            unit="pairs",
            alpha=ALPHA,
            fixed_n=((1.644854 + 0.841621) * sd / gap) ** 2,
            bound=2 * LOG * (sd / gap) ** 2,
        ).demand(found=0.8)
    )


def two_by_two(seed, *, rate_a, rate_b, na, nb, blocks, streams):
    """The log capital of TwoByTwo for all streams at once, shape (streams, blocks)."""
    rng = np.random.default_rng(seed)
    ya, yb = rng.binomial(na, rate_a, (streams, blocks)), rng.binomial(nb, rate_b, (streams, blocks))
    past = [np.cumsum(np.pad(y, ((0, 0), (1, 0))), axis=1)[:, :-1] for y in (ya, yb)]
    trials = np.arange(blocks)
    ta, tb = (past[0] + 0.18) / (na * trials + 0.36), (past[1] + 0.18) / (nb * trials + 0.36)
    t0 = (na * ta + nb * tb) / (na + nb)
    gain = ya * np.log(ta / t0) + (na - ya) * np.log((1 - ta) / (1 - t0))
    gain += yb * np.log(tb / t0) + (nb - yb) * np.log((1 - tb) / (1 - t0))
    return np.cumsum(gain, axis=1)


def test_the_vector_form_is_the_test():
    log_e = two_by_two(1, rate_a=0.2, rate_b=0.3, na=19, nb=1, blocks=30, streams=1)
    rng = np.random.default_rng(1)
    ya, yb = rng.binomial(19, 0.2, (1, 30))[0], rng.binomial(1, 0.3, (1, 30))[0]
    test = TwoByTwo()
    state = test.start()
    for a, b, expected in zip(ya, yb, log_e[0], strict=True):
        state = test.update(state, Block(na=19, nb=1, ya=int(a), yb=int(b)))
        assert state.log_e == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_two_by_two_without_effect(record):
    rng = np.random.default_rng(8)
    rates = rng.choice([0.005, 0.02, 0.1, 0.4, 0.9], (STREAMS, 1)) * rng.uniform(0.5, 1.1, (1, 500))
    log_e = two_by_two(8, rate_a=rates, rate_b=rates, na=19, nb=1, blocks=500, streams=STREAMS)
    record(
        null_result(
            first_alarm(log_e, threshold=LOG) >= 0,
            test="two by two",
            scenario="blocks of 19 and 1; rates .003-.99 change from block to block",
            alpha=ALPHA,
            looks=500,
        ).demand()
    )


def test_two_by_two_finds_harm(record):
    looks = 3000
    log_e = two_by_two(9, rate_a=0.01, rate_b=0.05, na=19, nb=1, blocks=looks, streams=2000)
    record(
        power_result(
            first_alarm(log_e, threshold=LOG),
            20 * np.arange(1, looks + 1),
            test="two by two",
            scenario="5 % canary",
            effect="errors 1 % to 5.0%",
            unit="requests",
            alpha=ALPHA,
            fixed_n=requests_for_rates(share=0.05, live_rate=0.01, canary_rate=0.05, alpha=ALPHA / 2, power=0.8),
        ).demand(found=0.9)
    )
