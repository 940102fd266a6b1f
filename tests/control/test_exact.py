"""Sums of arrays, to the last bit what exact arithmetic says."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.control import exact
from slipway.control.exact import exact_sum

number = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e290, max_value=1e290)


@settings(max_examples=50)
@given(st.lists(number, max_size=30), st.randoms(use_true_random=False))
def test_it_is_the_exact_sum_rounded_once_in_any_order(values, random):
    many = np.array(values + [0.0] * 1000)
    shuffled = many.tolist()
    random.shuffle(shuffled)
    assert exact_sum(many) == exact_sum(np.array(shuffled)) == math.fsum(many)


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1.0, 1e300])
def test_the_ends_of_the_range_are_exact_too(scale):
    values = np.random.default_rng(0).integers(-9, 9, size=2000) * scale
    assert exact_sum(values) == math.fsum(values)


def test_more_rows_than_a_double_can_add_up_are_added_in_pieces(monkeypatch):
    monkeypatch.setattr(exact, "_MOST", 700)
    values = np.random.default_rng(0).normal(size=5000)
    assert exact_sum(values) == math.fsum(values)
