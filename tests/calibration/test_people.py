"""Thresholds, audits and judges keep their promises over thousands of seeded draws, also where days stick together."""

import math

import numpy as np
import pytest

from slipway.stats.adjudicated import Settled, difference
from slipway.stats.anchoring import AnchorCounts, Anchoring
from slipway.stats.betting import Claim, MarginBets
from slipway.stats.error_rate import log_e_above_lately, log_e_error
from slipway.stats.peeked_threshold import peeked_threshold
from slipway.stats.thresholds import Graded, conformal_risk_control, learn_then_test
from slipway.testing.calibration import first_alarm, null_result

pytestmark = [pytest.mark.calibration, pytest.mark.timeout(300)]

DELTA, BOUND = 0.1, 0.05
GRID = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
SHARES = np.array([0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.1])
RATES = np.array([0.45, 0.35, 0.2, 0.1, 0.052, 0.052, 0.052, 0.052])
"""Error at each confidence: no threshold is good, and the four highest are as hard to tell from good ones as can be."""


def risk_above(k):
    return float((SHARES[k:] * RATES[k:]).sum() / SHARES[k:].sum())


def broken(found, grid=GRID):
    return found.threshold is not None and risk_above(grid.index(found.threshold)) > BOUND


@pytest.mark.parametrize("rows", [400, 4000])
def test_learn_then_test_on_rows(record, rows):
    rng = np.random.default_rng(rows)
    bad = []
    for _ in range(2000):
        n = rng.multinomial(rows, SHARES)
        bad.append(
            broken(
                learn_then_test(
                    Graded(GRID, n[None], rng.binomial(n, RATES)[None], rows=True), bound=BOUND, delta=DELTA
                )
            )
        )
    result = null_result(
        bad, test="learn then test", scenario=f"{rows} rows, error just above the bound", alpha=DELTA, looks=1
    )
    record(result.demand())


@pytest.mark.parametrize(("days", "alike"), [(15, 0.02), (60, 0.02), (30, 0.1)])
def test_learn_then_test_on_days_that_stick_together(record, days, alike):
    """Each day multiplies its errors by a factor of its own; taken for rows, they break the promise."""
    rng = np.random.default_rng(days)
    bad, naive = [], []
    for _ in range(1000):
        n = rng.multinomial(100, SHARES, size=days)
        rate = rng.beta(RATES * (1 / alike - 1), (1 - RATES) * (1 / alike - 1), size=(days, len(RATES)))
        wrong = rng.binomial(n, rate)
        bad.append(broken(learn_then_test(Graded(GRID, n, wrong), bound=BOUND, delta=DELTA)))
        whole = Graded(GRID, n.sum(axis=0)[None], wrong.sum(axis=0)[None], rows=True)
        naive.append(broken(learn_then_test(whole, bound=BOUND, delta=DELTA)))
    result = null_result(
        bad,
        test="learn then test, by day",
        scenario=f"{days} days of 100 rows, intraclass correlation {alike:g}",
        alpha=DELTA,
        looks=1,
        naive=naive,
    )
    record(result.demand())


def test_conformal_risk_control_keeps_its_mean():
    """The mean over samples of the next row's loss is at most the bound; a fresh row a sample."""
    rng = np.random.default_rng(8)
    sure = rng.uniform(0.5, 1, (4000, 101))
    wrong = rng.random(sure.shape) < 1 - sure
    losses = []
    for s, w in zip(sure, wrong, strict=True):
        found = conformal_risk_control(s[:100], wrong=w[:100], bound=BOUND)
        losses.append(found.threshold is not None and s[100] >= found.threshold and w[100])
    error = math.sqrt(BOUND * (1 - BOUND) / len(losses))
    assert np.mean(losses) <= BOUND + 3 * error
    assert np.mean(losses) >= BOUND / 3, "it automates what it may"


def test_audit_at_the_bound_and_beyond(record):
    rng = np.random.default_rng(9)
    n = np.cumsum(rng.poisson(5, (2500, 400)), axis=1)

    def wrong(rate):
        return np.cumsum(rng.binomial(np.diff(n, axis=1, prepend=0), rate), axis=1)

    for claim, rate in ((Claim.ABOVE, BOUND), (Claim.BELOW, BOUND)):
        over = first_alarm(log_e_error(n, wrong(rate), bound=BOUND, claim=claim), threshold=math.log(20))
        result = null_result(
            over >= 0, test=f"audited error {claim.value}", scenario="error at the bound", alpha=0.05, looks=400
        )
        record(result.demand())
    first = first_alarm(log_e_error(n, wrong(0.1), bound=BOUND, claim=Claim.ABOVE), threshold=math.log(20))
    assert (first >= 0).mean() > 0.99
    assert np.median(n[np.arange(len(first)), first]) < 300, "twice the bound is found within 300 audited answers"


