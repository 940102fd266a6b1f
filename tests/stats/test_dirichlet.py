"""Oracle values: Lindon & Malek (2022), eq. 7, worked out for STATISTICS.md section 3."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slipway.stats.dirichlet import DirichletSplit, SplitCounts, log_e_dirichlet


@pytest.mark.parametrize(
    ("counts", "shares", "log_e"), [((560, 440), (0.5, 0.5), 5.363268896), ((170, 30), (0.95, 0.05), 9.423349856)]
)
def test_oracle(counts, shares, log_e):
    assert log_e_dirichlet(counts, shares=shares, concentration=100) == pytest.approx(log_e, abs=5e-10)


def test_against_scipy_for_five_arms():
    counts, shares = (40, 22, 9, 17, 12), (0.4, 0.2, 0.1, 0.2, 0.1)
    mixture = stats.dirichlet_multinomial.logpmf(counts, 30 * np.array(shares), sum(counts))
    expected = mixture - stats.multinomial.logpmf(counts, sum(counts), shares)
    assert log_e_dirichlet(counts, shares=shares, concentration=30) == pytest.approx(expected, abs=1e-9)


def test_mean_under_the_null_is_one_exactly():
    k = np.arange(51)
    log_e = log_e_dirichlet(np.stack([k, 50 - k], axis=1), shares=(0.3, 0.7), concentration=20)
    assert stats.binom.pmf(k, 50, 0.3) @ np.exp(log_e) == pytest.approx(1.0, abs=1e-9)


@given(st.permutations(range(4)), st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
def test_names_of_arms_do_not_matter(order, counts):
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    one = log_e_dirichlet(counts, shares=tuple(shares), concentration=100)
    other = log_e_dirichlet(np.array(counts)[order], shares=tuple(shares[order]), concentration=100)
    assert one == pytest.approx(other, rel=1e-9, abs=1e-6)


def test_a_router_that_loses_canary_requests_is_found():
    test = DirichletSplit(shares=(0.95, 0.05))
    assert test.evidence(SplitCounts((95_000, 4_300))).rejects(alpha=0.001)
