import math

import numpy as np
import pytest
from scipy import stats

from slipway.errors import BadInput
from slipway.stats.auc import auc, auc_difference, auc_interval
from slipway.stats.fixed import clustered_interval, mean_interval, paired_interval, share_interval

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_mean_is_scipys(alpha):
    x = RNG.normal(size=17)
    expected = stats.ttest_1samp(x, 0.0).confidence_interval(1 - alpha)
    i = mean_interval(x, alpha=alpha)
    assert (i.low, i.high) == pytest.approx(tuple(expected), rel=1e-6)
    assert i.n == 17


@pytest.mark.parametrize(("k", "n"), [(0, 20), (3, 20), (20, 20), (517, 1000)])
def test_share_is_scipys_wilson(k, n):
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    i = share_interval(k, n=n, alpha=0.05)
    assert (i.low, i.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_paired_is_the_interval_of_differences():
    a, b = RNG.normal(size=30), RNG.normal(size=30)
    assert paired_interval(a, baseline=b, alpha=0.1) == mean_interval(a - b, alpha=0.1)


def test_clusters_of_one_row_are_the_plain_interval():
    x = RNG.normal(size=12)
    one, other = clustered_interval(x, clusters=np.arange(12), alpha=0.05), mean_interval(x, alpha=0.05)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-12)


def test_clustering_widens_where_rows_stick_together():
    days = np.repeat(np.arange(40), 50)
    x = RNG.normal(size=40)[days] + RNG.normal(size=days.size)
    honest, bold = clustered_interval(x, clusters=days, alpha=0.05), mean_interval(x, alpha=0.05)
    assert honest.high - honest.low > 4 * (bold.high - bold.low)


def test_clustered_coverage():
    missed = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        days = np.repeat(np.arange(20), rng.integers(5, 30, 20))
        i = clustered_interval(rng.normal(size=20)[days] + rng.normal(size=days.size), clusters=days, alpha=0.1)
        missed += not i.low <= 0 <= i.high
    assert missed <= stats.binom.isf(1e-3, 400, 0.13)  # unequal clusters cost a little at G = 20 (Cameron 2008)


def by_pairs(labels, scores):
    pos, neg = scores[labels == 1], scores[labels == 0]
    return (pos[:, None] > neg).mean() + 0.5 * (pos[:, None] == neg).mean()


def test_auc_counts_pairs():
    labels, scores = RNG.integers(0, 2, 200), RNG.integers(0, 9, 200).astype(float)
    assert auc(labels, scores=scores) == pytest.approx(by_pairs(labels, scores), rel=1e-12)


def test_delong_variance_is_that_of_the_bootstrap():
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 400)
    candidate, baseline = labels + rng.normal(size=400), labels + rng.normal(scale=2, size=400)
    i = auc_difference(labels, candidate=candidate, baseline=baseline, alpha=0.05)
    draws = []
    for _ in range(400):
        rows = rng.integers(0, 400, 400)
        draws.append(by_pairs(labels[rows], candidate[rows]) - by_pairs(labels[rows], baseline[rows]))
    assert (i.high - i.low) / (2 * 1.96) == pytest.approx(np.std(draws), rel=0.12)
    assert i.low > 0


def test_auc_interval_stays_inside():
    perfect = auc_interval([0, 0, 0, 1, 1, 1], scores=[1, 2, 3, 4, 5, 6], alpha=0.05)
    assert perfect.estimate == perfect.high == 1.0
    assert 0 <= perfect.low < 0.7
    near = auc_interval([0, 0, 0, 1, 1, 1], scores=[1, 2, 4, 3, 5, 6], alpha=0.05)
    assert 0 < near.low < near.estimate < near.high < 1


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: mean_interval([1.0], alpha=0.05), "values"),
        (lambda: mean_interval([1.0, math.nan], alpha=0.05), "values"),
        (lambda: mean_interval([1.0, 2.0], alpha=1.0), "alpha"),
        (lambda: share_interval(3, n=2, alpha=0.05), "successes"),
        (lambda: share_interval(0, n=0, alpha=0.05), "n:"),
        (lambda: paired_interval([1.0, 2.0], baseline=[1.0], alpha=0.05), "baseline"),
        (lambda: clustered_interval([1.0, 2.0], clusters=[1, 1], alpha=0.05), "clusters"),
        (lambda: clustered_interval([1.0, 2.0], clusters=[1], alpha=0.05), "clusters"),
        (lambda: auc([0, 1, 2], scores=[1, 2, 3]), "labels"),
        (lambda: auc([1, 1, 1], scores=[1, 2, 3]), "labels"),
        (lambda: auc([0, 1], scores=[1, 2, 3]), "scores"),
        (lambda: auc([0, 0, 1, 1], scores=[1, 2, 3, math.nan]), "scores"),
    ],
)
def test_bad_input_is_refused_by_name(make, name):
    with pytest.raises(BadInput, match=name):
        make()
