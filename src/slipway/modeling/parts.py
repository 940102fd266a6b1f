"""Choose the parts of the rows whose gap is watched on its own: a carrier, the long flights, the nights.

They are chosen once, at packaging, from X and the answers alone: no truth is looked at, so none is favoured.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from slipway.records.reference import ColumnReference
from slipway.stats.part_sums import Part

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bins = npt.NDArray[np.uint8]

MOST = 20
"""Parts that are watched, at most: each takes its share of the evidence."""

_SMALLEST, _LARGEST = 0.05, 0.8
"""Shares of the held-out rows between which a part is worth a test of its own."""

_FEWEST = 200
"""Held-out rows below which the gap of a part is known too roughly."""


def choose_parts(columns: Sequence[ColumnReference], *, bins: Bins, scores: Floats) -> tuple[Part, ...]:
    """Return at most :data:`MOST` parts: common categories, and thirds of numbers.

    Columns by which the answers differ most come first, and each comes with all its parts or none.

    Args:
        columns: X.
        bins: Bin of each held-out row in each column, shape (n, columns).
        scores: Answer to each, shape (n,).
    """
    found: list[tuple[float, list[Part]]] = []
    for place, column in enumerate(columns):
        counts = np.bincount(bins[:, place], minlength=len(column.profile.counts))
        parts = [
            Part(place, first, last) for first, last in _spans(column, counts=counts) if _fits(counts, first, last)
        ]
        if parts:
            found.append((_told_apart(parts, of=bins[:, place], scores=scores), parts))
    chosen: list[Part] = []
    for _, parts in sorted(found, key=lambda one: -one[0]):
        if len(chosen) + len(parts) <= MOST:
            chosen += parts
    return tuple(chosen)


def _spans(column: ColumnReference, *, counts: Ints) -> list[tuple[int, int]]:
    """Return the first and last bin of each candidate."""
    if column.category is not None:
        return [(i, i) for i in range(len(column.category.names))]
    upto = np.cumsum(counts[:-1])
    if len(upto) < 2 or not upto[-1]:
        return []
    ends = sorted({int(np.abs(upto - upto[-1] * third / 3).argmin()) for third in (1, 2)} | {len(upto) - 1})
    return list(zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True))


def _fits(counts: Ints, first: int, last: int) -> bool:
    rows, whole = int(counts[first : last + 1].sum()), int(counts.sum())
    return rows >= max(_FEWEST, _SMALLEST * whole) and rows <= _LARGEST * whole


def _told_apart(parts: Sequence[Part], *, of: npt.NDArray[np.uint8], scores: Floats) -> float:
    """Return the variance of the answers between the parts."""
    inside = [scores[(of >= part.first) & (of <= part.last)] for part in parts]
    middle = float(scores.mean())
    return sum(len(own) * (float(own.mean()) - middle) ** 2 for own in inside) / len(scores)
