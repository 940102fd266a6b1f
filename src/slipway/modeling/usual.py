"""What is usual of a feed, stretch of time by stretch of time: what the quality of live traffic is held against.

A share over all rows says little of an hour: at night one caller sends what by day nobody does, and all flights of an
hour have one weather. So the rows are divided into hours, several in one stretch where few rows came, and of each share
the largest of any stretch is kept.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.modeling.blocks import HOUR_US
from slipway.records.reference import ColumnReference, Reference
from slipway.stats.coding import Coder
from slipway.stats.row_marks import RowMarks
from slipway.stats.table import TableReference

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FEWEST = 100
"""Rows of a stretch at the least, where there are as many."""

_PIECE = 500


class Stretches(NamedTuple):
    """How rows are divided.

    Attributes:
        of_row: Stretch of each row, 0 to ``n - 1``.
        n: How many there are.
        silence_us: Longest time between two hours with rows, from the end of one to the beginning of the next.
    """

    of_row: Ints
    n: int
    silence_us: int


def stretches(times_us: Ints | None, *, rows: int) -> Stretches:
    """Divide rows into hours, as many in one as hold :data:`FEWEST` rows; without a time into pieces of 500.

    >>> stretches(np.repeat(np.arange(4), 60) * HOUR_US, rows=240).n  # 60 rows an hour: two hours each
    2
    """
    if times_us is None:
        n = max(1, rows // _PIECE)
        return Stretches(np.minimum(np.arange(rows) // _PIECE, n - 1), n, 0)
    hours, of_row, counts = np.unique(times_us // HOUR_US, return_inverse=True, return_counts=True)
    stretch_of_hour, held, number = np.zeros(len(hours), dtype=np.int64), 0, 0
    for i, count in enumerate(counts.tolist()):
        stretch_of_hour[i] = number
        held += count
        if held >= FEWEST:
            held, number = 0, number + 1
    n = number + (held > 0)
    if held and number:  # too few are left over: they belong to those before
        stretch_of_hour[stretch_of_hour == number] = number - 1
        n = number
    silence = int(np.diff(hours).max(initial=1) - 1) * HOUR_US
    return Stretches(stretch_of_hour[np.asarray(of_row)], n, silence)


def with_usual(reference: Reference, *, columns: Mapping[str, Array], times_us: Ints | None) -> Reference:
    """Return the reference with what is usual of its columns.

    Args:
        reference: Without it.
        columns: X, float64 or objects, one array a column of the reference.
        times_us: Moment of each row, or None.
    """
    found = stretches(times_us, rows=reference.rows)
    marker = RowMarks(dict.fromkeys(columns))
    marks = marker.mark(columns, rows=reference.rows)
    order = np.argsort(found.of_row, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(found.of_row, minlength=found.n))[:-1])
    alike = max((marker.pairs(marks[part]) / max(len(part) * (len(part) - 1) / 2, 1) for part in parts), default=0.0)
    return msgspec.structs.replace(
        reference,
        columns=tuple(_usual(c, values=columns[c.name], found=found) for c in reference.columns),
        stretches=found.n,
        alike=float(alike),
        silence_us=found.silence_us,
    )


def _usual(column: ColumnReference, *, values: Array, found: Stretches) -> ColumnReference:
    table = TableReference(names=(column.name,), columns=(column.profile,))
    bins = Coder(table).bins({column.name: values}, rows=len(values))[:, 0].astype(np.int64)
    size = len(column.profile.counts)
    counts = np.bincount(found.of_row * size + bins, minlength=found.n * size).reshape(found.n, size)
    usual = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).max(axis=0)
    known = values[np.isfinite(values)] if values.dtype != object else values[:0]
    low, high = (float(known.min()), float(known.max())) if len(known) else (None, None)
    return msgspec.structs.replace(column, usual=usual, low=low, high=high)
