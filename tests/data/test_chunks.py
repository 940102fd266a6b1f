"""Pieces are all rows, each once; rows that are shared are pieces that are shared."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slipway.data.chunks import Sizes, cuts

SMALL = Sizes(least=4, mean=8, most=40)


def pieces(hashes, sizes=SMALL):
    return [hashes[first : first + rows].tobytes() for first, rows in cuts(hashes, sizes=sizes)]


def random_hashes(rows, seed=0):
    return np.random.default_rng(seed).integers(0, 2**63, (rows, 2)).astype(np.uint64)


@given(st.integers(0, 400), st.integers(0, 50), st.integers(1, 6))
def test_pieces_are_all_rows_in_order_and_of_the_sizes_promised(rows, seed, mean):
    sizes = Sizes(least=3, mean=mean, most=9)
    found = list(cuts(random_hashes(rows, seed), sizes=sizes))
    assert [first for first, _ in found] == list(np.cumsum([0, *(n for _, n in found)])[:-1])
    assert sum(n for _, n in found) == rows
    assert all(3 <= n <= 9 for _, n in found[:-1])
    assert all(1 <= n <= 9 for _, n in found[-1:])


@given(st.integers(1, 400), st.integers(1, 60), st.integers(0, 50))
def test_appended_rows_leave_all_pieces_but_the_last(rows, more, seed):
    hashes = random_hashes(rows + more, seed)
    before, after = pieces(hashes[:rows]), pieces(hashes)
    assert after[: len(before) - 1] == before[:-1]


def test_a_row_put_in_the_middle_leaves_what_lies_far_from_it():
    hashes = random_hashes(20_000)
    edited = np.insert(hashes, 10_000, random_hashes(1, seed=9), axis=0)
    before, after = set(pieces(hashes)), set(pieces(edited))
    assert len(before - after) < 10
    assert len(before) > 1_000


def test_equal_rows_only_are_cut_all_the_same():
    assert [n for _, n in cuts(np.ones((100, 2), dtype=np.uint64), sizes=SMALL)] == [40, 40, 20]
