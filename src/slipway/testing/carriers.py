"""Seeded flights of five carriers, for one of which the same inputs may come to mean something else."""

import numpy as np
import polars as pl

DAY_US = 86_400_000_000
REST = {"AA": 1 / 3, "DL": 1 / 3, "EV": 2 / 9, "B6": 1 / 9}
"""What the other carriers fly of the rest."""


def carrier_table(
    rng: np.random.Generator,
    *,
    first_day: int,
    days: int = 60,
    rows_a_day: int = 300,
    day_sd: float = 0.3,
    share: float = 0.1,
    wrong: float = 0.0,
) -> pl.DataFrame:
    """Return flights with answers and truths: ``at``, ``x``, ``carrier``, ``prediction``, ``label``.

    The prediction is the chance of the label, where ``wrong`` is 0.

    Args:
        rng: The generator.
        first_day: The first day, counted since the epoch.
        days: How many there are.
        rows_a_day: Rows of each.
        day_sd: Standard deviation of ``x`` between days, in those of a row; 0 makes rows independent.
        share: Share of the rows that are UA's.
        wrong: How much likelier a label of UA's is another than the likelier one.

    >>> table = carrier_table(np.random.default_rng(0), first_day=16_000, days=2, rows_a_day=3)
    >>> table["at"].dt.date().unique().sort().to_list()[0].isoformat(), table.height
    ('2013-10-22', 6)
    """
    n = days * rows_a_day
    at_us = np.repeat(np.arange(first_day, first_day + days), rows_a_day) * DAY_US + rng.integers(0, DAY_US, n)
    x = rng.normal(rng.normal(0, day_sd, days).repeat(rows_a_day), 1)  # each day has its weather
    carrier = rng.choice(["UA", *REST], size=n, p=[share, *((1 - share) * part for part in REST.values())])
    chance = 1 / (1 + np.exp(1 - 1.5 * x))
    change = np.where(carrier == "UA", wrong, 0.0)
    label = rng.random(n) < np.clip(np.where(chance < 0.5, chance + change, chance - change), 0, 1)
    return pl.DataFrame(
        {
            "at": pl.Series(at_us).cast(pl.Datetime("us")),
            "x": x,
            "carrier": carrier,
            "prediction": chance,
            "label": label.astype(float),
        }
    )
