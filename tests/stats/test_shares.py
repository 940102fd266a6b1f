"""Limits on a share hold at every n, and bets beyond them are fair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from slipway.errors import BadInput
from slipway.stats.shares import bets_on_shares, share_limits


@pytest.mark.parametrize("n", [1, 7, 60])
@pytest.mark.parametrize("delta", [0.3, 0.01])
def test_limits_miss_with_at_most_delta_by_exact_enumeration(n: int, delta: float) -> None:
    low, high = share_limits(np.arange(n + 1), n=n, delta=delta)
    for p in np.linspace(0, 1, 101):
        missed = binom.pmf(np.arange(n + 1), n, p)[(p < low) | (p > high)].sum()
        assert missed <= delta


def test_without_rows_nothing_is_known() -> None:
    low, high = share_limits([0.0, 0.0], n=0, delta=0.01)
    assert low.tolist() == [0, 0]
    assert high.tolist() == [1, 1]


def test_a_count_beyond_n_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"count: want 0 <= count <= n, got \[4.\] of \[3.\]"):
        share_limits([4], n=3, delta=0.1)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_share_between_the_limits_pays(a: float, b: float, at: float) -> None:
    low, high = min(a, b), max(a, b)
    p = min(max(low + at * (high - low), low), high)
    yes, no = bets_on_shares(np.array([low]), np.array([high]))
    assert np.isfinite(yes).all()
    assert np.isfinite(no).all()
    assert (p * np.exp(yes) + (1 - p) * np.exp(no) <= 1 + 1e-9).all()
