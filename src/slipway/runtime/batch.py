"""A batch of rows, made once and read by every arm that is asked: the numbers in one block, the categories by name."""

import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from slipway.ports import Columns, Floats
from slipway.records.field import Field, FieldKind

Row = Sequence[float | str | bool | None]
"""The values of one request, in the order of the fields."""
Rows = npt.NDArray[np.intp] | Sequence[int] | slice
"""Which rows of a batch."""


@runtime_checkable
class Immediate(Protocol):
    """A runtime that can answer without waiting, inside one tick of the event loop.

    Attributes:
        at_once: Whether it may do so now; a model that proved slow is awaited instead.
    """

    at_once: bool

    def score(self, columns: Columns, *, rows: int) -> Floats:
        """Return what ``predict`` returns, at once."""
        ...


class Batch(Mapping[str, npt.NDArray[Any]]):
    """Columns by field name; the numbers live in one block and become views of it when they are asked for.

    Attributes:
        names: Names of the numbers and booleans, in order of the fields.
        block: Their values, shape (rows, len(names)), float64; column ``names[i]`` is ``block[:, i]``.
        texts: Categories by name, in order of the fields.
    """

    __slots__ = ("_places", "block", "names", "texts")

    def __init__(
        self, places: dict[str, int], names: tuple[str, ...], block: Floats, texts: dict[str, npt.NDArray[Any]]
    ) -> None:
        self._places, self.names, self.block, self.texts = places, names, block, texts

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        place = self._places.get(name)
        column: npt.NDArray[Any] = self.texts[name] if place is None else self.block[:, place]
        return column

    def __iter__(self) -> Iterator[str]:
        return chain(self._places, self.texts)

    def __len__(self) -> int:
        return len(self._places) + len(self.texts)

    def take(self, rows: Rows) -> "Batch":
        """Return some of the rows, in the order asked for."""
        block = self.block[rows] if isinstance(rows, slice) else self.block.take(rows, 0)
        return Batch(self._places, self.names, block, {name: text[rows] for name, text in self.texts.items()})


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
        self._places = {f.name: i for i, f in enumerate(f for f in fields if f.kind is not texts)}
        self._names = tuple(self._places)
        self._texts = tuple((i, f.name) for i, f in enumerate(fields) if f.kind is texts)
        self._numbers_of = _picker([i for i, f in enumerate(fields) if f.kind is not texts])
        self._pack = struct.Struct(f"={len(self._places)}d").pack

    def of(self, rows: Sequence[Row]) -> Batch:
        """Return the rows as columns; a missing number is NaN, a missing category None.

        Args:
            rows: At least one row, each with one value a field; what follows behind the fields is ignored.
        """
        numbers, pack = self._numbers_of, self._pack
        try:
            packed = b"".join([pack(*numbers(row)) for row in rows])
        except struct.error:  # a None among them
            packed = b"".join([pack(*[math.nan if v is None else v for v in numbers(row)]) for row in rows])
        texts = {}
        for i, name in self._texts:
            column = np.empty(len(rows), object)
            column[:] = [row[i] for row in rows]
            texts[name] = column
        return Batch(self._places, self._names, np.frombuffer(packed).reshape(len(rows), len(self._names)), texts)

    def columns(self, block: Floats, texts: Mapping[str, npt.NDArray[Any]]) -> Batch:
        """Return a batch over columns as they are.

        Args:
            block: Numbers and booleans in order of the fields, shape (rows, numbers), float64.
            texts: Categories by name, object arrays of shape (rows,).
        """
        return Batch(self._places, self._names, block, {name: texts[name] for _, name in self._texts})

    def join(self, parts: Sequence[Batch]) -> Batch:
        """Return the rows of some batches of this plan, one behind the other; of one batch, that batch itself.

        >>> from slipway.records.field import Field, FieldKind
        >>> plan = BatchPlan([Field(name="a", kind=FieldKind.NUMBER)])
        >>> plan.join([plan.of([(1.5,)]), plan.of([(2.5,), (None,)])])["a"].tolist()
        [1.5, 2.5, nan]
        """
        if len(parts) == 1:
            return parts[0]
        texts = {name: np.concatenate([part.texts[name] for part in parts]) for _, name in self._texts}
        return Batch(self._places, self._names, np.concatenate([part.block for part in parts]), texts)


def _picker(places: list[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what picks these places of a row; a slice, where it can be one, costs least."""
    first, behind = (places[0], places[-1] + 1) if places else (0, 0)
    if len(places) < 2 or behind - first == len(places):
        return itemgetter(slice(first, behind))
    return itemgetter(*places)


def take(columns: Columns, rows: Rows) -> Columns:
    """Return some rows of a batch, in the order asked for."""
    if isinstance(columns, Batch):
        return columns.take(rows)
    return {name: column[rows] for name, column in columns.items()}


def matrix(columns: Mapping[str, npt.NDArray[Any]], names: tuple[str, ...], *, rows: int, kind: npt.DTypeLike) -> Any:
    """Return the named numbers as one C-ordered matrix of shape (rows, len(names))."""
    if isinstance(columns, Batch) and columns.names == names:
        return columns.block.astype(kind, order="C")
    out = np.empty((rows, len(names)), kind)
    for i, name in enumerate(names):
        out[:, i] = columns[name]
    return out
