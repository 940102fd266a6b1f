"""Seeded traffic that follows the clock and the calendar, and changes or does not: for exams of monitors."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
SHAPES = ("night", "office", "weekend", "wave", "none")
"""What differs: nights; working hours, in which there is also most to do; weekends; hours and days; nothing."""


def rhythmic_table(
    rng: np.random.Generator,
    *,
    shape: str,
    start_us: int,
    end_us: int,
    rows_a_day: int = 60,
    day_sd: float = 0.3,
    shift: Mapping[str, float] | None = None,
    concept: float = 0.0,
) -> pl.DataFrame:
    """Return requests with answers and truths: ``at``, ``amount``, ``load``, ``kind``, ``prediction``, ``label``.

    ``amount`` and ``kind`` follow the rhythm, ``load`` does not; days differ in both by chance. The prediction is the
    chance of the label, where ``concept`` is 0.

    Args:
        rng: The generator.
        shape: One of :data:`SHAPES`.
        start_us: Moment of the first hour, microseconds since the epoch.
        end_us: End.
        rows_a_day: Mean number of rows.
        day_sd: Standard deviation between days, in those of a row.
        shift: What is added to ``amount`` or ``load``.
        concept: What is added to the chance of the label, where the answer is below 1/2.

    Raises:
        BadInput: No such shape.
    """
    if shape not in SHAPES:
        raise BadInput(f"shape: want one of {', '.join(SHAPES)}, got '{shape}'.")
    hours = np.arange(start_us // HOUR_US, end_us // HOUR_US)
    level, busy = _rhythm(hours, shape=shape)
    counts = rng.poisson(rows_a_day / 24 * busy)
    at = np.repeat(hours, counts)
    level, n = np.repeat(level, counts), int(counts.sum())
    days, of_day = np.unique(at // 24, return_inverse=True)
    effects = rng.normal(0, day_sd, (2, len(days)))[:, of_day]
    moved = shift or {}
    amount = level + effects[0] + rng.normal(size=n) + moved.get("amount", 0.0)
    load = effects[1] + rng.normal(size=n) + moved.get("load", 0.0)
    chance = 1 / (1 + np.exp(1.0 - 0.8 * amount))
    true = rng.random(n) < np.clip(chance + concept * (chance < 0.5), 0, 1)
    kind = rng.random(n) < 1 / (1 + np.exp(0.5 + level))
    table = pl.DataFrame(
        {
            "at": at * HOUR_US + rng.integers(0, HOUR_US, n),
            "amount": amount,
            "load": load,
            "kind": np.where(kind, "a", "b").tolist(),
            "prediction": chance,
            "label": true.astype(float),
        }
    )
    return table.with_columns(pl.col("at").cast(pl.Datetime("us"))).sort("at")


def _rhythm(hours: Ints, *, shape: str) -> tuple[Floats, Floats]:
    """Return what each hour adds to the level, and how busy it is."""
    clock, weekday = hours % 24, (hours // 24 + 3) % 7
    night, weekend = (clock < 7) | (clock >= 21), weekday >= 5
    office = (clock >= 9) & (clock < 17) & ~weekend
    even = np.ones(len(hours))
    if shape == "night":
        return np.where(night, -2.0, 1.0), even
    if shape == "office":
        return np.where(office, 1.5, -0.5), np.where(office, 3.0, 0.3)
    if shape == "weekend":
        return np.where(weekend, 1.5, 0.0), even
    if shape == "wave":
        return np.sin(2 * np.pi * clock / 24) + 0.3 * np.cos(2 * np.pi * weekday / 7), even
    return np.zeros(len(hours)), even
