"""What fits in a file is what fits in a request, and what is said of the rest is the same."""

import math

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.batch import fitting
from slipway.batch.fitting import Fitter
from slipway.batch.values import values_of
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.serving.decode import RowDecoder
from slipway.serving.refusal import Refusal

FIELDS = (
    Field(name="delay", kind=FieldKind.NUMBER, low=-10, high=50, required=True),
    Field(name="distance", kind=FieldKind.NUMBER),
    Field(name="carrier", kind=FieldKind.CATEGORY, values=("AA", "EV")),
    Field(name="night", kind=FieldKind.BOOLEAN),
)
KINDS = {f.name: f.kind for f in FIELDS} | {"plane": None}
SIGNATURE = Signature(fields=FIELDS, kind=TaskKind.BINARY)
TYPES = {"delay": pl.Float64, "distance": pl.Float64, "carrier": pl.String, "night": pl.Boolean, "plane": pl.String}

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "delay": st.sampled_from([0.0, 1.5, 50.0, 50.1, -11.0, None]),
            "distance": st.sampled_from([3.0, None, 1e300]),
            "carrier": st.sampled_from(["AA", "EV", "ZZ", "", None]),
            "night": st.sampled_from([True, False, None]),
            "plane": st.sampled_from(["N1", "N2", "", None, "x" * 257]),
        }
    ),
    min_size=1,
    max_size=60,
)


def said_to_a_caller(row):
    """Return what the server says of one row, or None if it takes it."""
    try:
        RowDecoder(SIGNATURE, entity="plane").decode(msgspec.json.encode(row))
    except Refusal as refusal:
        return refusal.body
    return None


@given(rows=ROWS)
def test_each_row_is_judged_as_a_request_and_in_the_same_words(rows):
    table = pl.DataFrame(rows, schema=TYPES)
    columns = {name: values_of(table[name], kind=kind) for name, kind in KINDS.items()}
    fitted = Fitter(SIGNATURE, entity="plane", id_name=" id").fit(columns, rows=len(rows))
    expected = {i: body for i, row in enumerate(rows) if (body := said_to_a_caller(row)) is not None}
    assert dict(fitted.rejected) == expected
    assert fitted.kept.tolist() == [i for i in range(len(rows)) if i not in expected]
    if fitted.asked is not None:
        assert list(fitted.asked.entities) == [rows[i]["plane"] for i in fitted.kept]


@given(rows=ROWS)
def test_text_of_a_csv_file_is_judged_as_the_values_it_stands_for(rows):
    def text(value):
        return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    table = pl.DataFrame([{n: text(v) for n, v in row.items()} for row in rows], schema=dict.fromkeys(TYPES, pl.String))
    columns = {name: values_of(table[name], kind=kind, untyped=True) for name, kind in KINDS.items()}
    fitted = Fitter(SIGNATURE, entity="plane", id_name=" id").fit(columns, rows=len(rows))
    assert [i for i, _ in fitted.rejected] == [i for i, row in enumerate(rows) if said_to_a_caller(row) is not None]


def test_a_few_wrong_rows_among_many_are_found():
    rng = np.random.default_rng(0)
    delay = rng.uniform(0, 50, 5000)
    odd = sorted(rng.choice(5000, 50, replace=False).tolist())
    delay[odd] = math.inf
    columns = {
        "delay": delay, "distance": delay, "carrier": ["AA"] * 5000, "night": [True] * 5000, "plane": ["N1"] * 5000,
    }  # fmt: skip
    columns["distance"] = np.zeros(5000)
    fitted = Fitter(SIGNATURE, entity="plane", id_name=" id").fit(columns, rows=5000)
    assert [i for i, _ in fitted.rejected] == odd
    assert fitted.rejected[0][1].wanted == "a number from -10 up to 50"


def test_the_judge_has_the_last_word_where_the_guess_and_the_words_miss_a_row(monkeypatch):
    monkeypatch.setattr(fitting, "suspects", lambda columns, **_: np.zeros(len(columns["delay"]), bool))
    delay = np.arange(40.0)
    delay[[3, 17]] = 99
    columns = {"delay": delay, "distance": delay * 0, "carrier": ["AA"] * 40, "night": [True] * 40, "plane": ["N"] * 40}
    fitted = Fitter(SIGNATURE, entity="plane", id_name=" id").fit(columns, rows=40)
    assert [i for i, _ in fitted.rejected] == [3, 17]
    assert len(fitted.kept) == 38


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pl.Series([1, 2], dtype=pl.Int8), FieldKind.NUMBER, [1, 2]),
        (pl.Series(["a", None], dtype=pl.Categorical), FieldKind.CATEGORY, ["a", None]),
        (pl.Series([7, None]), None, [7, None]),
        (pl.Series([None, None]), FieldKind.NUMBER, [None, None]),
        (pl.Series([True, None]), FieldKind.BOOLEAN, [True, None]),
    ],
)
def test_columns_of_files_become_values(column, kind, expected):
    assert list(values_of(column, kind=kind)) == expected


def test_numbers_of_rows_that_fit_lie_in_the_memory_that_was_given():
    """A part after the other fills the same memory, whatever is wrong in one."""
    fitter, memory = Fitter(SIGNATURE, entity="plane", id_name=" id"), np.full((4, 3), 7.0)
    columns = {"delay": np.array([1.0, 99.0, 3.0]), "distance": np.array([np.nan, 2.0, 3.0]), "plane": ["a", "b", "c"]}
    found = fitter.fit(columns, rows=3, into=memory)
    assert np.shares_memory(found.asked.batch.block, memory)
    np.testing.assert_array_equal(found.asked.batch.block, [[1.0, np.nan, np.nan], [3.0, 3.0, np.nan]])
    assert found.kept.tolist() == [0, 2]
