"""Units that follow on one another."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.serial import lag_one, unbiased_lag_one, widening
from slipway.testing.streams import autoregressive


def test_in_all_orders_together_the_correlation_is_zero():
    values = [0.3, -1.0, 2.5, 0.1, 7.0]
    found = [unbiased_lag_one(order) for order in itertools.permutations(values)]
    assert np.mean(found) == pytest.approx(0.0, abs=1e-12)


def test_it_finds_the_correlation_of_an_autoregression():
    x = autoregressive(np.random.default_rng(1), streams=1, units=20_000, correlation=0.4)[0]
    assert lag_one(x) == pytest.approx(0.4, abs=0.03)
    means = autoregressive(np.random.default_rng(2), streams=2000, units=400, correlation=0.4).mean(axis=1)
    assert means.std() * 400**0.5 == pytest.approx(widening(0.4), rel=0.05)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_any_values_have_a_factor(values):
    assert 1 <= widening(unbiased_lag_one(values)) < np.inf


def test_equal_values_do_not_follow():
    assert lag_one([3.0] * 30) == 0.0


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")]])
def test_too_little_is_refused(values):
    with pytest.raises(BadInput):
        lag_one(values)


@pytest.mark.parametrize("correlation", [1.0, -1.1, float("nan")])
def test_a_correlation_out_of_range_is_refused(correlation):
    with pytest.raises(BadInput, match="correlation"):
        widening(correlation)
