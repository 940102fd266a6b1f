"""Laws for any data: more harm is never less evidence of harm, and never moves a limit down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.stats.betting import BoundedMean, Claim, MarginBets
from slipway.stats.categories import CategoryDrift, CategoryReference
from slipway.stats.dirichlet import DirichletSplit, SplitCounts
from slipway.stats.expected import ExpectedLoss
from slipway.stats.gap import Gap, GapReference, Measure
from slipway.stats.loss_tick import LossTick
from slipway.stats.moments import moments
from slipway.stats.paired import PairCounts
from slipway.stats.paired_margin import PairedMargin
from slipway.stats.quantile import Exceedances, QuantileSequence, ShareSequence
from slipway.stats.rank_bets import RankBets
from slipway.stats.risk import HarmfulRisk
from slipway.stats.sequential import run
from slipway.stats.two_by_two import Block, TwoByTwo

LOSSES = st.lists(st.floats(0, 1), min_size=1, max_size=40)
STEPS = st.floats(0, 1)
SLACK = 1e-9


def more(losses, step):
    return np.minimum(np.array(losses) + step, 1.0)


def log_e(test, *ticks):
    return run(test, ticks).log_e


@given(LOSSES, STEPS, st.floats(0.5, 0.9))
def test_larger_losses_are_more_evidence_of_a_mean_above_the_margin(losses, step, margin):
    test = MarginBets(margin=margin, claim=Claim.ABOVE, low=0.0, high=1.0)
    assert log_e(test, moments(more(losses, step))) >= log_e(test, moments(losses)) - SLACK


@given(LOSSES, STEPS, st.floats(0.1, 0.5))
def test_larger_losses_are_less_evidence_of_a_mean_below_the_margin(losses, step, margin):
    test = MarginBets(margin=margin, claim=Claim.BELOW, low=0.0, high=1.0)
    assert log_e(test, moments(more(losses, step))) <= log_e(test, moments(losses)) + SLACK


@given(LOSSES, STEPS)
@pytest.mark.parametrize("kind", ["bounded mean", "risk", "expected loss"])
def test_larger_losses_lower_no_limit(kind, losses, step):
    risk = HarmfulRisk(LossTick())

    def limits(values):
        if kind == "bounded mean":
            return run(BoundedMean(alpha=0.05), [moments(values)])
        if kind == "expected loss":
            return run(ExpectedLoss(alpha=0.05), [LossTick.of(values)])
        return risk.interval(risk.update(risk.start(), LossTick.of(values)), alpha=0.05)

    before, after = limits(np.array(losses)), limits(more(losses, step))
    assert after.low >= before.low - 1e-6
    assert after.high >= before.high - 1e-6


@given(LOSSES, STEPS)
def test_larger_losses_are_more_evidence_of_harmful_risk(losses, step):
    test = HarmfulRisk(LossTick.of(np.full(500, 0.1)))
    assert log_e(test, test.tick(more(losses, step))) >= log_e(test, test.tick(losses)) - SLACK


@given(st.tuples(*[st.integers(0, 500)] * 3), st.floats(-0.5, 0.5))
@pytest.mark.parametrize(("claim", "sign"), [(Claim.ABOVE, 1), (Claim.BELOW, -1)])
def test_an_error_of_the_candidate_is_evidence_against_it(claim, sign, counts, margin):
    up, down, level = counts
    test, pairs = PairedMargin(margin=margin, claim=claim), up + down + level + 1
    live, neither, candidate = (
        sign * log_e(test, PairCounts(pairs=pairs, only_canary=a, only_live=b))
        for a, b in ((up, down + 1), (up, down), (up + 1, down))
    )
    assert live - 1e-7 <= neither <= candidate + 1e-7


@given(st.integers(1, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_more_exceedances_lower_no_limit(n, one, other):
    few, many = sorted((round(one * n), round(other * n)))
    test = ShareSequence(alpha=0.05, n_star=1000)
    before, after = (run(test, [Exceedances(n=n, beyond=k)]) for k in (few, many))
    assert after.low >= before.low - SLACK
    assert after.high >= before.high - SLACK


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=200), st.floats(0, 5), st.floats(0.05, 0.95))
def test_larger_values_lower_no_limit_of_a_quantile(values, step, quantile):
    test = QuantileSequence(quantile=quantile, alpha=0.05, n_star=50, edges=tuple(range(-10, 11)))
    before, after = (run(test, [test.tick(x)]) for x in (np.array(values), np.array(values) + step))
    assert after.low >= before.low
    assert after.high >= before.high


@given(st.integers(10, 300), st.integers(0, 19), st.integers(0, 19))
def test_an_event_of_the_arm_that_had_more_is_more_evidence_that_rates_differ(past, ya, yb):
    test, known = TwoByTwo(), Block(na=past, ya=past // 10, nb=past, yb=past // 2)
    fewer, events = Block(na=20, ya=ya, nb=20, yb=yb), Block(na=20, ya=ya, nb=20, yb=yb + 1)
    assert log_e(test, known, events) >= log_e(test, known, fewer)


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_split_further_from_its_shares_is_more_evidence(a, b):
    test, total = DirichletSplit(shares=(0.5, 0.5)), 800
    near, far = sorted((a, b))
    assert (
        log_e(test, SplitCounts((total // 2 + far, total // 2 - far)))
        >= log_e(test, SplitCounts((total // 2 + near, total // 2 - near))) - 1e-7
    )


@given(st.integers(10, 200), st.integers(10, 200))
def test_more_unseen_categories_are_more_evidence(one, other):
    test = CategoryDrift(CategoryReference.of(["sea", "air", "road", "air"] * 500))
    few, many = sorted((one, other))
    known = ["sea", "air", "road", "air"] * 50
    evidence = [log_e(test, test.tick(known[: 200 - k] + ["rail"] * k)) for k in (few, many)]
    assert evidence[1] >= evidence[0]


@given(st.integers(0, 400), st.integers(0, 400))
def test_more_positives_than_expected_lower_no_limit_of_the_gap(one, other):
    p = np.full(2_000, 0.5)
    gap = Gap(GapReference.of_classes(p, y=np.arange(2_000) % 2))
    few, many = sorted((one, other))

    def limits(k):
        state = gap.update(gap.start(), gap.tick(np.full(400, 0.5), outcome=np.arange(400) < k))
        return gap.interval(state, measure=Measure.CALIBRATION, alpha=0.05)

    before, after = limits(few), limits(many)
    assert after.low >= before.low - 1e-6
    assert after.high >= before.high - 1e-6


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=20), st.floats(0, 5))
def test_a_block_further_up_is_more_evidence_that_blocks_moved_up(before, step):
    bets = RankBets.of(np.random.default_rng(0).normal(size=(60, 1)), tails=False)
    state = bets.start()
    for value in before:
        state = bets.update(state, np.array([value]))
    up = bets.increments(state, np.array([0.0])), bets.increments(state, np.array([step]))
    assert (up[1][0, :3] >= up[0][0, :3]).all()