def test_a_model_at_the_margin_with_a_fifth_of_the_differences_judged(record):
    """The null of a pass: the model errs two points more than the person, and two points are the margin."""
    rng = np.random.default_rng(10)
    looks, share = 60, 0.2
    test = MarginBets(margin=0.02, claim=Claim.BELOW, low=-1 / share, high=1 / share)
    passed = []
    for _ in range(600):
        n = rng.poisson(50, looks)
        kinds = np.array([rng.multinomial(k, [0.07 * share, 0.05 * share, 1 - 0.12 * share]) for k in n]).cumsum(axis=0)
        n = n.cumsum()
        passed.append(
            any(
                test.evidence(
                    difference(
                        Settled(n=int(k), apart=int(a + b), model_wrong=int(a), person_wrong=int(b)), share=share
                    )
                ).rejects(alpha=0.05)
                for k, (a, b, _) in zip(n, kinds, strict=True)
            )
        )
    result = null_result(
        passed, test="person: not worse", scenario="at the margin, 20 % judged", alpha=0.05, looks=looks
    )
    record(result.demand())


def test_no_pull(record):
    rng = np.random.default_rng(11)
    missed = []
    for _ in range(200):
        n = rng.multinomial(120, [0.72, 0.08, 0.18, 0.02], size=10).cumsum(axis=0)
        pulls = (
            Anchoring(alpha=0.05).evidence(
                AnchorCounts(shown=int(a + b), shown_same=int(a), hidden=int(c + d), hidden_same=int(c))
            )
            for a, b, c, d in n
        )
        missed.append(any(not pull.low <= 0 <= pull.high for pull in pulls))
    result = null_result(missed, test="anchoring", scenario="no pull, a fifth hidden", alpha=0.05, looks=10)
    record(result.demand())


@pytest.mark.parametrize(("alike", "naive_too"), [(0.0, False), (0.05, True)])
def test_a_threshold_that_is_looked_for_every_day(record, alike, naive_too):
    """Each of 40 days of 60 rows adds to what was seen; one bad threshold on any day is a broken promise."""
    rng = np.random.default_rng(12)
    bad, naive = [], []
    for _ in range(160):
        n = rng.multinomial(60, SHARES, size=40)
        rate = (
            RATES if not alike else rng.beta(RATES * (1 / alike - 1), (1 - RATES) * (1 / alike - 1), (40, len(RATES)))
        )
        wrong = rng.binomial(n, rate)
        looks = range(5, 41, 5)
        rows = not alike
        bad.append(
            any(
                broken(
                    peeked_threshold(
                        Graded(GRID, n[:day].sum(axis=0)[None], wrong[:day].sum(axis=0)[None], rows=True)
                        if rows
                        else Graded(GRID, n[:day], wrong[:day]),
                        bound=BOUND,
                        delta=DELTA,
                    )
                )
                for day in looks
            )
        )
        whole = [Graded(GRID, n[:d].sum(axis=0)[None], wrong[:d].sum(axis=0)[None], rows=True) for d in looks]
        naive.append(any(broken(learn_then_test(g, bound=BOUND, delta=DELTA)) for g in whole))
    result = null_result(
        bad,
        test="threshold at every look" + (", by day" if naive_too else ""),
        scenario=f"40 days of 60 rows, intraclass correlation {alike:g}",
        alpha=DELTA,
        looks=8,
        naive=naive,
    )
    record(result.demand())


def test_an_audit_that_does_not_grow_old(record):
    rng = np.random.default_rng(13)
    n = rng.poisson(8, (800, 150))
    at_bound = rng.binomial(n, BOUND)
    alarms = [log_e_above_lately(k, w, bound=BOUND).max() >= math.log(20) for k, w in zip(n, at_bound, strict=True)]
    result = null_result(alarms, test="audited error, lately", scenario="error at the bound", alpha=0.05, looks=150)
    record(result.demand())
    good = rng.binomial(n[:100], 0.02)
    later = rng.binomial(n[:100], 0.2)
    days = []
    for k, before, after in zip(n[:100], good, later, strict=True):
        log_e = log_e_above_lately(np.concatenate([k, k]), np.concatenate([before, after]), bound=BOUND)
        days.append(int(np.argmax(log_e >= math.log(20))) - len(k) + 1)
    assert min(days) > 0, "none before the change"
    assert np.median(days) <= 14, (
        "after 150 good days, four times the bound is found within two weeks of 8 audits a day"
    )
