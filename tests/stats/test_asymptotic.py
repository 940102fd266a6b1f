"""Oracle values: half widths of Waudby-Smith et al. (2024) as computed by confseq 0.0.11 (STATISTICS.md section 3)."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate, stats

from slipway.errors import BadInput
from slipway.stats.asymptotic import MeanSequence, Side, half_width, half_width_t, plan_n_star, tuning
from slipway.stats.moments import Moments, moments


@pytest.mark.parametrize(("n", "width"), [(100, 0.6694388617), (1000, 0.1063754701), (10_000, 0.0306147722)])
def test_known_variance_oracle(n, width):
    assert half_width(n, alpha=0.05, n_star=5000) == pytest.approx(width, abs=5e-11)


@pytest.mark.parametrize(("n", "n_star"), [(6, 5), (12, 30), (40, 30)])
def test_unknown_variance_is_the_mixture_of_noncentral_t(n, n_star):
    """At the limit, the mixture over effect sizes of f(t; delta sqrt n) / f(t; 0) is 1 / alpha (scipy's nct)."""
    t = half_width_t(n, alpha=0.05, n_star=n_star) * math.sqrt(n)
    rho = tuning(alpha=0.05, n_star=n_star)

    def ratio(delta):
        return stats.nct.pdf(t, n - 1, delta * math.sqrt(n)) / stats.t.pdf(t, n - 1) * stats.norm.pdf(delta, scale=rho)

    peak = t / math.sqrt(n)
    value, _ = integrate.quad(ratio, -12 * rho, 12 * rho, points=[0, peak], limit=200)
    assert value == pytest.approx(20.0, rel=1e-3)


@pytest.mark.parametrize("side", Side)
def test_unknown_variance_agrees_with_known_at_large_n(side):
    for n in (10_000, 10**6, 10**9):
        known = half_width(n, alpha=0.05, n_star=5000, side=side)
        assert half_width_t(n, alpha=0.05, n_star=5000, side=side) == pytest.approx(known, rel=1e-3)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("n", range(2, 60))
def test_unknown_variance_is_never_bolder_than_known(n, side):
    arguments = {"alpha": 0.05, "n_star": 30, "side": side}
    assert half_width_t(n, **arguments) > half_width(n, **arguments)


def test_narrowest_near_n_star():
    def relative(n_star):
        return half_width(50, alpha=0.05, n_star=n_star)

    assert relative(50) == pytest.approx(min(relative(n) for n in range(5, 500)), rel=1e-3)


def test_too_few_units_say_nothing():
    interval = MeanSequence(alpha=0.05, n_star=30).evidence(moments([0.1, 0.2, 0.1, 0.2]))
    assert (interval.low, interval.high) == (-math.inf, math.inf)
    assert interval.estimate == pytest.approx(0.15)


def test_units_that_are_all_equal_are_no_certainty():
    """Where one day in ten has an event, five days without one come in 59 % of rollouts."""
    quiet = moments(np.zeros(20))
    assert MeanSequence(alpha=0.05, n_star=30).evidence(quiet).high == math.inf
    same = moments(np.full(21, 0.1))  # 0.1 is no binary fraction, and its sums round
    assert MeanSequence(alpha=0.05, n_star=30).evidence(same).high == math.inf
    floored = MeanSequence(alpha=0.05, n_star=30, sd_floor=0.01).evidence(quiet)
    assert floored.high == pytest.approx(0.01 * half_width_t(20, alpha=0.05, n_star=30))


def test_one_side_is_tighter_on_its_side_and_open_on_the_other():
    state = moments(np.linspace(0, 1, 40))
    both = MeanSequence(alpha=0.05, n_star=40).evidence(state)
    lower = MeanSequence(alpha=0.05, n_star=40, side=Side.LOWER).evidence(state)
    upper = MeanSequence(alpha=0.05, n_star=40, side=Side.UPPER).evidence(state)
    assert both.low < lower.low < 0.5 < upper.high < both.high
    assert lower.high == math.inf
    assert upper.low == -math.inf


@example(values=[0.0] * 5 + [9.733147583035969e-161], shift=0.0, factor=0.03125)
@example(values=[0.0] * 5 + [1e-3], shift=1e3, factor=0.01)
@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=50), st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_moves_and_stretches_with_the_values(values, shift, factor):
    test = MeanSequence(alpha=0.05, n_star=20)
    one = test.evidence(moments(values))
    other = test.evidence(moments(np.array(values) * factor + shift))
    scale = 1e-6 * (1 + max(map(abs, values)) * factor + abs(shift)) * max(1, half_width_t(6, alpha=0.05, n_star=20))
    assert other.estimate == pytest.approx(one.estimate * factor + shift, abs=scale)
    if math.isfinite(one.high) and not math.isfinite(other.high):  # only a spread that drowned in rounding may be lost
        assert np.std(values) * factor <= 1e-5 * (abs(shift) + max(map(abs, values)) * factor) + 1e-150
    elif math.isfinite(one.high):
        assert other.high - other.low == pytest.approx((one.high - one.low) * factor, rel=1e-3, abs=50 * scale)


def test_plan():
    assert plan_n_star(first=7, last=28) == 14
    with pytest.raises(BadInput, match="last"):
        plan_n_star(first=10, last=5)


def test_moments_shift_and_scale():
    x = np.array([0.5, 1.0, 4.0])
    assert moments(x).less(1.0) == moments(x - 1.0)
    assert moments(x).scaled(2.0) == moments(2 * x)
    assert moments(x).variance == pytest.approx(x.var(ddof=1))
    assert math.isnan(Moments().mean)
    assert math.isnan(Moments(n=1, total=1.0, squares=1.0).variance)
