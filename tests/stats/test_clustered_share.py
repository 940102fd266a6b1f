"""Shares of rows that stick together: right on average, never sure of what nobody can know."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.stats.clustered_share import clustered_share_interval
from slipway.stats.clusters import DAY_US, clusters_of
from slipway.stats.fixed import share_interval


@pytest.mark.parametrize(
    ("clusters", "rows", "share", "alike"), [(6, 10, 0.02, 0.1), (15, 10, 0.1, 0.5), (40, 4, 0.1, 0.3)]
)
def test_it_misses_about_as_often_as_it_may(clusters: int, rows: int, share: float, alike: float) -> None:
    """By the mean of cluster sums these miss in 43, 16 and 8 %."""
    rng = np.random.default_rng(5)
    misses, runs = 0, 400
    for _ in range(runs):
        sizes = rng.poisson(rows - 1, clusters) + 1
        chance = rng.beta(share * (1 - alike) / alike, (1 - share) * (1 - alike) / alike, clusters)
        group = np.repeat(np.arange(clusters), sizes)
        found = clustered_share_interval(rng.random(group.size) < chance[group], clusters=group, alpha=0.05)
        misses += not found.low <= share <= found.high
    assert misses / runs <= 0.05 + 3 * (0.05 * 0.95 / runs) ** 0.5


def test_of_many_rows_of_their_own_it_is_wilsons() -> None:
    x = (np.random.default_rng(0).random(2000) < 0.2).astype(float)
    found, plain = (
        clustered_share_interval(x, clusters=np.arange(2000), alpha=0.05),
        share_interval(int(x.sum()), n=2000, alpha=0.05),
    )
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=2e-4)


def test_copies_of_each_row_add_nothing() -> None:
    x = (np.random.default_rng(0).random(300) < 0.2).astype(float)
    once = clustered_share_interval(x, clusters=np.arange(300), alpha=0.05)
    copied = clustered_share_interval(np.repeat(x, 5), clusters=np.repeat(np.arange(300), 5), alpha=0.05)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high), abs=2e-3)


@given(
    outcomes=st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60).filter(
        lambda rows: len({cluster for cluster, _ in rows}) > 1
    )
)
def test_it_holds_the_share_stays_within_bounds_and_is_never_of_no_width(outcomes: list[tuple[int, bool]]) -> None:
    group, x = zip(*outcomes, strict=True)
    found = clustered_share_interval(x, clusters=group, alpha=0.05)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.high - found.low > 0.01
    mirrored = clustered_share_interval([not one for one in x], clusters=group, alpha=0.05)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((found.low, found.high))


def test_what_cannot_be_bounded_is_refused() -> None:
    for outcomes, clusters, said in (
        ([0, 1], [1, 1], "clusters: want at least 2, got 1"),
        ([0, 1], [1], "clusters: want 2 values"),
        ([0, 0.5], [1, 2], "want 0 and 1"),
    ):
        with pytest.raises(BadInput, match=said):
            clustered_share_interval(outcomes, clusters=clusters, alpha=0.05)


def test_three_days_are_too_few_to_count_in() -> None:
    times = np.arange(12) * DAY_US // 4
    assert clusters_of(times, entities=None) is None
    assert clusters_of(times, entities=np.arange(12) // 2).tolist() == (np.arange(12) // 2).tolist()
    assert (
        clusters_of(np.arange(16) * DAY_US // 4, entities=np.arange(16) // 2).tolist() == (np.arange(16) // 4).tolist()
    )
