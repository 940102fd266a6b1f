"""Rows in the order of their time: since when a fault is there, and how long a column keeps one value."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.records.quality import Since

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_CLEAR = 5.0
"""By so much, above the logarithm of the places where it may be, a break has to be likelier than none."""


class Run(NamedTuple):
    """A stretch of rows with one value.

    Attributes:
        rows: How many, of those with a value.
        value: The value, in words.
        begun_us: Moment of its first row, microseconds since the epoch.
        ended_us: Moment of its last row.
        lasts: Whether no other value came after it.
    """

    rows: int
    value: str
    begun_us: int
    ended_us: int
    lasts: bool

    @property
    def span_us(self) -> int:
        """From its first to its last row."""
        return self.ended_us - self.begun_us


class InTime(NamedTuple):
    """The order of a table's rows in time; rows without a moment have no place.

    Attributes:
        order: Places of the rows, oldest first.
        times_us: Their moments in that order, microseconds since the epoch.
    """

    order: pl.Series
    times_us: Ints

    @classmethod
    def of(cls, times: pl.Series) -> Self:
        """Return the order of rows that have these moments."""
        order = times.arg_sort()[times.null_count() :]  # what is null comes first
        return cls(order, times.gather(order).cast(pl.Datetime("us")).cast(pl.Int64).to_numpy())

    def later(self, column: pl.Series, *, since: Since) -> pl.Series:
        """Return what came from then on, oldest first."""
        return column.gather(self.order.gather(np.flatnonzero(self.times_us >= since.at_us)))

    def since(self, faulty: pl.Series) -> Since | None:
        """Return from when on a fault is there, or is there much more; None where it is no more so than before.

        The place is the likeliest of one break in independent rows. It is a help to the reader, and no proof.

        >>> days = pl.Series([f"2026-01-{d:02}" for d in range(1, 31)]).str.to_datetime()
        >>> found = InTime.of(days).since(pl.Series([day > 10 for day in range(1, 31)]))
        >>> found.share, pl.Series([found.at_us]).cast(pl.Datetime("us"))[0].day
        (1.0, 11)
        """
        hit = faulty.gather(self.order).fill_null(value=False).to_numpy()
        n = hit.size
        if n < 2 or not hit.any():
            return None
        known = np.cumsum(hit)[:-1]
        earlier = np.arange(1, n)
        later, after = n - earlier, hit.sum() - known
        gain = _fit(known, n=earlier) + _fit(after, n=later) - _fit(np.array([hit.sum()]), n=np.array([n]))
        gain[(after * earlier <= known * later)] = -np.inf  # it became less
        at = int(np.argmax(gain))
        if not gain[at] > np.log(n) + _CLEAR:
            return None
        return Since(at_us=int(self.times_us[at + 1]), share=float(after[at] / later[at]))

    def longest(self, column: pl.Series) -> Run | None:
        """Return the longest stretch of rows with one value; missing values neither end it nor count."""
        ordered = column.gather(self.order)
        there = ordered.is_not_null()
        known, times = ordered.filter(there), self.times_us[there.to_numpy()]
        if known.is_empty():
            return None
        lengths = np.bincount(known.rle_id().to_numpy())
        which = int(np.argmax(lengths))
        first = int(lengths[:which].sum())
        last = first + int(lengths[which]) - 1
        return Run(
            rows=int(lengths[which]),
            value=str(known[first]),
            begun_us=int(times[first]),
            ended_us=int(times[last]),
            lasts=which == lengths.size - 1,
        )


def _fit(hits: npt.NDArray[np.int64], *, n: Ints) -> Floats:
    """Return the logarithm of the likelihood of so many hits in n rows, at the share that fits them best."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(c > 0, c * np.log(c / n), 0.0) for c in (hits, n - hits)]
    return np.asarray(parts[0] + parts[1], dtype=np.float64)
