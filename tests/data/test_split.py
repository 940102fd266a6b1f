"""Splits are disjoint, complete, and hold out what they say."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.data.split import Split, split_by_chance, split_by_entity, split_by_time
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
def test_by_entity_nobody_is_on_both_sides(names: list[str | None], share: float) -> None:
    if len(set(names)) < 2:
        return
    split = split_by_entity(pl.Series(names, dtype=pl.String), test_share=share, seed=1)
    check(split, len(names))
    assert not {names[i] for i in split.train} & {names[i] for i in split.test}


def test_what_cannot_be_divided_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match=r"time 'at': want a moment in every row, got 1 missing"):
        split_by_time(pl.Series("at", [1, None]), test_share=0.5)
    with pytest.raises(BadInput, match="at least two moments"):
        split_by_time(pl.Series("at", [1, 1]), test_share=0.5)
    with pytest.raises(BadInput, match="at least two entities"):
        split_by_entity(pl.Series("who", ["a", "a"]), test_share=0.5, seed=0)
    with pytest.raises(BadInput, match=r"write 0\.05 for 5 %"):
        split_by_chance(10, test_share=20, seed=0)
    with pytest.raises(BadInput, match="rows: want at least 2"):
        split_by_chance(1, test_share=0.5, seed=0)
