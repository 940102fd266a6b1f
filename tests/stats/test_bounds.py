"""Oracle values: confseq 0.0.11's C++ (Howard, Ramdas, McAuliffe & Sekhon 2021; Howard & Ramdas 2022), as listed in
STATISTICS.md section 3; the formulas were checked against its uniform_boundaries.h."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slipway.errors import BadInput
from slipway.stats.bounds import (
    bernoulli_confidence_interval,
    beta_binomial_log_mixture,
    double_stitching_bound,
    empirical_process_lil_bound,
    normal_mixture_bound,
    poly_stitching_bound,
)
from slipway.stats.roots import bisect, golden_minimum


def test_normal_mixture():
    assert normal_mixture_bound(100, alpha=0.05, v_opt=100) == pytest.approx(27.660708830694603, rel=1e-11)
    two = normal_mixture_bound(100, alpha=0.05, v_opt=100, alpha_opt=0.05, one_sided=False)
    assert two == pytest.approx(30.35208990376253, rel=1e-14)


def test_poly_stitching():
    assert poly_stitching_bound(100, alpha=0.05, v_min=1) == pytest.approx(37.91564240369386, rel=1e-14)


@pytest.mark.parametrize(("p", "bound"), [(0.5, 214.60338), (0.95, 105.07771), (0.99, 46.33938)])
def test_double_stitching(p, bound):
    assert double_stitching_bound(p, t=10_000, alpha=0.05, t_opt=1000) == pytest.approx(bound, abs=5e-6)


def test_empirical_process():
    assert empirical_process_lil_bound(1000, alpha=0.05, t_min=100) == pytest.approx(0.0820477877, abs=5e-11)
    assert empirical_process_lil_bound(99, alpha=0.05, t_min=100) == math.inf


def test_bernoulli():
    low, high = bernoulli_confidence_interval(30, trials=100, alpha=0.05, t_opt=100)
    assert (low, high) == pytest.approx((0.1736349084, 0.4476766978), abs=5e-11)


@pytest.mark.parametrize("trials", [1, 17, 200])
@pytest.mark.parametrize("p", [0.02, 0.5])
def test_beta_binomial_has_mean_one(trials, p):
    mean = sum(
        math.exp(stats.binom.logpmf(k, trials, p) + beta_binomial_log_mixture(k, trials=trials, p=p, t_opt=50))
        for k in range(trials + 1)
    )
    assert mean == pytest.approx(1.0, abs=1e-9)


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_bernoulli_holds_the_share_and_stays_inside(trials, part):
    k = round(trials * part)
    low, high = bernoulli_confidence_interval(k, trials=trials, alpha=0.05, t_opt=1000)
    assert 0 <= low <= k / trials <= high <= 1


@given(st.floats(1, 1e9), st.floats(0.001, 0.2))
def test_bounds_fall_with_alpha_and_rise_with_time(v, alpha):
    for bound in (
        lambda v, a: normal_mixture_bound(v, alpha=a, v_opt=100),
        lambda v, a: normal_mixture_bound(v, alpha=a, v_opt=100, one_sided=False),
        lambda v, a: poly_stitching_bound(v, alpha=a, v_min=1, c=0.5),
        lambda v, a: double_stitching_bound(0.9, t=v, alpha=a, t_opt=10),
    ):
        assert bound(v, alpha) >= bound(v, alpha * 1.5) > 0
        assert bound(v * 2, alpha) >= bound(v, alpha)


def test_roots_stop_at_the_ends():
    assert bisect(lambda x: -1.0, low=0.0, high=1.0) == pytest.approx(1.0)
    assert bisect(lambda x: 1.0, low=0.0, high=1.0) == pytest.approx(0.0)
    assert golden_minimum(lambda x: x, low=2.0, high=3.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: normal_mixture_bound(1, alpha=2, v_opt=1), "alpha"),
        (lambda: normal_mixture_bound(1, alpha=0.05, v_opt=math.nan), "v_opt"),
        (lambda: poly_stitching_bound(1, alpha=0.05, v_min=0), "v_min"),
        (lambda: double_stitching_bound(1.0, t=1, alpha=0.05, t_opt=1), "quantile_p"),
        (lambda: empirical_process_lil_bound(1, alpha=0.05, t_min=0.5), "t_min"),
        (lambda: bernoulli_confidence_interval(3, trials=2, alpha=0.05, t_opt=1), "successes"),
        (lambda: bernoulli_confidence_interval(math.nan, trials=2, alpha=0.05, t_opt=1), "successes"),
    ],
)
def test_bad_input_is_refused_by_name(make, name):
    with pytest.raises(BadInput, match=name):
        make()
