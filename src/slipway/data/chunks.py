"""Cut a table where its content says, so that versions that share rows share pieces.

A piece ends behind a row whose hash happens to be a multiple of a number. What stands elsewhere has no say in that:
rows that are appended leave all pieces but the last as they are, and a row that is edited, added or taken out in the
middle changes its own piece and, at most, those up to the next common cut. Whoever keeps pieces by the hash of their
bytes keeps each once.

Reference:
    Muthitacharoen, Chen & Mazieres (2001), A low-bandwidth network file system, SOSP, section 3.1, on rows instead of
    bytes; least and most sizes as there.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

LEAST, MEAN, MOST = 4_096, 32_768, 131_072
"""Rows of a piece; the last may have fewer. A piece of ten columns is some megabytes."""


class Sizes(NamedTuple):
    """How long pieces are, in rows: at least, about (on top of the least), and at most."""

    least: int = LEAST
    mean: int = MEAN
    most: int = MOST


def cuts(hashes: Words, *, sizes: Sizes = Sizes()) -> Iterator[tuple[int, int]]:  # noqa: B008 - immutable
    """Yield the first row and the length of each piece, in order; together they are all rows, each once.

    Args:
        hashes: A hash a row in the order of the table, shape (rows, 2), from :func:`slipway.data.version.row_hashes`.
        sizes: How long pieces are.

    >>> few = Sizes(least=2, mean=4, most=5)
    >>> hashes = np.array([[4, 0], [1, 0], [8, 0], [1, 0], [1, 0], [1, 0], [1, 0], [1, 0], [2, 0]], dtype=np.uint64)
    >>> list(cuts(hashes, sizes=few))  # behind the third row, whose hash is a multiple of 4; behind five; the rest
    [(0, 3), (3, 5), (8, 1)]
    """
    ends = np.flatnonzero(hashes[:, 0] % np.uint64(sizes.mean) == 0) + 1
    first, rows = 0, len(hashes)
    while first < rows:
        place = int(np.searchsorted(ends, first + sizes.least))
        end = int(ends[place]) if place < ends.size else rows
        end = min(end, first + sizes.most, rows)
        yield first, end - first
        first = end
