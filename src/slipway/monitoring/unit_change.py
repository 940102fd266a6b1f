"""Does a column look as if somebody had changed its unit? Its reference, multiplied by a known factor, tells."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.stats.histogram import NumericReference

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Change(NamedTuple):
    """A number that arrives as ``factor * x + plus``.

    Attributes:
        factor: What it is multiplied by.
        plus: What is added.
        words: Which units would explain it.
    """

    factor: float
    plus: float
    words: str


_FACTORS = (
    (1.609344, "kilometres", "miles"),
    (3.28084, "feet", "metres"),
    (2.54, "centimetres", "inches"),
    (2.204623, "pounds", "kilograms"),
    (3.6, "km/h", "m/s"),
    (10.0, "millimetres", "centimetres"),
    (60.0, "seconds", "minutes"),
    (24.0, "hours", "days"),
    (3600.0, "seconds", "hours"),
    (100.0, "percent or cents", "fractions or whole units"),
    (1000.0, "thousandths", "whole units"),
)
CHANGES = (
    *(Change(f, 0.0, f"{there} for {here}") for f, there, here in _FACTORS),
    *(Change(1 / f, 0.0, f"{here} for {there}") for f, there, here in _FACTORS),
    Change(1.8, 32.0, "Fahrenheit for Celsius"),
    Change(1 / 1.8, -32 / 1.8, "Celsius for Fahrenheit"),
    Change(1.0, 273.15, "Kelvin for Celsius"),
    Change(1.0, -273.15, "Celsius for Kelvin"),
)
"""Changes of unit that happen."""

APART = 0.15
"""Share of the rows that must have another bin for a change of unit to be told at all."""


def expected(profile: NumericReference, *, low: float, high: float, change: Change) -> Floats:
    """Return the share of known values that each bin would hold, shape (bins - 1,), if the unit had changed so.

    Between cuts the reference is taken for even.

    Args:
        profile: Bins of the column, and how many rows each had.
        low: Its smallest value.
        high: Its largest value.
        change: What would have happened to it.
    """
    seen = profile.counts[:-1].astype(np.float64)
    below = np.cumsum(seen)[:-1] / max(float(seen.sum()), 1.0)
    cuts = profile.binning.cuts
    points = np.concatenate([[min(low, cuts[0])], cuts, [max(high, cuts[-1])]])
    reached = np.concatenate([[0.0], below, [1.0]])
    before = np.interp((cuts - change.plus) / change.factor, points, reached)
    return np.diff(np.concatenate([[0.0], before, [1.0]]))


def distance(now: Ints, *, shares: Floats) -> float:
    """Return how far known values lie from expected shares: the share of rows in another bin; 1 without a row.

    >>> distance(np.array([30, 10]), shares=np.array([0.5, 0.5]))
    0.25
    """
    total = int(now.sum())
    return float(np.abs(now / total - shares).sum() / 2) if total else 1.0
