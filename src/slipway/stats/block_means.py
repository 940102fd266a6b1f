"""From the counts of a block to a few means of each column: where it lies, how far it spreads, what is missing."""

from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.stats.histogram import NumericReference
from slipway.stats.table import TableReference

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_OF_NUMBERS = 3


class BlockMeans(msgspec.Struct, frozen=True, eq=False):
    """What is averaged over the rows of a block, for all columns of a table at once.

    A column of numbers has three series: the mean rank in the reference (-1 to 1), how far ranks lie from the middle
    (-1 to 1), and the share of missing values. A column of categories has one for each bin: its share.

    Attributes:
        column: Column of each series, as a place in the table, shape (series,).
        numbers: Bins of the columns of numbers in the counts of the table, shape (n,).
        starts: Where each of these columns begins in ``numbers``.
        ranks: Rank of each of these bins, from -1 to 1; 0 where missing.
        spreads: How far that is from the middle, from -1 to 1; 0 where missing.
        of_numbers: First series of each of these columns.
        categories: Bins of the columns of categories likewise, and where each column begins among them.
        category_starts: See ``categories``.
        of_categories: Series of each of these bins.
    """

    column: Ints
    numbers: Ints
    starts: Ints
    ranks: Floats
    spreads: Floats
    of_numbers: Ints
    categories: Ints
    category_starts: Ints
    of_categories: Ints

    @classmethod
    def of(cls, table: TableReference) -> Self:
        """Learn from a table what the bins of its columns mean."""
        kinds = np.array([isinstance(column, NumericReference) for column in table.columns])
        bins = np.array([len(column.counts) for column in table.columns])
        series = np.where(kinds, _OF_NUMBERS, bins)
        first = np.cumsum(series) - series
        numeric = np.repeat(kinds, bins)
        scores = [2 * column.ranks - 1 for column in table.columns if isinstance(column, NumericReference)]
        nothing = np.zeros(1)
        return cls(
            column=np.repeat(np.arange(len(bins)), series),
            numbers=np.flatnonzero(numeric),
            starts=np.cumsum(bins[kinds]) - bins[kinds],
            ranks=np.concatenate([nothing[:0], *(part for s in scores for part in (s, nothing))]),
            spreads=np.concatenate([nothing[:0], *(part for s in scores for part in (2 * np.abs(s) - 1, nothing))]),
            of_numbers=first[kinds],
            categories=np.flatnonzero(~numeric),
            category_starts=np.cumsum(bins[~kinds]) - bins[~kinds],
            of_categories=np.flatnonzero(np.repeat(~kinds, series)),
        )

    def means(self, counts: Ints) -> Floats:
        """Return the means of one block, all series in order; NaN where a column has no value in the block.

        Args:
            counts: Rows per bin, shape (bins,); or of several blocks, shape (blocks, bins).

        >>> table = TableReference.of({"load": [1.0, 2.0, 3.0] * 70})
        >>> block = table.tick({"load": [3.0, 3.0, None, None]})  # ranks of 5/6, and half without a value
        >>> BlockMeans.of(table).means(block.counts).round(2)
        array([0.67, 0.33, 0.5 ])
        """
        out = np.full((*counts.shape[:-1], len(self.column)), np.nan)
        if self.starts.size:
            seen = counts[..., self.numbers]
            rows = np.add.reduceat(seen, self.starts, axis=-1)
            missing = seen[..., np.append(self.starts[1:], seen.shape[-1]) - 1]
            for i, scores in enumerate((self.ranks, self.spreads)):
                sums = np.add.reduceat(seen * scores, self.starts, axis=-1)
                out[..., self.of_numbers + i] = _mean(sums, rows=rows - missing)
            out[..., self.of_numbers + 2] = _mean(missing, rows=rows)
        if self.category_starts.size:
            seen = counts[..., self.categories]
            rows = np.add.reduceat(seen, self.category_starts, axis=-1)
            sizes = np.diff(np.append(self.category_starts, seen.shape[-1]))
            out[..., self.of_categories] = _mean(seen, rows=np.repeat(rows, sizes, axis=-1))
        return out


def _mean(sums: npt.NDArray[np.number], *, rows: Ints) -> Floats:
    return np.where(rows > 0, sums / np.maximum(rows, 1), np.nan)
