"""Validation folds: laws that hold however the test rows were held out."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.data.folds import deal_folds, validation_folds
from slipway.errors import BadInput
from slipway.records.dataset import SplitKind

ROWS = 200
RNG = np.random.default_rng(2)
Y = (RNG.random(ROWS) < 0.1).astype(float)


@given(st.sampled_from(list(SplitKind)), st.integers(2, 5), st.integers(0, 1000))
def test_no_row_is_on_both_sides_and_each_is_checked_once(kind, count, seed):
    found = validation_folds(kind, count=count, seed=seed, y=Y)
    assert len(found) == count
    assert sorted(np.concatenate([f.check for f in found])) == list(range(ROWS))
    for fold in found:
        assert not np.intersect1d(fold.learn, fold.check).size
        assert fold.learn.size + fold.check.size == ROWS
        assert (np.diff(fold.learn) > 0).all()


@given(st.integers(2, 6), st.integers(0, 1000))
def test_no_fold_looks_into_the_future(count, seed):
    times = pl.Series(np.random.default_rng(seed).geometric(0.2, ROWS))
    found = validation_folds(SplitKind.TIME, count=count, seed=0, y=Y, times=times)
    assert len(found) == count
    for fold in found:
        assert times[fold.learn].max() < times[fold.check].min()
    assert all(a.learn.size < b.learn.size for a, b in pairwise(found))


@given(st.sampled_from([SplitKind.GROUP, SplitKind.STRATIFIED, SplitKind.COLUMN]), st.integers(0, 1000))
def test_no_group_is_on_both_sides(kind, seed):
    groups = pl.Series(np.random.default_rng(seed).integers(0, 30, ROWS))
    for fold in validation_folds(kind, count=3, seed=seed, y=Y, groups=groups):
        assert not set(groups[fold.learn]) & set(groups[fold.check])
        assert fold.check.size > ROWS / 6


def test_each_fold_gets_its_share_of_a_rare_class():
    ones = [int(Y[f.check].sum()) for f in validation_folds(SplitKind.STRATIFIED, count=4, seed=0, y=Y)]
    assert max(ones) - min(ones) <= 1
    number = RNG.normal(size=ROWS)
    means = [number[f.check].mean() for f in validation_folds(SplitKind.STRATIFIED, count=4, seed=0, y=number)]
    assert max(means) - min(means) < 0.2


def test_the_same_seed_deals_the_same_and_another_does_not():
    one, same, other = (validation_folds(SplitKind.RANDOM, count=3, seed=s, y=Y)[0].check.tolist() for s in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (SplitKind.RANDOM, {"count": 1}, "folds: want at least 2, got 1"),
        (SplitKind.TIME, {"count": 3, "times": pl.Series([1] * 100 + [2] * 100)}, "want at least 4 moments"),
        (SplitKind.GROUP, {"count": 3, "groups": pl.Series(["a"] * 100 + ["b"] * 100)}, "Take fewer folds"),
    ],
)
def test_folds_that_cannot_be_are_refused(kind, given, said):
    with pytest.raises(BadInput, match=said):
        validation_folds(kind, seed=0, y=Y, **given)


@given(st.lists(st.integers(0, 12), min_size=6, max_size=60), st.integers(2, 5))
def test_stretches_of_time_are_in_order_and_none_is_empty(times, count):
    moments = np.array(times)
    if len(set(times)) < count:
        with pytest.raises(BadInput, match=f"want at least {count} moments"):
            deal_folds(np.zeros(moments.size, dtype=np.int64), folds=count, seed=0, times=pl.Series(times))
        return
    fold = deal_folds(np.zeros(moments.size, dtype=np.int64), folds=count, seed=0, times=pl.Series(times))
    assert sorted(set(fold)) == list(range(count))
    for k in range(count - 1):
        assert moments[fold <= k].max() < moments[fold > k].min()


def test_rows_without_a_group_are_of_one_and_a_large_group_is_dealt_first():
    groups = pl.Series(["big"] * 90 + [None] * 30 + [f"g{i}" for i in range(60)])
    fold = deal_folds(np.zeros(180, dtype=np.int64), folds=2, seed=0, groups=groups)
    assert np.bincount(fold).tolist() == [90, 90]
    assert len(set(fold[90:120])) == 1
