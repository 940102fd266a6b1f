"""What is usual of a feed: by the hour, for what sticks together in an hour is no news."""

import numpy as np
import polars as pl
import pytest

from slipway.modeling.blocks import HOUR_US
from slipway.modeling.frame import as_columns
from slipway.modeling.reference import watch_only
from slipway.modeling.usual import FEWEST, stretches, with_usual
from slipway.records.field import Field, FieldKind
from slipway.records.reference import decode_reference, encode_reference

FIELDS = (Field(name="gust", kind=FieldKind.NUMBER), Field(name="shift", kind=FieldKind.CATEGORY))


def reference(times=True):
    """Twenty days: by night, 100 rows an hour of one caller who has no gust; by day, 100 of others."""
    rng = np.random.default_rng(0)
    hour = np.repeat(np.arange(480), 100)
    night = hour % 24 < 6
    gust = np.where(night, np.nan, rng.integers(0, 1_000_000, hour.size) / 7)
    table = pl.DataFrame({"gust": gust, "shift": np.where(night, "N", "D").tolist()}).fill_nan(None)
    at_us = hour * HOUR_US if times else None
    bare = watch_only(table, fields=FIELDS, times_us=at_us)
    return with_usual(bare, columns=as_columns(table, fields=FIELDS), times_us=at_us)


def test_the_night_has_its_own_share_though_a_day_has_a_mean_of_it():
    gust, shift = reference().columns
    assert gust.usual[-1] == 1.0
    assert shift.usual[: len(shift.category.names)].tolist() == [1.0, 1.0]
    assert 0 <= gust.low < gust.high <= 1_000_000 / 7


def test_rows_of_a_night_are_alike_and_it_is_said_how_often():
    assert reference().alike == 1.0


def test_it_survives_the_package():
    found = decode_reference(encode_reference(reference()))
    assert (found.stretches, found.silence_us) == (480, 0)
    assert found.columns[0].usual.tolist() == reference().columns[0].usual.tolist()


def test_hours_with_few_rows_share_a_stretch_and_the_silence_between_hours_is_known():
    at_us = np.concatenate([np.arange(30), np.full(250, 40)]) * HOUR_US
    found = stretches(at_us, rows=280)
    assert found.n == 1  # thirty rows, and what makes them enough
    assert found.silence_us == 10 * HOUR_US
    assert np.bincount(stretches(np.repeat(np.arange(9), 60) * HOUR_US, rows=540).of_row).min() >= FEWEST


@pytest.mark.parametrize("rows", [1, 499, 500, 1234])
def test_without_a_time_pieces_of_rows_are_stretches(rows):
    found = stretches(None, rows=rows)
    assert np.unique(found.of_row).tolist() == list(range(found.n))
    assert found.n == max(1, rows // 500)
