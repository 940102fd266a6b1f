"""The category e-process: fair within the limits, honest about what it has not seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.bets import BetState
from slipway.stats.categories import CategoryDrift, CategoryReference, CategoryTick, tally
from slipway.stats.state import decode, encode

words = st.lists(st.sampled_from(["a", "b", "c", 1, 2.0, None, float("nan")]), min_size=1, max_size=200)


@given(words, words, st.integers(1, 4))
def test_bets_are_fair_on_the_reference_and_parts_add_up(reference: list, live: list, bins: int) -> None:
    test = CategoryDrift(CategoryReference.of(reference, bins=bins))
    counts = test.reference.counts
    if counts.sum():
        assert (np.exp(test.table.payoffs) @ (counts / counts.sum()) <= 1 + 1e-9).all()
    split = len(live) // 2
    parts = test.tick(live[:split]).merge(test.tick(live[split:]))
    assert encode(parts) == encode(test.tick(live))
    assert encode(parts) == encode(test.tick(live[::-1]))
    assert parts.n == len(live)


def test_missing_unseen_and_rare_have_bins_of_their_own() -> None:
    reference = CategoryReference.of(["a"] * 60 + ["b"] * 30 + ["c"] * 10, bins=2)
    assert reference.labels == ("a", "b", "(rare)", "(unseen)", "(missing)")
    tick = reference.tick(["a", "c", "d", None, float("nan"), "e"])
    assert tick.counts.tolist() == [1, 0, 1, 2, 2]
    assert encode(tick) == encode(reference.tick_of_counts({"a": 1, "c": 1, "d": 1, "e": 1, None: 2}))


@pytest.mark.parametrize(
    ("live", "why"),
    [
        (["a"] * 75 + ["b"] * 25, "shares moved"),
        (["a"] * 48 + ["b"] * 48 + ["z"] * 4, "unseen"),
        (["a"] * 49 + ["b"] * 49 + [None] * 2, "missing"),
        (["b"] * 100, "gone"),
    ],
)
def test_each_kind_of_drift_is_found(live: list, why: str) -> None:
    test = CategoryDrift(CategoryReference.of(["a", "b"] * 2_500))
    state = test.start()
    for _ in range(6):
        state = test.update(state, test.tick(live))
    assert test.evidence(state).rejects(alpha=0.01), why


def test_one_row_of_a_new_category_is_no_alarm() -> None:
    test = CategoryDrift(CategoryReference.of(["a", "b"] * 2_500))
    state = test.update(test.start(), test.tick(["a", "b"] * 50 + ["z"]))
    assert not test.evidence(state).rejects(alpha=0.05)


def test_a_change_below_the_tolerance_raises_no_alarm() -> None:
    reference = CategoryReference.of(["a", "b"] * 10_000)
    for tolerance, alarm in [(0.0, True), (0.06, False)]:
        test = CategoryDrift(reference, tolerance=tolerance)
        state = test.start()
        for _ in range(100):
            state = test.update(state, test.tick(["a"] * 550 + ["b"] * 450))
        assert test.evidence(state).rejects(alpha=0.01) is alarm


def test_state_and_reference_survive_a_restart_bit_for_bit() -> None:
    test = CategoryDrift(CategoryReference.of(["a", "b", None] * 50))
    state = test.update(test.start(), test.tick(["a", "x"]))
    assert encode(decode(encode(state), BetState)) == encode(state)
    again = CategoryDrift(decode(encode(test.reference), CategoryReference))
    assert encode(again.update(again.start(), again.tick(["a", "x"]))) == encode(state)


def test_a_billion_rows_do_not_overflow_and_silence_says_nothing() -> None:
    test = CategoryDrift(CategoryReference.of(["a", "b"] * 50))
    state = test.update(test.start(), CategoryTick(np.array([10**9, 0, 0, 0, 0])))
    assert test.evidence(state).log_e > 1e6
    assert test.evidence(test.update(test.start(), test.tick([]))).log_e == 0.0


def test_numpy_columns_count_as_lists_do() -> None:
    assert tally(np.array(["x", "y", "x"])) == {"x": 2, "y": 1}
    assert tally(np.array([1, 2, 1])) == {"1": 2, "2": 1}


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="reference: want one row or more"):
        CategoryReference.of([])
    with pytest.raises(BadInput, match="bins: want 1 or more, got 0"):
        CategoryReference.of(["a"], bins=0)
    reference = CategoryReference.of(["a"])
    with pytest.raises(BadInput, match="tolerance: want 0 <= tolerance < 1, got 1"):
        CategoryDrift(reference, tolerance=1.0)
    with pytest.raises(BadInput, match="columns: want 1 or more, got 0"):
        CategoryDrift(reference, columns=0)
