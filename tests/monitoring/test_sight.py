"""What a silence says would have been found: fewer truths promise less, and no size where none is known."""

import re

import numpy as np
import polars as pl
import pytest

from slipway.project.two_tables import Terms, watch_two_tables

DAY_US = 86_400_000_000


def table(*, days, seed, first=0, rows=100):
    rng = np.random.default_rng(seed)
    p = rng.uniform(size=days * rows)
    return pl.DataFrame(
        {
            "at": pl.Series((first + np.arange(p.size) / rows) * DAY_US).cast(pl.Int64).cast(pl.Datetime("us")),
            "x": rng.normal(size=p.size),
            "prediction": p,
            "label": (rng.uniform(size=p.size) < p).astype(int),
        }
    )


BEFORE, NOW = table(days=60, seed=0), table(days=20, seed=1, first=60)


def labelled(*, every):
    return NOW.with_columns(pl.when(pl.int_range(pl.len()) % every == 0).then("label"))


def told(now, **terms):
    return watch_two_tables(BEFORE, now, terms=Terms(**terms)).sentence


def test_the_fewer_truths_the_larger_the_loss_that_would_have_been_found():
    sizes = [float(re.search(r"risen to about ([\d.]+) %", told(labelled(every=n)))[1]) for n in (1, 3, 10)]
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_size_is_told_from_the_first_day_on_and_as_a_likelihood():
    assert "It would more likely than not have been found had, from the first day on, any one column" in told(NOW)


def test_at_another_threshold_no_size_of_the_loss_is_told():
    said = told(NOW, threshold=0.1)
    assert "risen to about" not in said
    assert "Of the answers no size is told at a threshold other than 0.5" in said


@pytest.mark.parametrize("days", [2, 10])
def test_truths_of_few_days_ask_for_more_days_with_truths(days):
    said = told(NOW.with_columns(pl.when(pl.int_range(pl.len()) < days * 100).then("label")))
    assert f"With {days} days with their truths not even that every answer is wrong could be proven" in said
    wanted = int(re.search(r"Collect (\d+) days with their truths", said)[1])
    assert wanted > days
