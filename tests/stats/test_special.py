import numpy as np
import pytest
from scipy import special, stats

from slipway.stats.special import log_beta, log_gamma, log_mean_exp, normal_cdf, normal_quantile, zeta
from slipway.stats.student import incomplete_beta, student_cdf, student_quantile


def test_log_gamma_over_fourteen_decades():
    x = np.concatenate([np.linspace(0.01, 20, 2000), 10.0 ** np.arange(1, 13)])
    expected = special.gammaln(x)
    assert np.all(np.abs(log_gamma(x) - expected) <= 1e-13 * np.maximum(1, np.abs(expected)))


def test_log_beta():
    a = np.array([0.18, 1.0, 30.0, 1e5])
    np.testing.assert_allclose(log_beta(a, a[::-1]), special.betaln(a, a[::-1]), rtol=1e-9)


@pytest.mark.parametrize("s", [1.05, 1.4, 2.0, 7.0])
def test_zeta(s):
    assert zeta(s) == pytest.approx(special.zeta(s), rel=1e-13)


def test_log_mean_exp_neither_overflows_nor_loses_zero():
    assert log_mean_exp([-np.inf, 0.0]) == pytest.approx(np.log(0.5))
    assert log_mean_exp([-np.inf, -np.inf]) == -np.inf
    assert log_mean_exp([1e6, -1e6]) == pytest.approx(1e6 - np.log(2))


@pytest.mark.parametrize("x", [1e-6, 0.1, 0.5, 0.9, 1 - 1e-9])
@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2, 3), (0.18, 40), (500, 700)])
def test_incomplete_beta(x, a, b):
    assert incomplete_beta(x, a=a, b=b) == pytest.approx(special.betainc(a, b, x), rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("degrees", [1, 2, 9, 364, 10**6])
@pytest.mark.parametrize("p", [0.001, 0.05, 0.5, 0.975, 0.9999])
def test_student(p, degrees):
    assert student_quantile(p, degrees=degrees) == pytest.approx(stats.t.ppf(p, degrees), rel=1e-6, abs=1e-9)
    assert student_cdf(stats.t.ppf(p, degrees), degrees=degrees) == pytest.approx(p, rel=1e-8)


def test_normal():
    assert normal_quantile(0.025) == pytest.approx(stats.norm.ppf(0.025), rel=1e-12)
    assert normal_cdf(-30) == pytest.approx(stats.norm.cdf(-30), rel=1e-10)
