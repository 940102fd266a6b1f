"""Splits are disjoint, complete, and hold out what they say."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.data.split import Split, split_by_chance, split_by_column, split_by_group, split_by_time, split_stratified
from slipway.data.split_by_place import split_by_place
from slipway.data.version import row_hashes
from slipway.errors import BadInput
from slipway.records.dataset import SplitKind

SHARES = st.floats(0.01, 0.99)


def hashes(rows: int) -> np.ndarray:
    return row_hashes(pl.DataFrame({"id": range(rows)}))[:, 0]


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
    split = split_by_chance(hashes(rows), test_share=share, seed=seed)
    check(split, rows)
    assert split.test.size == min(rows - 1, max(1, round(rows * share)))
    assert split.test.tolist() == split_by_chance(hashes(rows), test_share=share, seed=seed).test.tolist()


@given(order=st.permutations(range(40)), seed=st.integers(0, 5))
def test_rows_in_another_order_are_divided_the_same(order: list[int], seed: int) -> None:
    rows, y = hashes(40), np.arange(40) % 3.0
    groups = pl.Series("who", [f"g{i % 11}" for i in range(40)])

    def all_ways(at: list[int]) -> list[set[int]]:
        splits = (
            split_by_chance(rows[at], test_share=0.3, seed=seed),
            split_by_group(groups[at], test_share=0.3, seed=seed),
            split_stratified(y[at], rows=rows[at], test_share=0.3, seed=seed),
            split_stratified(y[at], rows=rows[at], test_share=0.3, seed=seed, groups=groups[at]),
        )
        return [{at[i] for i in split.test} for split in splits]

    assert all_ways(order) == all_ways(list(range(40)))


def test_copies_of_a_row_go_where_it_goes() -> None:
    rows = np.repeat(hashes(50), 4)
    y = np.repeat(np.arange(50) % 2.0, 4)
    for split in (
        split_by_chance(rows, test_share=0.3, seed=0),
        split_stratified(y, rows=rows, test_share=0.3, seed=0),
    ):
        assert not set(split.train // 4) & set(split.test // 4)
        assert split.test.size == pytest.approx(60, abs=6)


def test_rows_that_come_later_move_few_of_those_that_were_there() -> None:
    before = split_by_chance(hashes(10_000), test_share=0.2, seed=0)
    after = split_by_chance(hashes(11_000), test_share=0.2, seed=0)
    held = set(before.test.tolist())
    assert len(set(after.test[after.test < 10_000].tolist()) ^ held) < 40  # sd 13; dealt anew it would be 3200


def test_seeds_deal_independently() -> None:
    rows = hashes(20_000)
    held = [np.zeros(20_000, dtype=bool) for _ in range(20)]
    for seed, side in enumerate(held):
        side[split_by_chance(rows, test_share=0.5, seed=seed).test] = True
    correlations = np.corrcoef(np.array(held, dtype=float))[np.triu_indices(20, 1)]
    assert np.abs(correlations).max() < 4 / 20_000**0.5


def test_a_version_of_before_is_divided_as_it_was() -> None:
    """The rows that the code of before held out: written down from it on 23 November 2026."""
    y = np.array([0.0, 1.0] * 10 + [2.0] * 4)
    groups = pl.Series([f"g{i % 7}" for i in range(24)])

    def held(kind: SplitKind, groups: pl.Series | None = None) -> list[int]:
        return split_by_place(kind, y=y, groups=groups, test_share=0.3, seed=5).test.tolist()

    assert held(SplitKind.GROUP, groups) == [1, 4, 8, 11, 15, 18, 22]
    assert held(SplitKind.STRATIFIED) == [2, 7, 12, 13, 14, 19, 22]
    assert held(SplitKind.STRATIFIED, groups) == [1, 4, 8, 11, 15, 18, 22]


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
        split_by_chance(hashes(10), test_share=20, seed=0)
    for rows in (hashes(1), np.repeat(hashes(1), 5)):
        with pytest.raises(BadInput, match="rows: want at least 2 that differ to hold one out, got 1 of"):
            split_by_chance(rows, test_share=0.5, seed=0)


@given(
    y=st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=6, max_size=120).filter(
        lambda y: all(y.count(v) >= 2 for v in set(y))
    ),
    share=SHARES,
)
def test_stratified_each_class_gives_its_share_to_the_row(y: list[float], share: float) -> None:
    split = split_stratified(np.array(y), rows=hashes(len(y)), test_share=share, seed=3)
    check(split, len(y))
    held = np.array(y)[split.test]
    for value in set(y):
        n = y.count(value)
        assert int((held == value).sum()) == min(n - 1, max(1, round(n * share)))


def test_a_number_is_stratified_by_tenths() -> None:
    y = np.random.default_rng(0).exponential(size=2000)
    test = split_stratified(y, rows=hashes(len(y)), test_share=0.2, seed=0).test
    assert np.quantile(y[test], [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(y, [0.1, 0.5, 0.9]), rel=0.1)


@given(
    names=st.lists(st.sampled_from("abcdefghijkl"), min_size=4, max_size=80).filter(lambda n: len(set(n)) > 1),
    share=SHARES,
    seed=st.integers(0, 4),
)
def test_stratified_with_groups_keeps_groups_whole(names: list[str], share: float, seed: int) -> None:
    y = np.random.default_rng(seed).integers(0, 2, len(names)).astype(float)
    split = split_stratified(y, rows=hashes(len(y)), test_share=share, seed=seed, groups=pl.Series(names))
    check(split, len(names))
    assert not {names[i] for i in split.train} & {names[i] for i in split.test}


def test_stratified_with_many_groups_meets_the_shares() -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 400, 8000)
    y = (rng.random(8000) < rng.beta(1, 4, 400)[group]).astype(float)
    split = split_stratified(y, rows=hashes(len(y)), test_share=0.25, seed=0, groups=pl.Series(group))
    assert split.test.size == pytest.approx(2000, rel=0.03)
    assert y[split.test].mean() == pytest.approx(y.mean(), abs=0.01)


def test_a_column_says_which_rows_are_held_out() -> None:
    assert split_by_column(pl.Series("fold", [1, 0, 1])).test.tolist() == [0, 2]
    for values in ([True, True], [0, 2], [True, None], ["a", "b"]):
        with pytest.raises(BadInput, match="split column 'fold'"):
            split_by_column(pl.Series("fold", values))


def test_a_class_of_one_row_cannot_be_stratified() -> None:
    with pytest.raises(BadInput, match="got one row with 7"):
        split_stratified(np.array([0.0, 0.0, 7.0]), rows=hashes(3), test_share=0.5, seed=0)
