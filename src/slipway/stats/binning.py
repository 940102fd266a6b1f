"""Bins for a number column: cut where a sample has its quantiles, counted at memory speed.

A value's bin is a nondecreasing function of the value and of nothing else, so that ticks add up exactly and the theory
of the empirical distribution applies. Where the cuts can sit on an even grid of cells, a value's cell costs a
multiplication instead of a search; where they cannot (heavy tails, constants), the search remains.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CELLS = 2048
"""Cells of the even grid; one more holds missing values."""

_MISBINNED_SHARE = 0.005
"""The most that rounding a cut to the grid may move between bins."""


class Binning(msgspec.Struct, frozen=True, eq=False):
    """Half-open bins ``[cut, next cut)``, and one for missing values at the end.

    Attributes:
        cuts: Increasing values at which a new bin begins, shape (k,); bins are 0 to k, missing is k + 1.
        low: First value of the even grid; without meaning if ``scale`` is 0.
        scale: Cells per unit; 0 where the cuts are searched instead.
        cells: First cell of bins 1 to k, shape (k,); empty if ``scale`` is 0.
    """

    cuts: Floats
    low: float
    scale: float
    cells: Ints

    @property
    def size(self) -> int:
        """Number of bins, missing included."""
        return len(self.cuts) + 2

    @property
    def starts(self) -> Ints:
        """First cell of each bin, missing included."""
        return np.concatenate([[0], self.cells, [CELLS]]).astype(np.int64)

    def count(self, values: npt.ArrayLike) -> Ints:
        """Count values per bin, shape (size,); NaN and None are missing, infinities are values."""
        column = np.asarray(values, dtype=np.float64).ravel()
        if self.scale == 0.0:
            missing = np.isnan(column)
            bins = np.searchsorted(self.cuts, column, side="right")
            bins[missing] = self.size - 1
            return np.bincount(bins, minlength=self.size).astype(np.int64)
        return self.from_cells(np.bincount(cells_of(column, self.low, self.scale), minlength=CELLS + 1))

    def from_cells(self, counts: Ints) -> Ints:
        """Add up counts per cell, shape (CELLS + 1,), into bins."""
        return np.add.reduceat(counts, self.starts).astype(np.int64)

    @classmethod
    def learn(cls, sample: Floats, *, bins: int) -> "Binning":
        """Cut at the quantiles of a sample without missing values.

        A value that makes up a bin's worth of the sample gets a bin of its own, and so does each value of a sample
        with few of them: the gaps between them are then bins too.
        """
        cuts, after = _cuts(np.sort(sample), bins=bins)
        exact = cls(cuts=cuts, low=0.0, scale=0.0, cells=np.empty(0, dtype=np.int64))
        return _on_grid(exact, after, sample) or exact


def cells_of(values: Floats, low: Floats | float, scale: Floats | float) -> npt.NDArray[np.intp]:
    """Return the grid cell of each value: 0 below ``low``, ``CELLS - 1`` at the top, ``CELLS`` for NaN."""
    with np.errstate(over="ignore"):
        cells = values - low
        cells *= scale
    cells += 1.0
    np.clip(cells, 0, CELLS - 1, out=cells)
    if math.isnan(cells.sum()):
        cells[np.isnan(cells)] = CELLS
    return cells.astype(np.intp)


def _cuts(ordered: Floats, *, bins: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    values, counts = np.unique(ordered, return_counts=True)
    if len(values) <= bins // 2:
        atoms, quantiles = values, values[:0]
    else:
        atoms = values[counts * bins >= len(ordered)]
        quantiles = np.quantile(ordered, np.arange(1, bins) / bins, method="higher")
    starts = np.union1d(atoms, quantiles)
    with np.errstate(over="ignore"):  # the largest number has none above it but infinity, which no value reaches
        after = np.setdiff1d(np.nextafter(atoms, np.inf), starts)
    cuts = np.concatenate([starts, after])
    order = np.argsort(cuts, kind="stable")
    return cuts[order], np.isin(cuts[order], after)


def _on_grid(exact: Binning, after: npt.NDArray[np.bool_], sample: Floats) -> Binning | None:
    if len(exact.cuts) < 2 or not np.isfinite(exact.cuts).all():
        return None
    low, high = float(exact.cuts[0]), float(exact.cuts[-1])
    scale = (CELLS - 4) / (high - low) if high - low > 1e-9 * max(abs(low), abs(high)) else 0.0
    if not 0 < scale < 1e300:
        return None
    # The cut just above an atom begins at the cell after the atom's own.
    with np.errstate(over="ignore"):
        values = np.where(after, np.nextafter(exact.cuts, -np.inf), exact.cuts)
        cells = cells_of(values, low, scale).astype(np.int64) + after
        cuts = np.where(after, low + (cells - 1) / scale, exact.cuts)
    if (np.diff(cells) <= 0).any() or not np.isfinite(cuts).all():
        return None
    grid = Binning(cuts=cuts, low=low, scale=scale, cells=cells)
    moved = np.abs(np.cumsum(grid.count(sample) - exact.count(sample))).max()
    return grid if moved <= _MISBINNED_SHARE * len(sample) else None
