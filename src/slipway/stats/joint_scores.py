"""From binned columns to the scores that are watched together: what a joint test is fed with."""

from typing import Any, Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.stats.histogram import NumericReference
from slipway.stats.joint import FULL, JointTick
from slipway.stats.table import TableReference

Bins = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

MOST = 48
"""Scores that are watched together at most: there are as many products as pairs of them."""

_CATEGORIES = 2
_CHUNK_ROWS = 65_536


class JointScores(msgspec.Struct, frozen=True, eq=False):
    """How the bins of a table become scores: the rank of a number, the presence of each of the largest categories.

    Attributes:
        names: What each score is called: a column, or ``column=category``.
        columns: Column behind each score, as a place in the table.
        scores: Score of each bin of that column, whole numbers from ``-FULL`` to ``FULL``; 0 for a missing value.
    """

    names: tuple[str, ...]
    columns: tuple[int, ...]
    scores: tuple[Floats, ...]

    @classmethod
    def of(cls, table: TableReference) -> Self | None:
        """Make the scores of a table; None where it has fewer than two, or more than :data:`MOST`."""
        names, columns, scores = [], [], []
        for place, (name, column) in enumerate(zip(table.names, table.columns, strict=True)):
            if isinstance(column, NumericReference):
                names.append(name)
                columns.append(place)
                scores.append(np.append(np.round((2 * column.ranks - 1) * FULL), 0.0))
                continue
            for i, category in enumerate(column.names[:_CATEGORIES]):
                names.append(f"{name}={category}")
                columns.append(place)
                scores.append(np.where(np.arange(len(column.counts)) == i, float(FULL), 0.0))
        if not 1 < len(names) <= MOST:
            return None
        return cls(names=tuple(names), columns=tuple(columns), scores=tuple(scores))

    def ticks(self, bins: Bins, *, rows: int) -> tuple[JointTick, ...]:
        """Sum up a slice: as one block, or in pieces of so many rows where ``rows`` is not 0."""
        return self.pieces(bins, rows=rows) if rows else (self.tick(bins),)

    def pieces(self, bins: Bins, *, rows: int) -> tuple[JointTick, ...]:
        """Sum up whole pieces of so many rows each; what is left over is left out, for blocks must be of one size."""
        return tuple(self.tick(bins[start : start + rows]) for start in range(0, len(bins) - rows + 1, rows))

    def tick(self, bins: Bins) -> JointTick:
        """Sum up rows that were coded, shape (rows, columns of the table), as :class:`slipway.stats.coding.Coder` does.

        In pieces, so that memory stays flat; the sums are exact, so that the pieces do not show.
        """
        whole: Any = JointTick.of(np.empty((0, len(self.names))))
        for start in range(0, len(bins), _CHUNK_ROWS):
            piece = bins[start : start + _CHUNK_ROWS]
            looked_up = [scores[piece[:, at]] for at, scores in zip(self.columns, self.scores, strict=True)]
            whole = whole.merge(JointTick.of(np.stack(looked_up, axis=1)))
        return JointTick(n=whole.n, sums=whole.sums, products=whole.products)
