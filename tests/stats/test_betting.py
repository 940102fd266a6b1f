"""Oracle values: confseq 0.0.11 on x_i = frac(i / golden ratio)^2 (STATISTICS.md section 3)."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.stats.betting import DEFAULT_BETS, BoundedMean, Claim, MarginBets, log_e_moments, not_worse, worse
from slipway.stats.empirical_bernstein import BernsteinMean
from slipway.stats.hedged_capital import HedgedMean
from slipway.stats.moments import Moments, moments
from slipway.stats.paired import PairCounts
from slipway.stats.paired_margin import PairedMargin
from slipway.stats.predictable import Values
from slipway.stats.sequential import run

X = np.modf(0.6180339887498949 * np.arange(1, 201))[0] ** 2


@pytest.mark.parametrize(("n", "low", "high"), [(50, 0.221, 0.461), (200, 0.269, 0.399)])
def test_hedged_capital_oracle(n, low, high):
    interval = run(HedgedMean(alpha=0.05, breaks=1000), [Values(X[:n])])
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-12)
    assert interval.estimate == pytest.approx(X[:n].mean())


@pytest.mark.parametrize(("n", "low", "high"), [(50, 0.1471202, 0.5194620), (200, 0.2609161, 0.4089600)])
def test_empirical_bernstein_oracle(n, low, high):
    interval = run(BernsteinMean(alpha=0.05), [Values(X[:n])])
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-8)


@pytest.mark.parametrize("test", [HedgedMean(alpha=0.05), BernsteinMean(alpha=0.05)])
def test_ticks_of_any_size_give_the_same_interval(test):
    whole = run(test, [Values(X)])
    parts = run(test, [Values(part) for part in np.array_split(X, 13)] + [Values(np.zeros(0))])
    assert (parts.low, parts.high) == pytest.approx((whole.low, whole.high), abs=1e-12)


def test_bounds_other_than_zero_and_one():
    for kind in (HedgedMean, BernsteinMean):
        plain = run(kind(alpha=0.1), [Values(X)])
        moved = run(kind(alpha=0.1, low=-3.0, high=5.0), [Values(8 * X - 3)])
        assert (moved.low, moved.high) == pytest.approx((8 * plain.low - 3, 8 * plain.high - 3))


def exact_mean(test, support, weights, n):
    """E[E] over all sequences of n draws from a small support."""
    total = 0.0
    for draw in itertools.product(range(len(support)), repeat=n):
        evidence = test.evidence(moments([support[i] for i in draw]))
        total += math.exp(evidence.log_e) * math.prod(weights[i] for i in draw)
    return total


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("bets", [(0.01,), (0.5,), (0.95,), DEFAULT_BETS])
def test_mean_under_the_null_is_at_most_one_by_enumeration(bets, n):
    for claim, support, weights in (
        (Claim.ABOVE, (-1.0, 0.0, 1.0), (0.3, 0.5, 0.2)),  # mean -0.1
        (Claim.BELOW, (-1.0, 0.0, 1.0), (0.2, 0.3, 0.5)),  # mean 0.3
        (Claim.ABOVE, (-1.0, 0.1, 0.9), (0.1, 0.8, 0.1)),
    ):
        margin = float(np.dot(support, weights))
        test = MarginBets(margin=margin, claim=claim, low=-1.0, high=1.0, bets=bets)
        assert exact_mean(test, support, weights, n) <= 1 + 1e-12


@pytest.mark.parametrize("claim", Claim)
def test_paired_margin_has_mean_one_at_the_margin_by_enumeration(claim):
    test = PairedMargin(margin=0.02, claim=claim)
    up, down, n = 0.07, 0.05, 6
    total = 0.0
    for draw in itertools.product((1, -1, 0), repeat=n):
        a, b = draw.count(1), draw.count(-1)
        weight = up**a * down**b * (1 - up - down) ** (n - a - b)
        total += weight * math.exp(test.evidence(PairCounts(pairs=n, only_canary=a, only_live=b)).log_e)
    assert total == pytest.approx(1.0, abs=1e-12)


def test_paired_margin_is_the_product_over_pairs():
    test = PairedMargin(margin=-0.03, claim=Claim.ABOVE, bets=(0.3,))
    factors = [1 + 0.3 / 0.97 * (x + 0.03) for x in [1] * 5 + [-1] * 2 + [0] * 93]
    evidence = test.evidence(PairCounts(pairs=100, only_canary=5, only_live=2))
    assert evidence.log_e == pytest.approx(math.log(math.prod(factors)), rel=1e-10)


def test_paired_margin_needs_fewer_pairs_than_sums_do():
    pairs = PairCounts(pairs=2000, only_canary=20, only_live=20)
    exact = PairedMargin(margin=0.02, claim=Claim.BELOW).evidence(pairs)
    sums = not_worse(margin=0.02).evidence(Moments(n=2000, total=0.0, squares=40.0))
    assert exact.log_e > sums.log_e > math.log(20)


def test_no_harm_seen_is_no_pass():
    """Few data: neither harm nor safety. A gate must hold."""
    state = moments(np.zeros(20))
    assert not worse().evidence(state).rejects(alpha=0.05)
    assert not not_worse(margin=0.01).evidence(state).rejects(alpha=0.05)


@given(st.integers(0, 400), st.integers(1, 400))
def test_bounded_mean_holds_its_mean_and_rejects_outside(ones, zeros):
    n = ones + zeros
    test = BoundedMean(alpha=0.05)
    state = Moments(n=n, total=float(ones), squares=float(ones))
    interval = test.evidence(state)
    assert 0 <= interval.low <= ones / n <= interval.high <= 1
    if interval.low > 0:
        inside, outside = interval.low + 1e-9, interval.low - 1e-9
        log_e = [log_e_moments(state.less(m), bets=test.bets) for m in (inside, outside)]
        assert log_e[0] <= math.log(40) + 1e-6
        assert log_e[1] >= math.log(40) - 1e-6


def test_values_outside_their_bounds_are_seen_in_the_sums():
    test = BoundedMean(alpha=0.05)
    with pytest.raises(ValueError, match="values: want all in"):
        test.update(test.start(), moments([1.0, 1.3, 0.1]))
