"""Many columns at once: their references, and one tick for all of them."""

import functools
import itertools
from collections.abc import Mapping
from typing import Any, Self, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput, nearest
from slipway.stats.bets import BinCounts
from slipway.stats.binning import CELLS, cells_of
from slipway.stats.categories import CategoryReference
from slipway.stats.histogram import NumericReference

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
ColumnReference: TypeAlias = NumericReference | CategoryReference

_CHUNK_ROWS = 16_384


class TableTick(BinCounts, frozen=True, eq=False):
    """Rows of one tick per column and bin, all columns in one array; ``n`` counts cells of the table, not rows."""


class TableReference(msgspec.Struct, frozen=True, eq=False, dict=True):
    """What each column of a table looked like when the model was made.

    Attributes:
        names: Columns, in order.
        columns: Their references.
    """

    names: tuple[str, ...]
    columns: tuple[ColumnReference, ...]

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.columns) or len(set(self.names)) < len(self.names):
            raise BadInput(f"names: want one distinct name a column, got {self.names} for {len(self.columns)}.")

    @classmethod
    def of(cls, table: Mapping[str, Any], *, bins: int = 32) -> Self:
        """Learn from columns by name: number columns (also bool) as numbers, all others as categories.

        Args:
            table: One array or list a column, all of one length. A list of numbers and None is a number column.
            bins: Bins to aim for in each number column.
        """
        lengths = {name: len(column) for name, column in table.items()}
        if len(set(lengths.values())) != 1:
            raise BadInput(f"table: want columns of one length, got {lengths}.")
        columns = tuple(
            NumericReference.of(column, bins=bins) if is_numeric(column) else CategoryReference.of(column)
            for column in table.values()
        )
        return cls(names=tuple(table), columns=columns)

    @classmethod
    def of_matrix(cls, values: npt.ArrayLike, *, names: tuple[str, ...], bins: int = 32) -> Self:
        """Learn from a matrix of numbers, shape (rows, columns); NaN is missing."""
        matrix = _matrix(values, columns=len(names))
        return cls(names=names, columns=tuple(NumericReference.of(column, bins=bins) for column in matrix.T))

    @functools.cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each column's bins are in the counts of a tick."""
        ends = np.cumsum([0, *(len(column.counts) for column in self.columns)]).tolist()
        return tuple(slice(a, b) for a, b in itertools.pairwise(ends))

    def rows(self, counts: Ints) -> int:
        """Return how many rows are in the counts."""
        return int(counts[self.slices[0]].sum())

    def tick(self, table: Mapping[str, Any]) -> TableTick:
        """Count a slice of the live table; columns that are not watched are ignored.

        Raises:
            BadInput: A column is absent, or the columns differ in length.
        """
        for name in self.names:
            if name not in table:
                raise BadInput(f"column: want {name!r}, got none of that name.{nearest(name, table)}")
        parts = [column.tick(table[name]).counts for name, column in zip(self.names, self.columns, strict=True)]
        lengths = {name: int(part.sum()) for name, part in zip(self.names, parts, strict=True)}
        if len(set(lengths.values())) != 1:
            raise BadInput(f"table: want columns of one length, got {lengths}.")
        return TableTick(np.concatenate(parts))

    def tick_of_matrix(self, values: npt.ArrayLike) -> TableTick:
        """Count a slice of numbers, shape (rows, columns) in the order of ``names``: the fast path."""
        matrix = _matrix(values, columns=len(self.names))
        fast, low, scale, offsets, starts, places = self._grid
        cells = np.zeros(len(fast) * (CELLS + 1), dtype=np.int64)
        slow = [i for i in range(len(self.names)) if i not in fast]
        counts = np.zeros(self.slices[-1].stop, dtype=np.int64)
        for start in range(0, len(matrix), _CHUNK_ROWS):
            chunk = matrix[start : start + _CHUNK_ROWS]
            if fast:
                at = cells_of(chunk[:, fast] if slow else chunk, low, scale)
                at += offsets
                cells += np.bincount(at.ravel(order="K"), minlength=len(cells))
            for i in slow:
                counts[self.slices[i]] += self.columns[i].tick(chunk[:, i]).counts
        if fast:
            counts[places] = np.add.reduceat(cells, starts)
        return TableTick(counts)

    @functools.cached_property
    def _grid(self) -> tuple[list[int], Floats, Floats, Places, Places, Places]:
        """Columns on an even grid: which, their grids, where their cells begin, where bins do, and bins' places."""
        numeric = {i: c.binning for i, c in enumerate(self.columns) if isinstance(c, NumericReference)}
        fast = [i for i, binning in numeric.items() if binning.scale > 0]
        low = np.array([numeric[i].low for i in fast], dtype=np.float64)
        scale = np.array([numeric[i].scale for i in fast], dtype=np.float64)
        offsets = np.arange(len(fast), dtype=np.intp) * (CELLS + 1)
        starts = [offset + numeric[i].starts for i, offset in zip(fast, offsets, strict=True)]
        places = [np.arange(self.slices[i].start, self.slices[i].stop) for i in fast]
        none = np.empty(0, dtype=np.intp)
        return fast, low, scale, offsets, np.concatenate([none, *starts]), np.concatenate([none, *places])


def is_numeric(column: Any) -> bool:
    """Tell whether a column holds numbers (or bools), missing values aside.

    >>> is_numeric([1, None, 2.5]), is_numeric(["a", None]), is_numeric(np.array([True]))
    (True, False, True)
    """
    dtype = getattr(np.asarray(column), "dtype", np.dtype(object))
    if dtype.kind in "biuf":
        return True
    present = [value for value in np.asarray(column, dtype=object).ravel() if value is not None]
    return bool(present) and all(isinstance(value, int | float | np.number | np.bool_) for value in present)


def _matrix(values: npt.ArrayLike, *, columns: int) -> npt.NDArray[Any]:
    matrix = np.asarray(values)
    if matrix.dtype.kind not in "biuf":
        matrix = matrix.astype(np.float64)
    if matrix.ndim != 2 or matrix.shape[1] != columns:
        raise BadInput(f"values: want shape (rows, {columns}), got {matrix.shape}.")
    return matrix
