"""A changed unit and swapped columns are asked about, with since when; drift of an ordinary size is not."""

import numpy as np
import polars as pl
import pytest

from slipway.monitoring.unit_change import CHANGES
from slipway.project.two_tables.mistaken import mistaken
from slipway.project.two_tables.remarks import remarks_of
from slipway.records.quality import Fault
from slipway.records.two_tables import Roles


def series(values):
    return pl.Series(values, dtype=pl.Float64)


def said(before, now):
    return [found.remark.detail for found in mistaken({"x": (series(before), series(now))})]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.words)
def test_every_change_of_unit_is_named(change):
    rng = np.random.default_rng(3)
    before, now = rng.normal(15, 8, 6000), rng.normal(15, 8, 6000)
    (told,) = said(before, change.factor * now + change.plus)
    assert told.endswith(f"perhaps {change.words}.")


@pytest.mark.parametrize("how", [lambda x: x, lambda x: 1.2 * x, lambda x: 2 * x, lambda x: x + 8, lambda x: x**2])
def test_drift_is_not_taken_for_a_unit(how):
    rng = np.random.default_rng(4)
    assert not any(said(rng.normal(15, 3, 6000), how(rng.normal(15, 3, 2000))) for _ in range(20))


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0] * 500, [7.0] * 500])
def test_nothing_is_asked_of_few_values(values):
    assert said(values, [1000 * v for v in values]) == []


def tables():
    rng = np.random.default_rng(5)
    rows = {"age": rng.normal(40, 10, 4000), "amount": rng.normal(200, 50, 4000), "at": np.arange(4000) * 3_600_000_000}
    frame = pl.DataFrame(rows).with_columns(pl.col("at").cast(pl.Datetime("us")))
    return frame.head(2000), frame.tail(2000)


def test_it_is_one_remark_in_the_place_of_values_out_of_range_with_since_when():
    before, now = tables()
    late = pl.col("at") >= now["at"][1200]
    broken = now.with_columns(amount=pl.when(late).then(pl.col("amount") * 1000).otherwise("amount"))
    roles = Roles(time="at", watched=("age", "amount"))
    (found,) = (q for q in remarks_of(broken, reference=before, columns=["age", "amount"], roles=roles) if q.serious)
    assert (found.fault, found.column, found.since.share) == (Fault.UNIT, "amount", 1.0)
    assert (
        found.detail
        == "amount arrives since 1970-05-14 about 1,000 times what it was: perhaps thousandths for whole units."
    )


def test_two_columns_in_each_others_place_are_told_once():
    before, now = tables()
    swapped = now.select("at", age="amount", amount="age")
    roles = Roles(time="at", watched=("age", "amount"))
    found = [q for q in remarks_of(swapped, reference=before, columns=["age", "amount"], roles=roles) if q.serious]
    assert [(q.fault, q.column) for q in found] == [(Fault.RENAMED, "age")]
    assert "age has the values that amount had, and amount those of age: perhaps they were swapped." in found[0].detail
