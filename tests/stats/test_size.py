"""Sizes in the column's unit: limits that hold at every look, and sums that people can check."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.categories import CategoryReference
from slipway.stats.histogram import NumericReference
from slipway.stats.size import distribution_band, median_shift, share_changes


def test_the_band_falls_with_rows_and_is_wider_than_at_one_look() -> None:
    bands = [distribution_band(n, alpha=0.05) for n in (0, 1, 100, 10_000, 10**9)]
    assert bands == sorted(bands, reverse=True)
    assert bands[0] == 1.0
    assert bands[3] > np.sqrt(np.log(2 / 0.05) / (2 * 10_000))


def test_the_median_shift_holds_at_all_looks_together() -> None:
    rng, missed = np.random.default_rng(0), 0
    for _ in range(25):
        reference = NumericReference.of(rng.exponential(size=3_000))
        truth, counts = np.log(2) * 0.3, np.zeros(reference.binning.size, dtype=np.int64)
        wrong = False
        for _ in range(5):
            counts = counts + reference.tick(1.3 * rng.exponential(size=300)).counts
            shift = median_shift(reference, counts=counts, alpha=0.1)
            wrong |= not shift.low <= truth <= shift.high
        missed += wrong
    assert missed <= 2


def test_a_large_shift_is_bounded_away_from_zero_in_the_columns_unit() -> None:
    rng = np.random.default_rng(1)
    reference = NumericReference.of(rng.normal(20.0, 5.0, size=50_000))
    shift = median_shift(reference, counts=reference.tick(rng.normal(24.0, 5.0, size=20_000)).counts, alpha=0.05)
    assert 2.5 < shift.low < 4.0 < shift.high < 5.5
    assert shift.estimate == pytest.approx(4.0, abs=0.2)


def test_without_rows_everything_is_possible() -> None:
    reference = NumericReference.of(np.arange(1_000.0))
    shift = median_shift(reference, counts=reference.tick([]).counts, alpha=0.05)
    assert (shift.low, shift.high, shift.n) == (-np.inf, np.inf, 0)
    categories = CategoryReference.of(["a", "b"] * 100)
    _, moved = share_changes(categories, counts=categories.tick([]).counts, alpha=0.05)
    assert (moved.low, moved.high, moved.n) == (0.0, 1.0, 0)


def test_all_missing_and_constant_columns_have_a_size_too() -> None:
    empty = NumericReference.of([np.nan] * 100)
    assert median_shift(empty, counts=empty.tick([1.0, 2.0]).counts, alpha=0.05).low == -np.inf
    constant = NumericReference.of(np.full(1_000, 7.0))
    shift = median_shift(constant, counts=constant.tick(np.full(1_000, 7.0)).counts, alpha=0.05)
    assert shift.low <= 0 <= shift.high


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5))
def test_share_changes_hold_together(live: list[int]) -> None:
    reference = CategoryReference.of(["a", "b", "a", None] * 500)
    changes, moved = share_changes(reference, counts=live, alpha=0.05)
    assert [c.label for c in changes] == list(reference.labels)
    if sum(live):
        assert sum(c.change.estimate for c in changes) == pytest.approx(0.0, abs=1e-9)
        assert moved.low <= moved.estimate <= moved.high
        assert all(c.change.low <= c.change.estimate <= c.change.high for c in changes)


def test_foreign_counts_are_refused_by_name() -> None:
    reference = NumericReference.of(np.arange(1_000.0))
    for bad in ([1, 2], np.full(reference.binning.size, -1), np.full(reference.binning.size, 0.5)):
        with pytest.raises(BadInput, match="counts: want whole numbers for"):
            median_shift(reference, counts=bad, alpha=0.05)
