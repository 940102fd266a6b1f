"""A bin depends on the value alone, never falls as the value grows, and is cheap on an even grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slipway.stats.binning import Binning

values = st.one_of(
    st.floats(allow_nan=False), st.floats(-3, 3), st.integers(-4, 4).map(float), st.sampled_from([np.inf, -np.inf])
)
columns = arrays(np.float64, st.integers(1, 60), elements=values)


def bins_of(binning: Binning, column: np.ndarray) -> np.ndarray:
    return np.array([binning.count([v]).argmax() for v in column])


@given(columns, columns, st.integers(2, 9))
def test_bins_never_fall_as_the_value_grows(sample: np.ndarray, live: np.ndarray, bins: int) -> None:
    binning = Binning.learn(sample, bins=bins)
    found = bins_of(binning, np.sort(live))
    assert (np.diff(found) >= 0).all()
    assert found.max() <= binning.size - 2


@given(columns, columns, st.integers(2, 9))
def test_parts_count_as_the_whole(sample: np.ndarray, live: np.ndarray, bins: int) -> None:
    binning = Binning.learn(sample, bins=bins)
    split = len(live) // 2
    whole = binning.count(live)
    assert whole.sum() == len(live)
    assert (binning.count(live[:split]) + binning.count(live[split:]) == whole).all()
    assert (binning.count(live[::-1]) == whole).all()


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("shift", [0.0, 1000.0])
def test_the_grid_bins_nearly_as_the_search_does(scale: float, shift: float) -> None:
    sample = (np.random.default_rng(3).normal(size=5_000) + shift) * scale
    grid = Binning.learn(sample, bins=32)
    assert grid.scale > 0
    exact = np.searchsorted(grid.cuts, sample, side="right")
    difference = np.cumsum(grid.count(sample) - np.bincount(exact, minlength=grid.size))
    assert np.abs(difference).max() <= 25


def test_heavy_tails_are_searched() -> None:
    sample = np.exp(4 * np.random.default_rng(3).normal(size=5_000))
    binning = Binning.learn(sample, bins=32)
    assert binning.scale == 0
    counts = binning.count(sample)
    assert counts[:-1].max() <= 2 * 5_000 / 32


@pytest.mark.parametrize("constant", [0.0, 5.0, -1e300, np.inf])
def test_a_constant_has_its_own_bin(constant: float) -> None:
    binning = Binning.learn(np.full(100, constant), bins=32)
    at = binning.count([constant]).argmax()
    if np.isfinite(constant):
        assert binning.count([np.nextafter(constant, np.inf)]).argmax() == at + 1
    assert binning.count([np.nextafter(constant, -np.inf)]).argmax() == at - 1


def test_whole_numbers_have_a_bin_each_and_the_gaps_too() -> None:
    binning = Binning.learn(np.arange(5.0).repeat(100), bins=32)
    bins = bins_of(binning, np.array([-1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]))
    assert (np.diff(bins) == 1).all()


def test_none_and_nan_are_missing_and_infinity_is_not() -> None:
    binning = Binning.learn(np.random.default_rng(0).normal(size=1000), bins=8)
    counts = binning.count([None, np.nan, np.inf, -np.inf])
    assert counts[-1] == 2
    assert counts[0] == counts[-2] == 1


def test_an_empty_sample_still_tells_value_from_missing() -> None:
    assert Binning.learn(np.empty(0), bins=8).count([1.0, np.nan, np.nan]).tolist() == [1, 2]
