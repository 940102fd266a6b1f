"""What moved in 2013, month by month: the flights of January to March held against each month that followed.

The model is that of the demo, trained on the first quarter. What it says of that quarter itself comes from two models,
each asked about the days that it did not learn from, so that the reference is as good as what comes later, not better.

    python year.py                      # the table, and year.html
    python year.py --out year.json      # the same facts as JSON
"""

import argparse
import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from model import FIELDS, load, train

import slipway
from slipway import Answer
from slipway.records.two_tables import Period
from slipway.stats.student import student_quantile
from slipway.words import number, percent, utc

PARAMS, SEED = {"max_iter": 100}, 7
IN_TIME_MIN = 15
"""The present system's rule: who leaves at most this late is called punctual."""

_HEADS = (
    "month",
    "flights",
    "late",
    "left late",
    "late anyway",
    "realised",
    "expected",
    "gap, 99 % limits",
    "what moved",
)
_LINE = "{:8} {:>7}  {:>6}  {:>9}  {:>11}  {:>8}  {:>8}  {:>16}  {}"


def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return (January to March, April to December): the fields of X, ``time``, ``prediction`` and ``label``.

    Months and days are those of UTC, in which the 89 flights of New Year's Eve after 19:00 belong to 2014.
    """
    flights = load(range(1, 13)).rename({"late": "label"}).filter(pl.col("time").dt.year() == 2013)
    first = pl.col("time").dt.month() <= 3
    odd = pl.col("time").dt.ordinal_day() % 2 == 1
    quarter, rest = flights.filter(first), flights.filter(~first)
    of_odd, of_even = quarter.filter(odd), quarter.filter(~odd)
    reference = pl.concat([_asked(of_even, learned=of_odd), _asked(of_odd, learned=of_even)]).sort("time")
    return reference, _asked(rest, learned=quarter)


def _asked(flights: pl.DataFrame, *, learned: pl.DataFrame) -> pl.DataFrame:
    known = learned.drop_nulls("label")
    fitted = train(known.select(FIELDS), known["label"].to_numpy(), PARAMS, SEED)
    with warnings.catch_warnings(action="ignore"):  # airports that the model never saw count as unknown
        said = fitted.predict_proba(flights.select(FIELDS))[:, 1]
    return flights.select("time", *FIELDS, pl.Series("prediction", said), "label")


def judged(reference: pl.DataFrame, current: pl.DataFrame) -> Answer:
    """Hold the two against each other; this line is all that Slipway needs."""
    return slipway.monitor(reference, current, names=("January to March 2013", "April to December 2013"))


def lines(reference: pl.DataFrame, current: pl.DataFrame, answer: Answer) -> list[str]:
    """Return the table: what is plain to see in each month, and what Slipway says of it."""
    told = [_LINE.format(*_HEADS)]
    for (month,), flights in _by_month(pl.concat([reference, current])):
        judged = next((p for p in answer.found.periods if p.name == month), None)
        days = [s for s in answer.found.slices if utc(s.start_us).strftime("%Y-%m") == month]
        said = _said(judged, days=days) if judged else ("", "", "", "the reference")
        told.append(_LINE.format(month, *_seen(flights), *said).rstrip())
    return told


def _by_month(flights: pl.DataFrame) -> Iterator[tuple[tuple[str], pl.DataFrame]]:
    return iter(flights.group_by(pl.col("time").dt.strftime("%Y-%m"), maintain_order=True))


def _seen(flights: pl.DataFrame) -> tuple[str, ...]:
    """Return flights, share late, share that left late, and share late of those that left in time."""
    left_late = pl.col("dep_delay") > IN_TIME_MIN
    shares = flights.select(
        pl.col("label").mean().alias("late"),
        left_late.mean().alias("left"),
        pl.col("label").filter(~left_late).mean().alias("though"),
    )
    return number(flights.height), *(percent(share) for share in shares.row(0))


def _said(period: Period, *, days: Sequence[Period]) -> tuple[str, ...]:
    """Return realised and expected error, the gap with its limits by day, and what Slipway says."""
    costs = ", and it matters" if period.matters else ", and it may matter" if period.doubtful else ""
    low, high = _limits([s.realised - s.expected for s in days if s.realised is not None and s.expected is not None])
    gap = f"{100 * low:+.1f} to {100 * high:+.1f}"
    return percent(period.realised), percent(period.expected), gap, (period.kind or "nothing") + costs


def _limits(daily: list[float]) -> tuple[float, float]:
    """Bound the mean of the days at 99 %, as one does by hand: Student's t, as if days were independent."""
    known = np.array(daily)
    half = student_quantile(0.995, degrees=known.size - 1) * float(known.std(ddof=1)) / math.sqrt(known.size)
    return float(known.mean()) - half, float(known.mean()) + half


def main() -> int:
    """Print the table and write the page."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--out", type=Path, default=Path("year.html"), help="page, or JSON where it ends in .json")
    out = wanted.parse_args().out
    reference, current = tables()
    answer = judged(reference, current)
    print(*lines(reference, current, answer), f"written to {answer.save(out)}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
