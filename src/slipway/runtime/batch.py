"""A batch of rows as columns, made once and read by every arm that is asked."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from slipway.ports import Columns, Floats
from slipway.records.field import Field, FieldKind

Row = Sequence[float | str | bool | None]
"""The values of one request, in the order of the fields."""


@runtime_checkable
class Immediate(Protocol):
    """A runtime that answers without waiting, so that it may run inside one tick of the event loop."""

    def score(self, columns: Columns, *, rows: int) -> Floats:
        """Return what ``predict`` returns, at once."""
        ...


class Batch(dict[str, npt.NDArray[Any]]):
    """Columns by field name that remember the block their numbers live in.

    Attributes:
        names: Names of the numbers and booleans, in order of the fields.
        block: Their values, shape (len(names), rows), float64, C order; column ``names[i]`` is ``block[i]``.
    """

    __slots__ = ("block", "names")
    names: tuple[str, ...]
    block: Floats


class BatchPlan:
    """How rows of a signature become a batch. Made once, used for every tick.

    >>> from slipway.records.field import Field, FieldKind
    >>> plan = BatchPlan([Field(name="a", kind=FieldKind.NUMBER), Field(name="b", kind=FieldKind.CATEGORY)])
    >>> batch = plan.of([(1.5, "x"), (None, None)])
    >>> batch["a"].tolist(), batch["b"].tolist()
    ([1.5, nan], ['x', None])
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        texts = FieldKind.CATEGORY
        self.names = tuple(f.name for f in fields if f.kind is not texts)
        self._numbers = tuple(i for i, f in enumerate(fields) if f.kind is not texts)
        self._texts = tuple((i, f.name) for i, f in enumerate(fields) if f.kind is texts)

    def of(self, rows: Sequence[Row]) -> Batch:
        """Return the rows as columns; a missing number is NaN, a missing category None.

        Args:
            rows: At least one row, each with one value a field; what follows behind the fields is ignored.
        """
        values = list(zip(*rows, strict=True))
        batch = self._from_block(np.array([values[i] for i in self._numbers], np.float64).reshape(-1, len(rows)))
        for i, name in self._texts:
            column = np.empty(len(rows), object)
            column[:] = values[i]
            batch[name] = column
        return batch

    def _from_block(self, block: Floats) -> Batch:
        batch = Batch(zip(self.names, block, strict=True))
        batch.names, batch.block = self.names, block
        return batch


def take(columns: Columns, rows: npt.NDArray[np.intp]) -> Columns:
    """Return some rows of a batch, in the order asked for; the numbers keep their block."""
    if not isinstance(columns, Batch):
        return {name: column[rows] for name, column in columns.items()}
    block = columns.block[:, rows]
    part = Batch(zip(columns.names, block, strict=True))
    part.names, part.block = columns.names, block
    for name, column in columns.items():
        if name not in part:
            part[name] = column[rows]
    return part


def matrix(columns: Mapping[str, npt.NDArray[Any]], names: tuple[str, ...], *, rows: int, kind: npt.DTypeLike) -> Any:
    """Return the named numbers as one C-ordered matrix of shape (rows, len(names))."""
    if isinstance(columns, Batch) and columns.names == names:
        return columns.block.T.astype(kind, order="C")
    out = np.empty((rows, len(names)), kind)
    for i, name in enumerate(names):
        out[:, i] = columns[name]
    return out
