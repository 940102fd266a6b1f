"""Days that follow on one another: what a verdict over days must then say.

A sequence over days takes them for exchangeable. Where a day's difference resembles the day before's, the interval is
too narrow, and a verdict comes too early. Candidates exactly at the margin, Gaussian days, alpha 0.05 over 400 days,
were passed in 2, 6, 17 and 32 % of 4,000 streams with correlations of 0, .2, .4 and .6. So where the correlation is
clearly above :data:`ALIKE`, by its standard error or more, the gate says so, with the interval that allows for it.

It is said and does not hold the pass. On the flights of spring 2013 neighbouring days are alike (.4 to .5), and a pass
that waits for the wider interval comes on 9 June instead of in May; of the streams with correlations of .2, .4 and .6
it would leave 6, 8 and 14 %.
"""

import math
from collections.abc import Sequence

from slipway.deployment.units import PairedUnit
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.serial import unbiased_lag_one, widening
from slipway.words import limits

FEWEST = 20
"""Units from which their correlation is looked at; with fewer it says next to nothing (its standard error is .22)."""

ALIKE = 0.2
"""Correlation of neighbours up to which the mean sequence keeps its promise, about."""


def caution(interval: AnytimeInterval, *, units: Sequence[PairedUnit], unit: str, metric: str) -> str:
    """Say that units follow on one another, and how wide an interval that allows for it would be, or nothing.

    Args:
        interval: The sequence's interval over the units, in units of the metric.
        units: Its units, oldest first.
        unit: What they are: ``day`` or ``hour``.
        metric: Of the plan.
    """
    if len(units) < FEWEST:
        return ""
    correlation = unbiased_lag_one([u.difference for u in units])
    if correlation <= ALIKE + math.sqrt((1 - ALIKE**2) / len(units)):  # Bartlett's standard error of ALIKE
        return ""
    factor, middle = widening(correlation), interval.estimate
    low, high = middle - factor * (middle - interval.low), middle + factor * (interval.high - middle)
    return (
        f"; {unit}s follow on one another (correlation {correlation:.2f}), and to allow for that the interval would be "
        f"{factor:.1f} times as wide, {limits(low, high, metric=metric)}"
    )
