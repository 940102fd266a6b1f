"""Find the slices that a model is worst on: every conjunction of up to four bins, scored, none skipped.

The score weighs how much worse a slice is against how small it is. Counting all slices of three of twelve fields
takes 220 passes over the rows, so the search is exact without pruning; it is the reader's time that limits the depth.

Reference:
    Sagadeeva & Boehm (2021), SliceLine, SIGMOD, eq. 5: alpha (mean loss inside / mean loss - 1) - (1 - alpha)
    (rows / rows inside - 1).
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DEEPEST = 4


class Found(NamedTuple):
    """One slice.

    Attributes:
        score: The larger, the more it matters; above 0 only where the loss is above average.
        where: Pairs (place of the field, code of its bin).
        rows: Rows in it.
        loss: Sum of their losses.
    """

    score: float
    where: tuple[tuple[int, int], ...]
    rows: int
    loss: float


def search(
    codes: Sequence[Ints], *, loss: Floats, least_rows: int, depth: int = 2, weight: float = 0.95, most: int = 10
) -> list[Found]:
    """Return the slices with the highest scores above 0, best first.

    Args:
        codes: For each field the bin of each row, shape (rows,), -1 where it is in none.
        loss: Shape (rows,), 0 or more.
        least_rows: The fewest rows a slice may have.
        depth: The most fields a slice may name, 1 to 4.
        weight: How much a high loss counts against few rows, in (0, 1].
        most: How many to return.

    Raises:
        BadInput: A depth outside 1 to 4, or no rows.

    >>> loss = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    >>> port = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    >>> [best] = search([port], loss=loss, least_rows=1)
    >>> best.where, round(best.score, 9)  # 0.95 (1 / 0.25 - 1) - 0.05 (8 / 2 - 1)
    (((0, 0),), 2.7)
    """
    if not 1 <= depth <= DEEPEST:
        raise BadInput(f"depth: want 1 to {DEEPEST}, got {depth}. Nobody acts on a slice that takes five conditions.")
    if not loss.size:
        raise BadInput("slices: want at least one row, got none.")
    mean = float(loss.mean())
    if not mean > 0:
        return []
    wanted = _Wanted(codes=codes, loss=loss, mean=mean, least_rows=least_rows, weight=weight)
    found = [
        slice_
        for level in range(1, depth + 1)
        for fields in combinations(range(len(codes)), level)
        for slice_ in _of_fields(fields, wanted)
    ]
    return sorted(found, key=lambda s: (-s.score, len(s.where), s.where))[:most]


class _Wanted(NamedTuple):
    codes: Sequence[Ints]
    loss: Floats
    mean: float
    least_rows: int
    weight: float


def _of_fields(fields: tuple[int, ...], wanted: _Wanted) -> Iterator[Found]:
    """Count every cell of the cross table of these fields."""
    codes, loss, weight = wanted.codes, wanted.loss, wanted.weight
    sizes = [int(codes[f].max()) + 2 for f in fields]  # one more for rows in no bin
    cell = np.zeros(loss.size, dtype=np.int64)
    for field, size in zip(fields, sizes, strict=True):
        cell = cell * size + codes[field] + 1
    cells = int(np.prod(sizes))
    rows = np.bincount(cell, minlength=cells)
    sums = np.bincount(cell, weights=loss, minlength=cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = weight * (sums / rows / wanted.mean - 1) - (1 - weight) * (loss.size / rows - 1)
    for index in np.flatnonzero((rows >= wanted.least_rows) & (scores > 0)):
        bins = np.unravel_index(index, sizes)
        if all(b > 0 for b in bins):
            where = tuple((f, int(b) - 1) for f, b in zip(fields, bins, strict=True))
            yield Found(score=float(scores[index]), where=where, rows=int(rows[index]), loss=float(sums[index]))
