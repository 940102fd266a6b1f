"""Ids of a file are judged as those of callers are, most of them without a look at each."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from slipway.batch.ids import made_column, made_ids, odd_ids
from slipway.records.load_test import ID_PREFIX
from slipway.serving.naming import checked_id
from slipway.serving.refusal import Refusal

ODD = [
    "",
    "a\n",
    "\x00",
    "é",
    "a" * 128,
    "a" * 129,
    "é" * 129,
    f"{ID_PREFIX}1",
    f"x{ID_PREFIX}",
    "~",
    " ",
    "\x7f",
    None,
]


def said_to_a_caller(value):
    try:
        checked_id(value, name="key")
    except Refusal as refusal:
        return refusal.body
    return None


@given(st.lists(st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"), max_size=6), max_size=30))
def test_each_id_is_judged_as_that_of_a_request(ids):
    found = dict(odd_ids(pl.Series(ids, dtype=pl.String), name="key"))
    assert found == {i: body for i, value in enumerate(ids) if (body := said_to_a_caller(value)) is not None}


def test_made_ids_are_the_same_in_the_journal_and_in_the_output():
    made = made_ids("b1f", first=98, rows=5)
    assert made_column(made).to_list() == list(made) == ["b1f-98", "b1f-99", "b1f-100", "b1f-101", "b1f-102"]
