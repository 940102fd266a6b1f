"""Growth is told where it is certain, as a range, and no further ahead than was seen back."""

import numpy as np
import pytest
from scipy import stats

from slipway.monitoring.service_growth import full_in, sen
from slipway.records.service import Gauge, Spell
from slipway.records.service_book import ServiceBook, ServiceBudget

HOUR_US = 3_600_000_000
START_US = 20_000 * 24 * HOUR_US


def book(megabytes):
    """Hours with so much memory."""
    return ServiceBook(
        hours=tuple(
            Spell(
                start_us=START_US + n * HOUR_US,
                length_s=3600.0,
                watched_s=3600.0,
                memory_bytes={"worker-0": Gauge().read(float(mb) * (1 << 20))},
            )
            for n, mb in enumerate(megabytes)
        )
    )


def grown(days, *, by, seed=0, noise=2.0):
    rng = np.random.default_rng(seed)
    return [200 + by * n / 24 + rng.normal(0, noise) for n in range(days * 24)]


@pytest.mark.parametrize("seed", range(8))
def test_the_slope_is_the_one_that_scipy_finds(seed):
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.choice(60, 20, replace=False)).astype(float), rng.normal(0, 1, 20)
    theirs = stats.theilslopes(y, x, alpha=0.95)
    ours = sen(x.tolist(), y.tolist())
    assert ours.middle == pytest.approx(theirs.slope)
    assert (ours.low, ours.high) == pytest.approx((theirs.low_slope, theirs.high_slope))


def test_steady_growth_is_told_as_a_range_that_holds_the_truth():
    found = full_in(book(grown(14, by=10)), ServiceBudget.MEMORY, limit=420.0)
    assert found.low <= 8.0 <= found.high + 1
    assert found.high < 12


@pytest.mark.parametrize(
    "megabytes",
    [grown(14, by=0), grown(5, by=10), grown(14, by=-10), [*grown(13, by=0), *[500.0] * 24]],
    ids=["level", "too short", "shrinking", "one odd day"],
)
def test_what_is_not_certain_is_not_told(megabytes):
    assert full_in(book(megabytes), ServiceBudget.MEMORY, limit=1000.0) is None


def test_nothing_is_told_further_ahead_than_was_seen_and_nothing_where_it_is_full():
    assert full_in(book(grown(14, by=10)), ServiceBudget.MEMORY, limit=5000.0) is None
    assert full_in(book(grown(14, by=10)), ServiceBudget.MEMORY, limit=250.0) is None


def test_level_days_are_seldom_taken_for_growth():
    """The interval is two-sided at 95 %: of 80 level streams at most some 2.5 % may seem to grow."""
    told = sum(full_in(book(grown(14, by=0, seed=s)), ServiceBudget.MEMORY, limit=206.0) is not None for s in range(80))
    assert told <= 8
