"""Which units there are, what rhythm they follow, and which of them the present is held against; said in words."""

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.monitoring.season import season_of, season_of_rows
from slipway.monitoring.units import count_of, phases_of, units_of
from slipway.testing.seasons import DAY_US, HOUR_US

MONDAY_US = 4 * DAY_US  # 5 January 1970


def days(count, *, first=0):
    return units_of(tuple(MONDAY_US + (first + d) * DAY_US for d in range(count)), unit="day", block_us=DAY_US)


def test_days_know_their_weekday_and_hours_their_hour_and_rows_nothing():
    assert days(9).phases.tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]
    assert phases_of(np.array([MONDAY_US + 25 * HOUR_US]), unit="hour").tolist() == [1]
    assert phases_of(np.array([MONDAY_US]), unit="row").tolist() == [0]
    assert [count_of(unit) for unit in ("row", "hour", "day")] == [1, 24, 7]


def test_whole_weeks_are_the_newest_and_a_few_days_are_kept_as_they_are():
    whole = days(33, first=2).newest_whole()
    assert len(whole.starts) == 28
    assert whole.until_us == days(33, first=2).until_us
    assert np.bincount(whole.phases).tolist() == [4] * 7
    assert len(days(27).newest_whole().starts) == 27


def test_a_third_says_what_is_usual_and_of_hours_it_is_whole_days():
    assert days(9).ranked.sum() == 3
    hours = units_of(tuple(MONDAY_US + h * HOUR_US for h in range(6 * 24)), unit="hour", block_us=HOUR_US)
    assert np.bincount(hours.phases[hours.ranked]).tolist() == [2] * 24
    short = units_of(tuple(MONDAY_US + h * HOUR_US for h in range(30)), unit="hour", block_us=HOUR_US)
    assert short.ranked.sum() == 10


def test_a_unit_that_the_reference_was_not_summed_in_is_refused():
    with pytest.raises(BadInput, match="got hour; it has blocks of 86400 s: take unit day"):
        units_of((0,), unit="hour", block_us=DAY_US)
    with pytest.raises(BadInput, match="got day; it has no time"):
        units_of((0,), unit="day", block_us=0)


def test_the_season_is_said_in_words():
    plain = {"rhythmic": (), "shorter": (), "wandering": ()}
    assert season_of(days(28), **plain).sentence == (
        "Each day is held against the days of 4 weeks (1970-01-05 to 1970-02-01), which show no rhythm of the week."
    )
    assert season_of(days(10), **plain).sentence.endswith(
        "10 days (1970-01-05 to 1970-01-14), too few to show a rhythm of the week."
    )
    told = season_of(
        days(28), rhythmic=("amount", "gap"), shorter=(("load", MONDAY_US + 7 * DAY_US),), wandering=("speed",)
    )
    assert told.sentence == (
        "amount and gap follow the week: each day is held against the same day of the week in 4 weeks (1970-01-05 to "
        "1970-02-01), and what has no such rhythm against all days there. Of load only what is from 1970-01-12 on is "
        "taken: it was another before. The reference of speed differs from itself all along; what it wandered through "
        "counts as usual, so smaller changes of it pass."
    )
    assert (told.period, told.blocks, told.since_us) == ("week", 28, MONDAY_US)
    finer = season_of(days(28), **plain, asked_for="day")
    assert "expect false alarms" not in finer.sentence
    hours = units_of(tuple(range(0, 28 * DAY_US, DAY_US // 24)), unit="hour", block_us=DAY_US // 24)
    assert season_of(hours, **plain, asked_for="day").sentence.endswith(
        "Hours are counted as asked, though the reference asks for days: expect false alarms."
    )
    assert "no time" in season_of_rows(timed=False, asked_for="row").sentence
    many = season_of(days(28), rhythmic=tuple("abcdef"), shorter=(), wandering=())
    assert many.sentence.startswith("a, b, c, d and 2 more follow the week")
