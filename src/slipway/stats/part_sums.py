"""The gap of parts of the rows: those whose value of one column lies in some of its bins, such as one carrier.

A change of meaning in one row of ten is diluted by the other nine wherever all rows are averaged. Sums by part keep it
visible, and add up as those of the whole do: they are whole numbers.
"""

from collections.abc import Sequence
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.residuals import ONE, GapReference, GapTick, Measure

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bins = npt.NDArray[np.uint8]

_CHUNK = 1 << 15
"""Rows at a time: sums of so many whole numbers up to 2^30 are exact in floating point."""


class Part(msgspec.Struct, frozen=True):
    """Rows whose value lies in some neighbouring bins of one column.

    Attributes:
        column: Place of the column.
        first: First bin.
        last: Last bin, inclusive.
    """

    column: int
    first: int
    last: int


class PartSums(msgspec.Struct, frozen=True, eq=False):
    """Sums of the rows of one tick whose outcome is known, part by part, in units of 2^-30.

    Attributes:
        n: Rows of each part, shape (parts,).
        totals: Sums of ``phi r``, shape (parts, measures).
        squares: Sums of its squares, likewise.
        over: Sums of realised minus expected loss, shape (parts,), in :func:`unit_of_loss`.
    """

    n: Ints
    totals: Ints
    squares: Ints
    over: Ints

    @classmethod
    def of(
        cls,
        parts: Sequence[Part],
        *,
        reference: GapReference,
        bins: Bins,
        predicted: Floats,
        outcome: Floats,
        over: Floats,
    ) -> Self:
        """Sum up rows whose outcome is known; a row may lie in several parts, or in none.

        Args:
            parts: Which rows belong together.
            reference: Says what is measured.
            bins: Bin of each row in each column, shape (n, columns).
            predicted: As :meth:`GapReference.tick` takes it, shape (n,); so is ``outcome``.
            outcome: See there.
            over: Realised minus expected loss of each row, in the loss's own unit, shape (n,).

        Raises:
            BadInput: A value is NaN or out of range, or the shapes differ.

        >>> reference = GapReference.of_classes([0.5, 0.5], y=[0, 1])
        >>> rows = {"predicted": np.array([0.5, 0.5]), "outcome": np.array([1.0, 0.0]), "over": np.array([0.5, -0.5])}
        >>> bins = np.array([[0], [2]], dtype=np.uint8)
        >>> sums = PartSums.of([Part(0, 0, 1), Part(0, 0, 2)], reference=reference, bins=bins, **rows)
        >>> sums.n.tolist(), (sums.over / ONE).tolist()
        ([1, 2], [0.5, 0.0])
        """
        fixed, squares = reference.fixed(predicted, outcome=outcome)
        if over.shape != (fixed.shape[1],) or np.isnan(over).any():
            raise BadInput(f"over: want {fixed.shape[1]} numbers, got shape {over.shape} or NaN.")
        beyond = np.rint(np.clip(over / unit_of_loss(reference), -1.0, 1.0) * ONE)
        values = np.concatenate([np.ones((1, beyond.size)), beyond[None], fixed, squares]).T
        sums = np.zeros((len(parts), values.shape[1]), dtype=np.int64)
        for start in range(0, len(values), _CHUNK):
            inside = _inside(parts, bins=bins[start : start + _CHUNK])
            sums += (inside.T @ values[start : start + _CHUNK]).astype(np.int64)
        k = len(fixed)
        return cls(n=sums[:, 0], totals=sums[:, 2 : 2 + k], squares=sums[:, 2 + k :], over=sums[:, 1])

    def merge(self, other: Self) -> Self:
        """Return the sums of both ticks together.

        Raises:
            BadInput: They are of other parts.
        """
        if self.totals.shape != other.totals.shape:
            raise BadInput(f"sums: want those of {self.n.size} parts, got {other.n.size}, or other measures.")
        return type(self)(
            n=self.n + other.n,
            totals=self.totals + other.totals,
            squares=self.squares + other.squares,
            over=self.over + other.over,
        )

    def ticks(self) -> list[GapTick]:
        """Return the sums of each part."""
        each = zip(self.n.tolist(), self.totals, self.squares, strict=True)
        return [GapTick(n=n, totals=totals, squares=squares) for n, totals, squares in each]

    def means(self) -> Floats:
        """Return the means of ``phi r``, shape (parts, measures); NaN for a part without rows."""
        n = self.n[:, None]
        return np.where(n > 0, self.totals / (ONE * np.maximum(n, 1)), np.nan)


def nothing(parts: int, *, measures: int) -> PartSums:
    """Return the sums of no rows."""
    zeros = np.zeros((parts, measures), dtype=np.int64)
    return PartSums(n=zeros[:, 0], totals=zeros, squares=zeros, over=zeros[:, 0])


def unit_of_loss(reference: GapReference) -> float:
    """Return what 1 stands for in sums of realised minus expected loss: a regression's cap, or the dearest error."""
    return float(reference.scales[0]) if reference.measures == (Measure.LOSS,) else reference.dearest


def _inside(parts: Sequence[Part], *, bins: Bins) -> Floats:
    """Return which rows lie in which part, shape (rows, parts), as 0 and 1."""
    found = np.empty((len(bins), len(parts)))
    for i, part in enumerate(parts):
        of = bins[:, part.column]
        found[:, i] = (of >= part.first) & (of <= part.last)
    return found
