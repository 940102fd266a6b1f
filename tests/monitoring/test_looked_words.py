"""A monitor says what it has looked at, and does not call silence good news before it could have told."""

import msgspec
import pytest

from slipway.monitoring.looked_words import looked_words
from slipway.records.looked import Looked

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def looked(*, unit="day", slices=3, rows=100, upto_us=3 * DAY_US, outcomes_us=0, feed_us=0):
    length_us = DAY_US if unit == "day" else HOUR_US
    return Looked(
        model="trees",
        unit=unit,
        slice_us=length_us,
        slices=slices,
        rows=rows,
        inputs_upto_us=upto_us,
        outcomes_upto_us=outcomes_us,
        feed_upto_us=feed_us,
    )


def test_days_looked_at_and_the_feed_by_hours_are_told_apart():
    said = looked_words(looked(feed_us=75 * HOUR_US), least=5, now_us=75 * HOUR_US + 1)
    assert "looked at 3 days with rows up to 1970-01-04 00:00 UTC, next look at 1970-01-05 00:00 UTC;" in said
    assert "; no outcomes yet" in said
    assert "its feed hour by hour, up to 1970-01-04 03:00 UTC, next at 1970-01-04 04:00 UTC" in said
    assert "Cannot tell yet: even the largest change of X takes 5 days with rows" in said
    assert said.endswith("so not before 1970-01-06 00:00 UTC.")


@pytest.mark.parametrize(("slices", "can"), [(4, False), (5, True), (50, True)])
def test_it_can_tell_from_the_slice_on_that_could_prove_a_change(slices, can):
    said = looked_words(looked(unit="hour", slices=slices), least=5, now_us=3 * DAY_US)
    assert ("Can tell of a large change of X" in said) is can
    assert ("Cannot tell yet" in said) is not can


def test_one_that_is_blind_can_tell_nothing_however_long_it_looked():
    assert looked_words(looked(slices=500), least=None, now_us=4 * DAY_US).endswith("Can tell nothing: it is blind.")


def test_a_feed_that_nobody_watches_is_said():
    assert "whether its feed is sound is not watched" in looked_words(looked(feed_us=None), least=5, now_us=4 * DAY_US)


@pytest.mark.parametrize(("rows", "can"), [(3, False), (63, False), (64, True)])
def test_where_rows_are_counted_hours_with_few_rows_do_not_pass_for_a_look(rows, can):
    said = looked_words(looked(unit="row", slices=40, rows=rows), least=64, now_us=3 * DAY_US)
    assert ("Can tell of a large change of X, which takes 64 rows" in said) is can


def test_while_the_feed_is_broken_nobody_says_that_drift_could_be_told():
    spoiled = msgspec.structs.replace(looked(slices=50), spoiled=True)
    said = looked_words(spoiled, least=5, now_us=3 * DAY_US)
    assert "Drift is not judged while the feed is broken" in said
    assert "Can tell" not in said


def test_where_one_column_alone_could_hide_it_says_so():
    said = looked_words(looked(slices=50), least=5, now_us=3 * DAY_US, partly=True)
    assert said.endswith("Only one of all columns at once is sure to be: see the problems.")
