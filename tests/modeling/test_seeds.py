"""Seeds: what of a difference is theirs, held against variances that are known."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.modeling.report import Reporter
from slipway.modeling.seeds import seed_difference, spread
from slipway.stats.crossed import chance_of, crossed_interval
from slipway.stats.fixed import clustered_interval, mean_interval

RNG = np.random.default_rng(3)


def losses(seeds, rows, *, mean, seed_sd, row_effect):
    return mean + RNG.normal(0, seed_sd, (seeds, 1)) + row_effect + RNG.normal(0, 0.05, (seeds, rows))


def test_where_only_seeds_differ_all_uncertainty_is_theirs():
    rows = np.zeros(500)
    found = seed_difference(
        np.repeat([[0.1], [0.3]], 500, axis=1) + rows,
        against=np.repeat([[0.2], [0.4]], 500, axis=1),
        metric="error",
        alpha=0.05,
    )
    assert found.seed_share == pytest.approx(1.0)
    assert found.loss.estimate == pytest.approx(-0.1)
    assert found.noise == pytest.approx(np.sqrt(0.02 + 0.02))  # variance of (.1, .3) is 0.02, twice
    assert "which may be chance" in found.words


def test_where_seeds_do_nothing_it_is_the_paired_interval():
    a, b = RNG.random(80), RNG.random(80)
    found = seed_difference(np.stack([a, a]), against=np.stack([b, b, b]), metric="error", alpha=0.05)
    paired = mean_interval(a - b, alpha=0.05)
    assert found.seed_share == 0.0
    assert (found.loss.low, found.loss.high) == pytest.approx((paired.low, paired.high))


def test_the_interval_holds_over_rows_and_seeds():
    """Nominal 95 %: coverage of the true difference 0.02 in 400 repetitions of the whole experiment."""
    held = 0
    for _ in range(400):
        effect = RNG.normal(0, 0.3, 200)
        old = losses(5, 200, mean=0.2, seed_sd=0.02, row_effect=effect)
        new = losses(5, 200, mean=0.22, seed_sd=0.02, row_effect=effect + RNG.normal(0, 0.2, 200))
        found = seed_difference(new, against=old, metric="error", alpha=0.05)
        held += found.loss.low <= 0.02 <= found.loss.high
    assert held >= 0.93 * 400


def test_clusters_are_what_the_clustered_interval_counts():
    values, days = RNG.random(60), np.repeat(np.arange(12), 5)
    ours, known = (
        crossed_interval(values[None, :], alpha=0.1, clusters=days),
        clustered_interval(values, clusters=days, alpha=0.1),
    )
    assert (ours.low, ours.high, ours.n) == pytest.approx((known.low, known.high, known.n))


def test_one_seed_has_no_spread():
    with pytest.raises(BadInput, match="seeds: want two or more, got 1"):
        spread(np.zeros((1, 5)), alpha=0.05)
    with pytest.raises(BadInput, match="two or more seeds of each on the same rows"):
        seed_difference(np.zeros((2, 5)), against=np.zeros((2, 6)), metric="error", alpha=0.05)
    with pytest.raises(BadInput, match="finite values of shape"):
        chance_of(np.full((2, 3), np.nan))


def test_reports_come_in_order_and_are_finite():
    seen = []
    report = Reporter(seen.append)
    report(1, 0.5)
    with pytest.raises(BadInput, match="whole step above 1, got 1"):
        report(1, 0.4)
    with pytest.raises(BadInput, match="finite loss at step 2, got nan"):
        report(2, float("nan"))
    assert [r.value for r in seen] == [0.5]


def test_a_million_reports_are_thinned_and_all_told():
    told = []
    report = Reporter(told.append)
    for step in range(5000):
        report(step, 1.0)
    assert len(told) == 5000
    assert 250 < len(report.kept) < 1000
    assert len({b.step - a.step for a, b in zip(report.kept, report.kept[1:], strict=False)}) == 1
