"""Splits are disjoint, complete, and hold out what they say."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.data.split import Split, split_by_chance, split_by_column, split_by_group, split_by_time, split_stratified
from slipway.errors import BadInput

SHARES = st.floats(0.01, 0.99)


def check(split: Split, rows: int) -> None:
    assert sorted([*split.train, *split.test]) == list(range(rows))
    assert split.train.size
    assert split.test.size


@given(times=st.lists(st.integers(0, 30), min_size=2, max_size=60).filter(lambda t: len(set(t)) > 1), share=SHARES)
def test_by_time_everything_held_out_is_later_than_everything_learned_from(times: list[int], share: float) -> None:
    split = split_by_time(pl.Series(times), test_share=share)
    check(split, len(times))
    moments = np.array(times)
    assert moments[split.train].max() < moments[split.test].min()


def test_by_time_the_share_is_met_where_moments_differ() -> None:
    assert split_by_time(pl.Series(np.random.default_rng(0).permutation(1000)), test_share=0.2).test.size == 200


@given(rows=st.integers(2, 200), share=SHARES, seed=st.integers(0, 5))
def test_by_chance_the_same_seed_deals_the_same_rows(rows: int, share: float, seed: int) -> None:
    split = split_by_chance(rows, test_share=share, seed=seed)
    check(split, rows)
    assert split.test.tolist() == split_by_chance(rows, test_share=share, seed=seed).test.tolist()


@given(names=st.lists(st.none() | st.sampled_from("abcdefgh"), min_size=2, max_size=60), share=SHARES)
def test_by_group_nobody_is_on_both_sides(names: list[str | None], share: float) -> None:
    if len(set(names)) < 2:
        return
    split = split_by_group(pl.Series(names, dtype=pl.String), test_share=share, seed=1)
    check(split, len(names))
    assert not {names[i] for i in split.train} & {names[i] for i in split.test}


def test_what_cannot_be_divided_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"time 'at': want a moment in every row, got 1 missing"):
        split_by_time(pl.Series("at", [1, None]), test_share=0.5)
    with pytest.raises(BadInput, match="at least two moments"):
        split_by_time(pl.Series("at", [1, 1]), test_share=0.5)
    with pytest.raises(BadInput, match="at least two groups"):
        split_by_group(pl.Series("who", ["a", "a"]), test_share=0.5, seed=0)
    with pytest.raises(BadInput, match=r"write 0\.05 for 5 %"):
        split_by_chance(10, test_share=20, seed=0)
    with pytest.raises(BadInput, match="rows: want at least 2"):
        split_by_chance(1, test_share=0.5, seed=0)


@given(
    y=st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=6, max_size=120).filter(
        lambda y: all(y.count(v) >= 2 for v in set(y))
    ),
    share=SHARES,
)
def test_stratified_each_class_gives_its_share_to_the_row(y: list[float], share: float) -> None:
    split = split_stratified(np.array(y), test_share=share, seed=3)
    check(split, len(y))
    held = np.array(y)[split.test]
    for value in set(y):
        n = y.count(value)
        assert int((held == value).sum()) == min(n - 1, max(1, round(n * share)))


def test_a_number_is_stratified_by_tenths() -> None:
    y = np.random.default_rng(0).exponential(size=2000)
    test = split_stratified(y, test_share=0.2, seed=0).test
    assert np.quantile(y[test], [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(y, [0.1, 0.5, 0.9]), rel=0.1)


@given(
    names=st.lists(st.sampled_from("abcdefghijkl"), min_size=4, max_size=80).filter(lambda n: len(set(n)) > 1),
    share=SHARES,
    seed=st.integers(0, 4),
)
def test_stratified_with_groups_keeps_groups_whole(names: list[str], share: float, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 2, len(names)).astype(float)
    split = split_stratified(y, test_share=share, seed=seed, groups=pl.Series(names))
    check(split, len(names))
    assert not {names[i] for i in split.train} & {names[i] for i in split.test}


def test_stratified_with_many_groups_meets_the_shares() -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 400, 8000)
    y = (rng.random(8000) < rng.beta(1, 4, 400)[group]).astype(float)
    split = split_stratified(y, test_share=0.25, seed=0, groups=pl.Series(group))
    assert split.test.size == pytest.approx(2000, rel=0.03)
    assert y[split.test].mean() == pytest.approx(y.mean(), abs=0.01)


def test_a_column_says_which_rows_are_held_out() -> None:
    assert split_by_column(pl.Series("fold", [1, 0, 1])).test.tolist() == [0, 2]
    for values in ([True, True], [0, 2], [True, None], ["a", "b"]):
        with pytest.raises(BadInput, match="split column 'fold'"):
            split_by_column(pl.Series("fold", values))


def test_a_class_of_one_row_cannot_be_stratified() -> None:
    with pytest.raises(BadInput, match="got one row with 7"):
        split_stratified(np.array([0.0, 0.0, 7.0]), test_share=0.5, seed=0)
