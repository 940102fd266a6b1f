"""Answers are kept under what they follow from: the rows, and their order."""

import polars as pl
import pytest

from slipway.project.repeats import _rows_id


@pytest.mark.parametrize("column", ["x", "place_", "place__"])
def test_rows_are_named_by_content_and_order_whatever_their_columns_are_called(column):
    rows = pl.DataFrame({column: [1, 2, 2], "place_x": ["a", "b", "b"]})
    assert _rows_id(rows) == _rows_id(rows.clone())
    assert len({_rows_id(rows), _rows_id(rows.reverse()), _rows_id(rows.head(2))}) == 3
