"""Days that follow on one another: what a verdict over days must then say.

A sequence over days takes them for exchangeable. Where a day's difference resembles the day before's, the interval is
too narrow, and a verdict comes too early. Candidates exactly at the margin, Gaussian days, alpha 0.05 over 400 days,
were passed in 2, 6, 17 and 32 % of 4,000 streams with correlations of 0, .2, .4 and .6. So where the correlation is
clearly above :data:`ALIKE`, by its standard error or more, the gate says so, with the interval that allows for it.

A pass needs that wider interval too; a fail does not, for it protects. Of the same streams 2, 6, 10 and 14 % are then
passed. On the flights of spring 2013 neighbouring days are alike (.4 to .5), so the shadow's pass comes in June.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from slipway.stats.evidence import AnytimeInterval
from slipway.stats.serial import unbiased_lag_one, widening
from slipway.words import limits

FEWEST = 20
"""Units from which their correlation is looked at; with fewer it says next to nothing (its standard error is .22)."""

ALIKE = 0.2
"""Correlation of neighbours up to which the mean sequence keeps its promise, about."""


class Allowance(NamedTuple):
    """What neighbours that are alike ask of an interval.

    Attributes:
        correlation: Lag-1 correlation of the units.
        factor: How many times as wide the interval must be.
        low: Lower limit then, in units of the metric.
        high: Upper limit then.
    """

    correlation: float
    factor: float
    low: float
    high: float

    def words(self, *, unit: str, metric: str) -> str:
        """Say it, as the end of a sentence."""
        return (
            f"; {unit}s follow on one another (correlation {self.correlation:.2f}), and to allow for that the interval "
            f"is {self.factor:.1f} times as wide, {limits(self.low, self.high, metric=metric)}"
        )


def allowance(interval: AnytimeInterval, *, units: Sequence[float]) -> Allowance | None:
    """Return what the likeness of neighbours asks for, or None where it is not clearly above :data:`ALIKE`.

    Args:
        interval: The sequence's interval over the units, in units of the metric.
        units: What each unit says, oldest first.
    """
    if len(units) < FEWEST:
        return None
    correlation = unbiased_lag_one(list(units))
    if correlation <= ALIKE + math.sqrt((1 - ALIKE**2) / len(units)):  # Bartlett's standard error of ALIKE
        return None
    factor, middle = widening(correlation), interval.estimate
    low, high = middle - factor * (middle - interval.low), middle + factor * (interval.high - middle)
    return Allowance(correlation=correlation, factor=factor, low=low, high=high)
