"""Welch's interval and means over clusters: what they cover, and what they refuse."""

import math

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.stats.welch import Sampled, difference


def test_it_covers_a_difference_of_ratios_with_clusters_of_uneven_size() -> None:
    rng, held = np.random.default_rng(0), 0
    for _ in range(150):
        sides = []
        for mean, clusters in ((0.3, 25), (0.1, 40)):
            sizes = rng.integers(20, 200, clusters)
            totals = sizes * (mean + rng.normal(0, 0.1, clusters)) + rng.normal(0, 1, clusters)
            sides.append(Sampled.of_ratio(totals, sizes=sizes))
        interval = difference(sides[0], before=sides[1], alpha=0.1)
        held += interval.low <= 0.2 <= interval.high
    assert 0.85 * 150 <= held <= 0.95 * 150


def test_a_single_value_has_no_limits() -> None:
    interval = difference(Sampled.of([2.0]), before=Sampled.of([1.0, 2.0, 3.0]), alpha=0.05)
    assert (interval.low, interval.estimate, interval.high) == (-math.inf, 0.0, math.inf)


def test_values_that_do_not_vary_differ_exactly() -> None:
    interval = difference(Sampled.of([2.0, 2.0]), before=Sampled.of([1.0, 1.0]), alpha=0.05)
    assert (interval.low, interval.high) == (1.0, 1.0)


def test_what_is_no_sample_is_refused() -> None:
    with pytest.raises(BadInput, match="want one or more, got none"):
        Sampled.of([])
    with pytest.raises(BadInput, match="want rows above 0"):
        Sampled.of_ratio([1.0, 2.0], sizes=[3, 0])
