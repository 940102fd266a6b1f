"""Two tables that follow the clock: nights and weekends are allowed for and said, and drift is found."""

import numpy as np
import polars as pl
import pytest

import slipway
from slipway.records.alert import FindingKind
from slipway.records.two_tables import Standing
from slipway.testing.seasons import DAY_US, HOUR_US, rhythmic_table
from slipway.web.two_tables import Answer

MONDAY_US = 4 * DAY_US + 7 * 2_900 * DAY_US
COLUMNS = ("amount", "load", "kind")


def tables(shape, *, seed, days=56, live_days=14, rows_a_day=60, day_sd=0.3, **change):
    """A reference from a Monday on, and what came after it from a Friday evening on."""
    rng, how = np.random.default_rng(seed), {"shape": shape, "rows_a_day": rows_a_day, "day_sd": day_sd}
    reference = rhythmic_table(rng, start_us=MONDAY_US, end_us=MONDAY_US + days * DAY_US, **how)
    begun = MONDAY_US + (-(-days // 7) * 7 + 4) * DAY_US + 18 * HOUR_US
    return reference, rhythmic_table(rng, start_us=begun, end_us=begun + live_days * DAY_US, **how, **change)


def test_rows_that_follow_the_day_are_no_rows_of_one_kind_though_days_are_alike():
    reference, current = tables("night", seed=1, days=200, live_days=5, rows_a_day=400, day_sd=0.0)
    x = [t.select("at", "amount") for t in (reference, current)]
    answer = slipway.monitor(*x).found
    assert (answer.unit, answer.standing) == ("day", Standing.NOTHING)
    assert "Unit day, which holds all hours" in answer.unit_reason
    by_row = slipway.monitor(*x, unit="row").found
    assert by_row.findings, "rows cry wolf at night, or this test shows nothing"
    assert by_row.season.sentence.endswith("as asked, though the reference asks for days: expect false alarms.")


def test_hours_of_a_short_reference_are_held_against_the_same_hour():
    reference, current = tables("night", seed=2, days=9, live_days=3, rows_a_day=600, day_sd=0.0)
    kept = ("at", "amount", "load")
    answer = slipway.monitor(reference.select(kept), current.select(kept), unit="hour").found
    assert (answer.unit, answer.season.period, answer.season.rhythmic) == ("hour", "day", ("amount",))
    assert answer.findings == ()
    moved = current.with_columns(pl.col("amount") + 0.5)
    found = slipway.monitor(reference.select(kept), moved.select(kept), unit="hour").found
    assert found.findings[0].columns[0].name == "amount"


def test_drift_on_top_of_weekends_is_found_and_named():
    reference, current = tables("weekend", seed=3, live_days=42, shift={"amount": 1.5})
    finding = slipway.monitor(reference, current).found.findings[0]
    assert finding.kind is FindingKind.DATA_DRIFT
    assert "amount" in {c.name for c in finding.columns}


def test_what_was_allowed_for_is_in_the_answer_its_page_and_its_json():
    reference, current = tables("weekend", seed=4)
    answer = Answer(slipway.monitor(reference.select("at", *COLUMNS), current.select("at", *COLUMNS)).found)
    season = answer.found.season
    assert season.rhythmic == ("amount", "kind")
    assert (season.blocks, season.since_us, season.until_us) == (56, MONDAY_US, MONDAY_US + 56 * DAY_US)
    assert season.sentence.startswith("amount and kind follow the week: each day is held against the same day of the")
    assert season.sentence in answer.html()
    assert season.sentence in answer.json().decode()


def test_a_column_that_changed_for_good_is_held_against_what_came_after():
    reference, current = tables("none", seed=5, days=112, shift={"load": 4.0}, day_sd=0.1)
    newer = pl.col("at").cast(pl.Int64) >= MONDAY_US + 40 * DAY_US
    stepped = reference.with_columns(pl.when(newer).then(pl.col("load") + 4.0).otherwise(pl.col("load")))
    answer = slipway.monitor(stepped.select("at", "load"), current.select("at", "load")).found
    assert answer.season.shorter == (("load", MONDAY_US + 56 * DAY_US),)
    assert "it was another before" in answer.season.sentence
    assert answer.findings == ()
    back = current.with_columns(pl.col("load") - 4.0)
    found = slipway.monitor(stepped.select("at", "load"), back.select("at", "load"), alpha=0.05).found
    assert found.findings, "what it was before is drift now"


def test_a_column_that_wanders_is_said_to():
    reference, current = tables("none", seed=6, days=84)
    wandering = reference.with_columns(pl.col("load") + (pl.col("at").cast(pl.Int64) - MONDAY_US) / (20 * DAY_US))
    answer = slipway.monitor(wandering.select("at", "load"), current.select("at", "load")).found
    assert answer.season.wandering == ("load",)
    assert "differs from itself all along" in answer.season.sentence


@pytest.mark.parametrize("days", [9, 20])
def test_a_reference_too_short_for_weeks_says_so(days):
    reference, current = tables("weekend", seed=7, days=days)
    answer = slipway.monitor(reference.select("at", "load"), current.select("at", "load"), unit="day").found
    assert "too few to show a rhythm of the week" in answer.season.sentence
