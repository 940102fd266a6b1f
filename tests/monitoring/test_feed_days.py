"""Bounds of a feed whose missing shares stick together by the day: days are what is exchangeable, not their hours."""

import numpy as np
import polars as pl

from slipway.modeling.frame import as_columns
from slipway.modeling.reference import watch_only
from slipway.modeling.usual import with_usual
from slipway.monitoring.feed_events import FeedEvents
from slipway.records.field import Field, FieldKind
from slipway.records.quality import Fault

HOUR_US, DAYS, ROWS = 3_600_000_000, 28, 200


def missing_bound(*, by_day: bool) -> tuple[str, float, float]:
    """Return the unit of a column, the bound of its missing share, and the largest share of an hour."""
    rng = np.random.default_rng(1)
    share = np.repeat(rng.beta(0.5, 9.5, DAYS), 24) if by_day else np.full(DAYS * 24, 0.05)
    x = np.where(rng.random((DAYS * 24, ROWS)) < share[:, None], np.nan, rng.normal(size=(DAYS * 24, ROWS))).ravel()
    times_us = np.repeat(np.arange(DAYS * 24), ROWS) * HOUR_US
    fields = [Field(name="x", kind=FieldKind.NUMBER)]
    table = pl.DataFrame({"x": x}).fill_nan(None)
    reference = watch_only(table, fields=fields, times_us=times_us)
    reference = with_usual(reference, columns=as_columns(table, fields=fields), times_us=times_us)
    events, column = FeedEvents.of(reference), reference.columns[0]
    at = next(i for i, e in enumerate(events.events) if e.fault is Fault.MISSING)
    return column.unit.unit, float(events.bounds[at]), float(column.usual[-1])


def test_a_share_that_each_day_draws_anew_may_go_beyond_the_largest_of_28() -> None:
    unit, bound, largest = missing_bound(by_day=True)
    assert unit == "day"
    assert bound > 1.5 * largest


def test_where_days_are_alike_the_margin_is_that_of_their_number() -> None:
    _, bound, largest = missing_bound(by_day=False)
    assert largest + 0.02 <= bound <= largest + 1 / (DAYS + 1) + 1e-9
