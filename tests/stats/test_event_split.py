import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slipway.stats.event_split import ArmCounts, EventSplit, divergence, log_e_split
from slipway.stats.sequential import run

counts = st.integers(0, 10**7)
shares = st.floats(0.001, 0.999)


def by_hand(live, canary, share, ratios):
    """The formula of the docstring, term by term."""
    total = 0.0
    for r in ratios:
        q = share * r / (1 - share + share * r)
        total += (q / share) ** canary * ((1 - q) / (1 - share)) ** live
    return math.log(total / len(ratios))


def test_formula():
    ratios = (1.25, 1.5, 2, 3, 5)
    assert log_e_split(160, 20, share=0.05) == pytest.approx(by_hand(160, 20, 0.05, ratios), rel=1e-12)


@given(live=counts, canary=counts, share=shares)
def test_one_more_canary_event_never_lowers_the_evidence(live, canary, share):
    assert log_e_split(live, canary + 1, share=share) >= log_e_split(live, canary, share=share)
    assert log_e_split(live + 1, canary, share=share) <= log_e_split(live, canary, share=share)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
@pytest.mark.parametrize("n", [1, 7, 60])
def test_mean_under_equal_rates_is_one_exactly(share, n):
    k = np.arange(n + 1)
    mean = stats.binom.pmf(k, n, share) @ np.exp(log_e_split(n - k, k, share=share))
    assert mean == pytest.approx(1.0, abs=1e-9)


def test_mean_under_a_better_canary_is_below_one():
    k = np.arange(41)
    assert stats.binom.pmf(k, 40, 0.03) @ np.exp(log_e_split(40 - k, k, share=0.05)) < 1


def test_a_ramp_is_the_product_of_its_shares():
    test = EventSplit(share=0.05, ratios=(2.0,))
    ticks = [ArmCounts(50, 6), ArmCounts(30, 9, share=0.2), ArmCounts(10, 1)]
    expected = log_e_split(60, 7, share=0.05, ratios=(2.0,)) + log_e_split(30, 9, share=0.2, ratios=(2.0,))
    evidence = run(test, ticks)
    assert evidence.log_e == pytest.approx(float(expected), rel=1e-12)
    assert evidence.n == 106


def test_a_ramp_averages_over_ratios_after_adding_shares():
    """The mean of products, not the product of means: one ratio holds for the whole rollout."""
    test = EventSplit(share=0.1)
    evidence = run(test, [ArmCounts(50, 12), ArmCounts(30, 15, share=0.3)])
    each = [
        math.exp(log_e_split(50, 12, share=0.1, ratios=(r,)) + log_e_split(30, 15, share=0.3, ratios=(r,)))
        for r in test.ratios
    ]
    assert evidence.log_e == pytest.approx(math.log(sum(each) / len(each)), rel=1e-12)


def test_divergence_is_that_of_two_coins():
    q = 0.05 * 2 / 1.05
    expected = stats.entropy([q, 1 - q], [0.05, 0.95])
    assert divergence(share=0.05, ratio=2.0) == pytest.approx(expected, rel=1e-12)
