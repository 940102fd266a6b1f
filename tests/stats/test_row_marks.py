"""Marks: the same row the same mark, wherever it is and whatever it is beside; what is far is counted."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slipway.stats.row_marks import RowMarks

LIMITS = {"a": (-10.0, 10.0), "b": None, "c": (0.0, 1.0)}


def table(a, b, c):
    return {"a": np.array(a, dtype=float), "b": np.array(b, dtype=object), "c": np.array(c, dtype=float)}


def test_what_is_far_is_counted_per_column_and_a_missing_value_is_not_far():
    x = table([-10.0, 10.5, np.nan, -11.0], ["u", "v", None, "w"], [0.5, 2.0, np.nan, -np.inf])
    marker = RowMarks(LIMITS)
    assert marker.far(marker.mark(x, rows=4)).tolist() == [2, 0, 2]


def test_rows_that_are_alike_have_one_mark_and_others_do_not():
    x = table([1, 1, 1, 0.0, -0.0, np.nan, -np.nan], [*"uuvwww", "w"], [0, 0, 0, 0, 0, 0, 0])
    marker = RowMarks(LIMITS)
    assert marker.repeats(marker.mark(x, rows=7)) == 3  # the second row, minus zero, the other NaN
    assert marker.pairs(marker.mark(table([1] * 4, list("uuuu"), [0] * 4), rows=4)) == 6  # 4 over 2


@given(st.lists(st.tuples(st.floats(), st.sampled_from(["x", "", None]), st.floats()), min_size=2, max_size=20))
def test_a_rows_mark_depends_on_the_row_alone(rows):
    x = table(*zip(*rows, strict=True))
    whole = RowMarks(LIMITS).mark(x, rows=len(rows))
    alone = [
        RowMarks(LIMITS).mark({n: c[i : i + 1] for n, c in x.items()}, rows=1)[0].tolist() for i in range(len(rows))
    ]
    assert whole.tolist() == alone


def test_two_columns_that_swap_their_values_are_another_row():
    marker = RowMarks({"a": None, "c": None})
    x = {"a": np.array([1.0, 2.0]), "c": np.array([2.0, 1.0])}
    assert marker.repeats(marker.mark(x, rows=2)) == 0


def test_a_million_rows_of_numbers_that_differ_have_a_million_marks():
    marker = RowMarks({"a": None})
    assert marker.repeats(marker.mark({"a": np.arange(1_000_000.0)}, rows=1_000_000)) == 0


def test_no_row_has_no_mark():
    marker = RowMarks(LIMITS)
    marks = marker.mark({}, rows=0)
    assert (marks.shape, marker.repeats(marks), marker.far(marks).tolist()) == ((0, marker.width), 0, [0, 0, 0])
