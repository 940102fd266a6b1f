"""Laws of the counts: the error bound, exact sums of parts, and what never ended."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.log_counts import LogCounts, count_log

VALUES = st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=200)
SHARES = st.floats(0, 1)


def exact(values, share):
    """The order statistic that the definition names."""
    return sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]


@given(VALUES, SHARES, st.sampled_from([0.002, 0.01, 0.1]))
def test_a_quantile_is_off_by_the_stated_error_at_most(values, share, error):
    told = count_log(values, error=error).quantile(share)
    assert abs(told / exact(values, share) - 1) <= error * (1 + 1e-6)


@given(VALUES, VALUES)
def test_parts_add_up_to_the_whole_in_any_order(left, right):
    a, b = count_log(left, error=0.01), count_log(right, error=0.01)
    assert a.merge(b) == b.merge(a) == count_log(left + right, error=0.01)


@given(VALUES, st.integers(0, 50), SHARES)
def test_what_never_ended_is_slower_than_everything(values, endless, share):
    counted = count_log([*values, *[math.inf] * endless], error=0.01)
    assert counted.n == len(values) + endless
    assert math.isinf(counted.quantile(share)) == (max(1, math.ceil(share * counted.n - 1e-9)) > len(values))


@given(VALUES, st.floats(1e-6, 1e9))
def test_the_share_above_a_limit_is_never_flattered(values, limit):
    told = count_log(values, error=0.01).above(limit)
    assert sum(v > limit for v in values) <= told <= sum(v > limit * 0.98 for v in values) + 1


def test_the_largest_is_exact_and_nothing_is_not_a_number():
    assert count_log([0.3, 17.123], error=0.05).quantile(1.0) == 17.123
    assert math.isnan(LogCounts(error=0.01).quantile(0.5))
    assert LogCounts(error=0.01).merge(LogCounts(error=0.01)).n == 0


def test_it_is_small():
    times = np.random.default_rng(0).lognormal(7, 2, 100_000)  # microseconds to minutes
    assert len(count_log(times, error=0.01).counts) < 1100


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan])
def test_a_time_that_was_not_measured_is_refused(bad):
    with pytest.raises(BadInput, match="above 0"):
        count_log([1.0, bad], error=0.01)


def test_counts_of_two_errors_do_not_add_up():
    with pytest.raises(BadInput, match="in both parts"):
        count_log([1.0], error=0.01).merge(count_log([1.0], error=0.02))
