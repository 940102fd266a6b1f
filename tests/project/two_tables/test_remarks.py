"""Remarks on the data themselves: what is wrong is said, with since when, and nothing is said of what is as it was."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

import slipway
from slipway.records.quality import Fault

JUNE = datetime(2025, 6, 1, tzinfo=UTC)
BROKEN = datetime(2025, 7, 12, tzinfo=UTC)


def table(*, seed, first=0, rows=900, days=30):
    """Rows of thirty days, of three sites; `rare` is mostly 0, `day` keeps its value for a whole day."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    p = 1 / (1 + np.exp(-2 * x))
    at = np.sort(rng.random(rows)) * days + first
    return pl.DataFrame(
        {
            "x": x,
            "rare": rng.random(rows) < 0.02,
            "day": at.astype(int) % 30 * 1.0,
            "site": rng.choice(["berlin", "paris", "rome"], rows),
            "prediction": p,
            "label": (rng.random(rows) < p).astype(int),
            "at": [JUNE + timedelta(days=float(d)) for d in at],
        }
    )


BEFORE, NOW = table(seed=1), table(seed=2, first=30)
LATE = pl.col("at") >= BROKEN


def remarks(current, *, before=BEFORE):
    return {(q.fault, q.column): q for q in slipway.monitor(before, current).found.quality}


@pytest.mark.parametrize("seed", range(3, 9))
def test_nothing_is_said_of_what_is_as_it_was(seed):
    assert [q for q in remarks(table(seed=seed, first=30, rows=3000)).values() if q.serious] == []


def test_numbers_that_became_text_are_serious_though_all_can_be_read():
    found = remarks(NOW.with_columns(pl.col("x").cast(pl.String)))[Fault.TYPE, "x"]
    assert found.serious
    assert "x held numbers (Float64) and now holds text, which is read as numbers" in found.detail


def test_a_column_that_keeps_one_value_is_told_with_since_when():
    stuck = NOW.with_columns(x=pl.when(LATE).then(7.0).otherwise("x"))
    found = remarks(stuck)[Fault.CONSTANT, "x"]
    assert found.serious
    assert f"x is 7.0 in all {stuck.filter(LATE).height} rows since 2025-07-12" in found.detail
    assert found.since.at_us == int(stuck.filter(LATE)["at"].cast(pl.Int64)[0])


def test_a_stretch_of_one_value_that_ended_has_both_its_days():
    some = pl.col("at").is_between(BROKEN, BROKEN + timedelta(days=9))
    found = remarks(NOW.sample(fraction=1, shuffle=True, seed=0).with_columns(x=pl.when(some).then(7.0).otherwise("x")))
    assert "from 2025-07-12 to 2025-07-" in found[Fault.CONSTANT, "x"].detail
    assert found[Fault.CONSTANT, "x"].since is None


def test_a_faster_stream_is_not_stuck_because_a_day_has_more_rows():
    assert (Fault.CONSTANT, "day") not in remarks(table(seed=5, first=30, rows=20_000))


@pytest.mark.parametrize(
    ("broken", "fault", "column"),
    [
        ({"x": pl.when(~LATE).then("x")}, Fault.MISSING, "x"),
        ({"x": pl.when(LATE).then(pl.col("x") * 1e4).otherwise("x")}, Fault.RANGE, "x"),
        ({"site": pl.when(LATE).then(pl.lit("madrid")).otherwise("site")}, Fault.UNSEEN, "site"),
    ],
)
def test_a_fault_that_began_has_its_day_and_its_share_from_then_on(broken, fault, column):
    found = remarks(NOW.with_columns(**broken))[fault, column]
    assert found.serious
    assert "since 2025-07-12" in found.detail
    assert found.since.share > 0.99


def test_a_fault_that_was_always_there_has_no_day():
    there = pl.Series(np.random.default_rng(0).random(NOW.height) > 0.3)
    found = remarks(NOW.with_columns(x=pl.when(there).then("x")))[Fault.MISSING, "x"]
    assert found.since is None
    assert "since" not in found.detail


def test_no_truths_are_told_and_not_serious_for_they_may_come_late():
    for current, how in (
        (NOW.drop("label"), "is not in the current table: that the same inputs"),
        (NOW.with_columns(label=pl.lit(None)), "has no value in any row: that the same inputs"),
    ):
        found = remarks(current)[Fault.LABELS, "label"]
        assert f"label {how}" in found.detail
        assert not found.serious


def test_neither_truths_nor_answers_are_two_remarks():
    found = remarks(NOW.drop("label", "prediction"))
    assert found[Fault.LABELS, "label"].detail == "label is not in the current table."
    assert "nobody can say what the rest costs" in found[Fault.ABSENT, "prediction"].detail


def test_truths_that_are_missing_for_one_group_are_told_with_its_share():
    half = pl.Series(np.random.default_rng(0).random(NOW.height) < 0.5)
    found = remarks(NOW.with_columns(label=pl.when(half).then("label")))[Fault.LABELS, "label"]
    assert not found.serious, "they may come late"
    assert "of 100.0 % before" in found.detail
    found = remarks(NOW.with_columns(label=pl.when(pl.col("site") != "rome").then("label")))[Fault.LABELS, "label"]
    assert found.serious
    assert "label is known of 0.0 % of the rows where site = rome, of 100.0 % elsewhere" in found.detail


def test_truths_that_are_missing_for_high_answers_are_serious():
    found = remarks(NOW.with_columns(label=pl.when(pl.col("prediction") < 0.6).then("label")))[Fault.LABELS, "label"]
    assert found.serious
    assert "of the rows where the answer is above" in found.detail


@pytest.mark.parametrize("left", [0.1, 0.5])
def test_truths_of_fewer_rows_than_before_are_told_beside_whatever_was_found(left):
    known = pl.Series(np.random.default_rng(1).random(NOW.height) < left)
    answer = slipway.monitor(BEFORE, NOW.with_columns(label=pl.when(known).then("label")))
    assert "label is known of" in answer.found.sentence


def test_truths_that_were_always_missing_for_a_group_are_not_told():
    without = {"label": pl.when(pl.col("site") != "rome").then("label")}
    assert (Fault.LABELS, "label") not in remarks(NOW.with_columns(**without), before=BEFORE.with_columns(**without))
