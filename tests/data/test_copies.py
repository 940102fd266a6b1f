"""Copies under new ids are found by what chance cannot bring; cases that merely look alike are not called copies."""

import numpy as np
import polars as pl
import pytest

from slipway.data.copies import check_copies
from slipway.data.split import Split
from slipway.records.dataset import SplitKind

N = 400


def divided(rows):
    return Split(kind=SplitKind.RANDOM, train=np.arange(rows - 120), test=np.arange(rows - 120, rows))


def with_copies(table, change=lambda t: t, n=20):
    """Copy training rows to the end, where rows are held out, under new ids."""
    copied = change(table.head(n)).with_columns(id=pl.format("new{}", pl.int_range(pl.len())))
    return pl.concat([table, copied.select(table.columns)])


def asked(table, columns="abc"):
    return check_copies(table, columns=list(columns), entity="id", split=divided(table.height))


@pytest.fixture
def measured():
    """Two numbers that tell, and one category."""
    rng = np.random.default_rng(5)
    return pl.DataFrame(
        {
            "id": [f"r{i}" for i in range(N)],
            "a": rng.normal(size=N),
            "b": rng.exponential(size=N) * 1000,
            "c": rng.choice(["x", "y"], N),
        }
    )


def test_copies_are_counted_and_named(measured):
    assert asked(measured).passed
    found = asked(with_copies(measured))
    assert not found.passed
    assert "20 of 120 rows held out have the X of a training row" in found.detail
    assert "rows 400, 401, 402, " in found.detail
    assert "copies. Scores on them flatter" in found.detail


def test_one_copy_is_enough_where_three_fields_tell(measured):
    table = measured.with_columns(c=np.random.default_rng(6).normal(size=N))
    assert not asked(with_copies(table, n=1)).passed


def test_a_copy_that_went_through_another_program_is_found(measured):
    def rounded(t):
        return t.with_columns(pl.col("a", "b").cast(pl.Float32).cast(pl.Float64).round_sig_figs(6))

    assert not asked(with_copies(measured, rounded)).passed
    texts = measured.with_columns(c=pl.format("Street {} in Town {}", pl.col("a"), pl.col("b")))
    assert not asked(
        with_copies(texts, lambda t: t.with_columns(pl.format("  {} ", pl.col("c").str.to_uppercase()).alias("c"))),
        "ac",
    ).passed


def test_another_label_is_no_other_case(measured):
    table = measured.with_columns(y=pl.int_range(pl.len()) % 2)
    assert not asked(with_copies(table, lambda t: t.with_columns(y=1 - pl.col("y")))).passed


def test_rows_of_one_entity_may_look_alike(measured):
    assert asked(pl.concat([measured, measured.head(20)])).passed


@pytest.mark.parametrize("name", ["row", "entity", "several", "whose", "count"])
def test_a_field_may_have_any_name(measured, name):
    table = with_copies(measured.rename({"a": name}))
    found = asked(table, [name, "b", "c"])
    assert not found.passed
    assert found.detail == asked(with_copies(measured)).detail


def test_few_values_tell_nothing():
    """A questionnaire: half of its rows look like another."""
    rng = np.random.default_rng(5)
    table = pl.DataFrame({"id": np.arange(N), **{name: rng.integers(0, 3, N) for name in "abc"}})
    found = asked(table)
    assert found.passed
    assert "too few values" in found.detail


def test_values_on_a_grid_agree_by_chance():
    rng = np.random.default_rng(5)
    grid = {name: rng.integers(0, 200, N) for name in "ab"}
    found = asked(pl.DataFrame({"id": np.arange(N), **grid}), "ab")
    assert found.passed


def test_fields_that_follow_from_each_other_agree_by_chance():
    """One temperature on a fine grid in two units: chance as for two fields would call its repeats copies."""
    celsius = np.round(np.random.default_rng(5).normal(15, 8, N), 2)
    table = pl.DataFrame({"id": np.arange(N), "a": celsius, "b": np.round(celsius * 1.8 + 32, 2), "c": celsius * 3})
    found = asked(table)
    assert "they may be cases that look alike" in found.detail
    assert found.passed


@pytest.mark.parametrize("seed", range(20))
def test_no_false_flags_on_honest_rows(seed):
    rng = np.random.default_rng(seed)
    digits = int(rng.integers(1, 5))
    table = pl.DataFrame({"id": np.arange(N), **{name: np.round(rng.normal(size=N), digits) for name in "abc"}})
    assert asked(table).passed
