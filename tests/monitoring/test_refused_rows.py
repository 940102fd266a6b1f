"""More rows are refused than is usual: told by field and reason, once, and never for a burst or what always was."""

import msgspec
import numpy as np
import pytest

from slipway.monitoring.refused_rows import usual, watch_refused
from slipway.records.misfit import Reason, key
from slipway.records.service import ServiceCounts, Spell
from slipway.records.service_book import ServiceBook

MINUTE_US, HOUR_US = 60_000_000, 3_600_000_000
BEGIN_US = 40 * 24 * HOUR_US
TEXT = key(Reason.TEXT, "distance")


class Life:
    """A book that minutes and hours are written into, as the looks at the workers would."""

    def __init__(self, *, usual=0.0, days=3):
        hours = [self.spell(BEGIN_US - n * HOUR_US, 3600, 1000, usual) for n in range(days * 24, 0, -1)]
        self.book = ServiceBook(at_us=BEGIN_US, hours=tuple(hours))

    def spell(self, start_us, length_s, rows, share, pair=TEXT):
        refused = round(rows * share)
        counts = ServiceCounts(answered=rows - refused, refused={pair: refused} if refused else {})
        return Spell(start_us=start_us, length_s=float(length_s), watched_s=float(length_s), counts=counts)

    def minutes(self, number, share, *, rows=60, pair=TEXT):
        """Return after how many minutes something was told first, or None."""
        first = None
        for n in range(number):
            minute = self.spell(self.book.at_us, 60, rows, share, pair)
            minutes = (*self.book.minutes[-359:], minute)
            self.book = watch_refused(
                msgspec.structs.replace(self.book, at_us=self.book.at_us + MINUTE_US, minutes=minutes)
            )
            if self.told and first is None:
                first = n + 1
        return first

    @property
    def told(self):
        return self.book.refused.told


def test_a_field_that_becomes_text_is_told_within_minutes_with_its_share_and_since_when():
    life = Life()
    assert life.minutes(300, 0.0) is None
    since_us = life.book.at_us
    assert life.minutes(30, 0.37) <= 25
    assert life.told.since_us == since_us
    assert [(q.column, q.detail) for q in life.told.remarks] == [
        ("distance", "36.7 % of the rows are refused: distance is text.")
    ]
    found = life.told
    life.minutes(100, 0.5)
    assert life.told == found  # it does not change while it lasts
    life.minutes(9, 0.0)
    assert life.told == found
    life.minutes(1, 0.0)
    assert life.told is None
    assert life.minutes(30, 1.0) is not None  # and it may come again


@pytest.mark.parametrize(
    ("burst", "share", "rows"), [(1, 1.0, 100_000), (4, 0.9, 60), (3, 1.0, 5)], ids=["request", "minutes", "few"]
)
def test_a_burst_is_one_cluster_and_wakes_nobody(burst, share, rows):
    life = Life()
    life.minutes(200, 0.0)
    assert life.minutes(burst, share, rows=rows) is None
    assert life.minutes(60, 0.0) is None


def test_what_was_always_refused_is_usual_and_more_than_that_is_told():
    life = Life(usual=0.3)
    assert life.minutes(300, 0.3) is None
    assert life.minutes(60, 0.8) is not None


def test_what_came_while_it_was_told_is_no_measure_of_the_usual():
    hours = [Life().spell(n * HOUR_US, 3600, 1000, 0.5 if n == 3 else 0.0) for n in range(60)]
    assert usual(hours, before_us=10**15, spoiled=[]) == pytest.approx(0.52)
    assert usual(hours, before_us=10**15, spoiled=[(3 * HOUR_US + 5, 3 * HOUR_US + 9)]) == pytest.approx(0.02)


def test_silence_resolves_nothing_and_tells_nothing():
    life = Life()
    assert life.minutes(60, 0.0, rows=0) is None
    life.minutes(60, 1.0)
    assert life.told
    life.minutes(300, 0.0, rows=0)
    assert life.told


def test_a_clock_that_was_set_back_does_not_stop_the_watch():
    life = Life()
    life.minutes(20, 0.0)
    life.book = msgspec.structs.replace(life.book, at_us=life.book.at_us - 3 * HOUR_US, minutes=())
    assert life.minutes(40, 1.0) is not None


def test_it_is_kept_and_goes_on():
    life = Life()
    life.minutes(30, 0.0)
    life.minutes(3, 0.5)
    again = Life()
    again.book = msgspec.msgpack.decode(msgspec.msgpack.encode(life.book), type=ServiceBook)
    assert life.minutes(20, 0.5) == again.minutes(20, 0.5)
    assert life.told == again.told


@pytest.mark.calibration
def test_shares_at_the_bound_are_told_seldom_however_rows_of_a_minute_stick_together():
    """200 days in which each minute is refused in whole with a chance of what the bound is: at most alpha."""
    rng, told = np.random.default_rng(5), 0
    for _ in range(200):
        life = Life(days=0)  # nothing is known: the bound is a tenth
        for share in (rng.random(360) < 0.1).astype(float):
            told += life.minutes(1, share) is not None
    assert told <= 2
