import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.stats.quantile import Exceedances, Frequencies, QuantileSequence, ShareSequence, rank_limits
from slipway.stats.sequential import run


def test_share_is_the_beta_binomial_interval():
    interval = run(ShareSequence(alpha=0.05, n_star=100), [Exceedances(n=40, beyond=11), Exceedances(n=60, beyond=19)])
    assert (interval.low, interval.high) == pytest.approx((0.1736349084, 0.4476766978), abs=5e-11)


def test_nothing_seen_says_nothing():
    share = ShareSequence(alpha=0.05, n_star=100)
    assert (share.evidence(share.start()).low, share.evidence(share.start()).high) == (0.0, 1.0)
    quantile = QuantileSequence(quantile=0.99, alpha=0.05, n_star=100, edges=(1.0, 2.0))
    assert quantile.evidence(quantile.start()).low == -math.inf
    few = quantile.evidence(quantile.tick([1.5] * 20))
    assert few.high == math.inf  # 20 values cannot bound the 99th percentile from above


def brute_force(sorted_x, quantile, alpha, n_star):
    fewest, most = rank_limits(quantile, n=sorted_x.size, alpha=alpha, n_star=n_star)
    low = sorted_x[fewest - 1] if fewest > 0 else -math.inf
    high = sorted_x[most] if most < sorted_x.size else math.inf
    return low, high


@given(st.integers(0, 10**6), st.sampled_from([0.1, 0.5, 0.9]), st.integers(10, 600))
def test_bins_round_the_order_statistics_outwards(seed, quantile, n):
    x = np.sort(np.random.default_rng(seed).integers(0, 40, n)).astype(float)
    test = QuantileSequence(quantile=quantile, alpha=0.05, n_star=100, edges=tuple(float(e) for e in range(40)))
    interval = test.evidence(test.tick(x))
    low, high = brute_force(x, quantile, 0.05, 100)
    assert interval.low in (low - 1, -math.inf)  # a bin is (edge - 1, edge]
    assert interval.high == high
    assert interval.low < interval.estimate <= interval.high


def test_width_shrinks_like_the_root_of_n():
    edges = tuple(np.linspace(0, 1, 2001))
    test = QuantileSequence(quantile=0.9, alpha=0.05, n_star=10_000, edges=edges)
    widths = []
    for n in (1_000, 100_000):
        interval = test.evidence(test.tick(np.random.default_rng(1).random(n)))
        assert interval.low < 0.9 < interval.high
        widths.append(interval.high - interval.low)
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.3)


def test_a_billion_values():
    test = QuantileSequence(quantile=0.99, alpha=0.05, n_star=10_000, edges=(1.0, 2.0, 3.0))
    interval = test.evidence(Frequencies((500_000_000, 480_000_000, 15_000_000, 5_000_000)))
    assert (interval.low, interval.high) == (2.0, 3.0)
