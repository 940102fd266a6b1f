"""Oracle value: McNemar by betting with a uniform prior, 30 against 12 (STATISTICS.md section 3)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from slipway.stats.paired import PairCounts, PairedDifference, PairedHarm, log_e_paired

counts = st.integers(0, 10**6)


def evidence(a, b):
    return PairedHarm().evidence(PairCounts(pairs=a + b, only_canary=a, only_live=b)).log_e


def test_uniform_prior_oracle():
    found = PairedDifference().evidence(PairCounts(pairs=900, only_canary=30, only_live=12))
    assert found.log_e == pytest.approx(2.2245509126, abs=5e-11)
    assert found.n == 900


def test_uniform_prior_is_the_integral():
    value, _ = integrate.quad(lambda q: (2 * q) ** 9 * (2 - 2 * q) ** 4, 0, 1)
    assert log_e_paired(9, 4) == pytest.approx(math.log(value), rel=1e-9)


@pytest.mark.parametrize("n", [1, 12, 80])
def test_mean_under_the_null_is_one_exactly(n):
    k = np.arange(n + 1)
    weights = stats.binom.pmf(k, n, 0.5)
    assert weights @ np.exp([evidence(int(a), int(n - a)) for a in k]) == pytest.approx(1.0, abs=1e-9)
    assert weights @ np.exp(log_e_paired(k, n - k)) == pytest.approx(1.0, abs=1e-9)


@given(counts, counts)
def test_monotone(a, b):
    assert evidence(a + 1, b) >= evidence(a, b) >= evidence(a, b + 1)


@given(counts, counts)
def test_difference_has_no_side(a, b):
    assert log_e_paired(a, b) == log_e_paired(b, a)


@given(counts)
def test_concordant_pairs_say_nothing(pairs):
    few = PairedHarm().evidence(PairCounts(pairs=30, only_canary=20, only_live=10))
    many = PairedHarm().evidence(PairCounts(pairs=30 + pairs, only_canary=20, only_live=10))
    assert few.log_e == many.log_e
