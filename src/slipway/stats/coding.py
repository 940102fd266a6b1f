"""Inputs as bins: a monitor only asks in which bin of a profile each value of X lies, and that is one byte a value."""

import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats import state
from slipway.stats.binning import CELLS, Binning, cells_of
from slipway.stats.categories import CategoryReference
from slipway.stats.histogram import NumericReference
from slipway.stats.row_marks import RowMarks
from slipway.stats.table import ColumnReference, TableReference

Array = npt.NDArray[Any]
Bins = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

MOST_BINS = 255
"""Bins that a byte can tell apart; the last of its values is left to say that a row was not coded."""

_REMEMBERED = 10_000


class Coder:
    """Codes X by the profiles of one model's columns.

    Args:
        table: The columns, each with at most 255 bins.
        marks: Marks the rows besides; None where nobody asks what came.

    Attributes:
        key: The same for models whose profiles and marks are the same, so that their rows are coded once.
        marks_key: The same for the marks.
        marks: As given.

    Raises:
        BadInput: A column has more bins than a byte can tell apart.
    """

    def __init__(self, table: TableReference, *, marks: RowMarks | None = None) -> None:
        basis = state.encode(table) + (b"" if marks is None else marks.basis)
        self.key = hashlib.sha256(basis).hexdigest()[:16]
        self.marks, self.marks_key = marks, f"{self.key}/marks"
        self._sizes = [len(column.counts) for column in table.columns]
        for name, size in zip(table.names, self._sizes, strict=True):
            if size > MOST_BINS:
                raise BadInput(f"reference of {name}: want at most {MOST_BINS} bins, got {size}. Package it anew.")
        self._columns = list(zip(table.names, map(_coding, table.columns), self._sizes, strict=True))

    def bins(self, x: Mapping[str, Array], *, rows: int) -> Bins:
        """Return each row's bin in each column, shape (rows, columns); what is not there, or no such kind, is missing.

        Args:
            x: Field to float64 array, or to objects that are text or None.
            rows: How many.
        """
        out = np.empty((rows, len(self._columns)), dtype=np.uint8)
        for i, (name, (kind, code), size) in enumerate(self._columns):
            column = x.get(name)
            out[:, i] = size - 1 if column is None or (column.dtype == object) != (kind is object) else code(column)
        return out

    def coded(self, x: Mapping[str, Array], *, rows: int) -> dict[str, Bins]:
        """Return the bins, and the marks where there are any, by their keys; arguments as in :meth:`bins`."""
        found = {self.key: self.bins(x, rows=rows)}
        if self.marks is not None:
            found[self.marks_key] = self.marks.mark(x, rows=rows)
        return found

    def counts(self, bins: Bins) -> Ints:
        """Count rows that were coded per column and bin, all columns in one array."""
        counts = [np.bincount(bins[:, i], minlength=size) for i, size in enumerate(self._sizes)]
        return np.concatenate(counts).astype(np.int64)

    def nothing(self) -> Bins:
        """Return the bins of no row."""
        return np.empty((0, len(self._sizes)), dtype=np.uint8)


def _coding(column: ColumnReference) -> tuple[type, Callable[[Array], Array]]:
    if isinstance(column, NumericReference):
        return float, _by_grid(column.binning) if column.binning.scale else functools.partial(_by_cuts, column.binning)
    return object, functools.partial(_by_name, _Names(column))


def _by_grid(binning: Binning) -> Callable[[Array], Array]:
    ends = np.append(binning.starts[1:], CELLS + 1)
    bin_of = np.repeat(np.arange(binning.size, dtype=np.uint8), ends - binning.starts)
    return lambda values: bin_of[cells_of(values, binning.low, binning.scale)]


def _by_cuts(binning: Binning, values: Array) -> Array:
    bins = np.searchsorted(binning.cuts, values, side="right")
    bins[np.isnan(values)] = binning.size - 1
    return bins


def _by_name(names: "_Names", values: Array) -> Array:
    if len(names) > _REMEMBERED:
        names.clear()
    return np.fromiter(map(names.__getitem__, values.tolist()), dtype=np.uint8, count=len(values))


class _Names(dict[str | None, int]):
    """Category to bin, as the reference counts it."""

    def __init__(self, reference: CategoryReference) -> None:
        self._reference = reference

    def __missing__(self, name: str | None) -> int:
        found = int(np.argmax(self._reference.tick_of_counts({name: 1}).counts))
        self[name] = found
        return found
