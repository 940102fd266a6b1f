"""Each check finds what it is for, names the rows, and is quiet otherwise."""

import numpy as np
import polars as pl
import pytest

from slipway.data.checks import (
    check_constant,
    check_duplicates,
    check_leakage,
    check_overlap,
    check_row_numbers,
    check_time_travel,
)
from slipway.data.row_names import names_of
from slipway.data.schema import check_schema
from slipway.data.split import Split, split_by_chance
from slipway.data.version import row_hashes
from slipway.records.dataset import CheckResult, SplitKind
from slipway.records.field import Field, FieldKind

RNG = np.random.default_rng(7)


def named(results: tuple[CheckResult, ...], name: str) -> CheckResult:
    return next(r for r in results if r.name == name)


def test_the_schema_names_the_rows_that_fail_by_their_id() -> None:
    table = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "hour": [5.0, 25.0, float("nan"), -1.0],
            "port": ["EWR", "XXX", None, "JFK"],
            "late": [0, 1, 2, None],
        }
    )
    fields = [
        Field(name="hour", kind=FieldKind.NUMBER, low=0, high=23, required=True),
        Field(name="port", kind=FieldKind.CATEGORY, values=("EWR", "JFK")),
        Field(name="late", kind=FieldKind.BOOLEAN),
        Field(name="carier", kind=FieldKind.CATEGORY),
    ]
    table = table.with_columns(carrier=pl.lit("UA"))
    results = check_schema(table, fields=fields, names=names_of(table["id"]))
    assert named(results, "hour: range").detail == "2 of 4 rows leave [0, 23]: id b, d (got 25.0, -1.0)."
    assert named(results, "hour: required").detail == "1 of 4 rows have no value: id c."
    assert "id b (got 'XXX')" in named(results, "port: values").detail
    assert "id c (got 2.0)" in named(results, "late: values").detail
    missing = named(results, "carier: present")
    assert not missing.passed
    assert "Did you mean 'carrier'?" in missing.detail


def test_a_column_of_the_wrong_sort_fails_once_and_is_not_looked_into() -> None:
    results = check_schema(pl.DataFrame({"x": ["1"]}), fields=[Field(name="x", kind=FieldKind.NUMBER, low=0, high=1)])
    assert [(r.name, r.passed) for r in results] == [("x: present", True), ("x: kind", False)]


def test_at_most_ten_rows_are_shown() -> None:
    results = check_schema(
        pl.DataFrame({"x": [9.0] * 50}), fields=[Field(name="x", kind=FieldKind.NUMBER, low=0.0, high=1.0)]
    )
    assert "50 of 50" in results[-1].detail
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ..." in results[-1].detail


def test_duplicates_are_named_by_their_place() -> None:
    table = pl.DataFrame({"id": [1, 2, 2, 3], "x": [1.0, 1.0, 2.0, None]})
    assert check_duplicates(table).passed
    assert "rows 4" in check_duplicates(pl.concat([table, table[3:]])).detail


def test_a_column_that_never_changes_is_named() -> None:
    table = pl.DataFrame({"year": [2013, 2013], "none": [None, None], "x": [1, 2]})
    assert "year, none" in check_constant(table).detail
    assert check_constant(table.select("x")).passed


@pytest.mark.parametrize(
    ("leak", "found"),
    [
        (lambda y: y, True),
        (lambda y: np.where(y == 1, "refund", "none"), True),
        (lambda y: [f"row-{i}" for i in range(len(y))], False),
        (lambda y: y + RNG.normal(0, 0.7, len(y)), False),
        (lambda y: RNG.normal(size=len(y)), False),
        (lambda y: [None] * len(y), False),
    ],
    ids=["itself", "a word for it", "an id", "a strong feature", "noise", "nothing"],
)
def test_a_column_that_gives_the_answer_away_is_found_and_an_honest_one_is_not(leak: object, found: bool) -> None:
    y = RNG.integers(0, 2, 3000)
    table = pl.DataFrame({"x": leak(y), "y": y}, strict=False)
    assert check_leakage(table, columns=["x"], target="y").passed is not found


def test_a_number_that_is_y_in_other_units_is_found() -> None:
    y = RNG.exponential(10, 3000)
    table = pl.DataFrame({"x": 60 * y, "z": y + RNG.normal(0, 10, 3000), "y": y})
    result = check_leakage(table, columns=["x", "z"], target="y")
    assert "x (explains" in result.detail
    assert "z" not in result.detail


def test_learning_from_the_future_is_found() -> None:
    table = pl.DataFrame({"at": [1, 2, 3, 4]}).select(pl.col("at").cast(pl.Datetime("us")))
    honest = Split(kind=SplitKind.TIME, train=np.array([0, 1]), test=np.array([2, 3]))
    assert check_time_travel(table, time="at", split=honest).passed
    assert (
        "1 training rows are later"
        in check_time_travel(
            table, time="at", split=honest._replace(train=np.array([0, 3]), test=np.array([1, 2]))
        ).detail
    )
    ahead = table.with_columns(seen=pl.col("at") + pl.duration(microseconds=pl.Series([0, 0, 5, 0])))
    assert (
        "'seen' lies after 'at' in rows 2" in check_time_travel(ahead, time="at", split=honest, fields=["seen"]).detail
    )
    assert "'at' lies before 'seen' in rows 2" in check_time_travel(ahead, time="seen", split=honest, known="at").detail


def test_a_row_on_both_sides_is_found() -> None:
    table = pl.DataFrame({"x": [1.0, 2.0, 1.0, 3.0], "y": [0, 1, 0, 1]})
    split = Split(kind=SplitKind.RANDOM, train=np.array([0, 1]), test=np.array([2, 3]))
    result = check_overlap(table, split=split)
    assert "1 of 2 rows held out equal a training row: rows 2." in result.detail
    unique = pl.DataFrame({"x": np.arange(1000)})
    assert check_overlap(unique, split=split_by_chance(row_hashes(unique)[:, 0], test_share=0.3, seed=0)).passed


def test_rows_that_share_half_a_hash_only_are_no_copies_and_the_first_of_several_is_no_repeat() -> None:
    hashes = np.array([[7, 1], [5, 1], [7, 2], [7, 1], [5, 1], [7, 1]], dtype=np.uint64)
    table = pl.DataFrame({"x": range(6)})
    assert check_duplicates(table, hashes=hashes).detail == "3 of 6 rows repeat an earlier row: rows 3, 4, 5."
    assert check_duplicates(table.head(3), hashes=hashes[:3]).passed


def test_prose_that_never_repeats_names_no_rows_and_says_that_no_category_is_in_it() -> None:
    reviews = pl.Series("review", [f"I would buy it again, {i} times." for i in range(100)])
    result = check_row_numbers(reviews.to_frame())
    assert result.passed
    assert result.detail == (
        "texts that never repeat: review. As a category nothing can be learned from them; a model has to read their "
        "words."
    )
    ids = reviews.to_frame().with_columns(order=pl.format("order {}", pl.int_range(100)))
    both = check_row_numbers(ids)
    assert not both.passed
    assert both.detail.startswith("they name rows and say nothing of them: order. Leave them out of [fields]. texts")


def test_a_column_that_changes_late_varies() -> None:
    late = pl.DataFrame({"x": [1] * 5_000 + [2], "none": pl.Series([None] * 5_000 + [1])})
    assert check_constant(late).passed
    assert not check_constant(late.head(5_000)).passed
