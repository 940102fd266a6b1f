"""How much of Y does one column explain by itself?"""

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.profile import as_number, kind_of
from slipway.records.field import FieldKind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_BINS = 64
_SHRINK = 0.1
"""Rows' worth of the overall mean mixed into each bin; it is what a bin without rows foretells."""


def foretells(column: pl.Series, *, truth: Floats, seed: int) -> float:
    """Return the share of Y's variance that bins of one column explain, on rows the bins were not fitted on.

    A number is cut into 64 bins of equal share, a category has a bin a value, and missing is a bin of its own. One
    half of the rows says what Y is in each bin, the other is foretold; then the other way round.

    Args:
        column: Shape (n,).
        truth: Y, shape (n,), finite.
        seed: Seed of the halves.

    Returns:
        1 - (squared error / variance), at most 1, at least 0; 0 where Y does not vary.
    """
    bins = _bins(column)
    half = np.random.default_rng(seed).random(truth.size) < 0.5
    misses = sum(_miss(bins, truth, fit=fit) for fit in (half, ~half))
    spread = float(((truth - truth.mean()) ** 2).sum()) if truth.size else 0.0
    return max(0.0, 1 - misses / spread) if spread > 0 else 0.0


def _miss(bins: Ints, truth: Floats, *, fit: npt.NDArray[np.bool_]) -> float:
    if not fit.any():
        return float(((truth - truth.mean()) ** 2).sum())
    size = int(bins.max()) + 1
    counts = np.bincount(bins[fit], minlength=size)
    sums = np.bincount(bins[fit], weights=truth[fit], minlength=size)
    guess = (sums + _SHRINK * truth[fit].mean()) / (counts + _SHRINK)
    return float(((truth[~fit] - guess[bins[~fit]]) ** 2).sum())


def _bins(column: pl.Series) -> Ints:
    if kind_of(column.name, column.dtype) is FieldKind.CATEGORY:
        return column.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    values = as_number(column).fill_null(float("nan")).to_numpy()
    seen = values[~np.isnan(values)]
    if not seen.size:
        return np.zeros(values.size, dtype=np.int64)
    cuts = np.unique(np.quantile(seen, np.arange(1, _BINS) / _BINS, method="nearest"))
    bins = np.searchsorted(cuts, values, side="right")
    bins[np.isnan(values)] = cuts.size + 1
    return bins.astype(np.int64)
