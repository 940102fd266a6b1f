"""Rows that come as columns: what :class:`RowDecoder` is to JSON objects, this is to tensors and Arrow.

The columns go to the arms as they are, in one block; no row is ever made of them. What passes fits the signature just
as a JSON row does; only columns that fail are looked at again, row by row, to say why in the same words.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.ports import Floats
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.texts import Texts
from slipway.runtime.batch import BatchPlan
from slipway.serving.decode import Asked
from slipway.serving.explain import explain, unknown_field
from slipway.serving.naming import LONGEST_ENTITY, all_differ, checked_id, entity_text
from slipway.serving.refusal import Refusal

Values = npt.NDArray[Any] | Sequence[Any]
"""One column: numbers or booleans as an array, where NaN is missing; anything as a list, where None is; an entity that
is not one of the fields as :class:`~slipway.records.texts.Texts` too."""

_FOLD = 32
_FEW = 8192
"""Values; a product of more may be dealt out to threads, which costs more than it spares."""
_LARGEST = np.finfo(np.float64).max
_TAKEN: dict[FieldKind, set[type]] = {FieldKind.NUMBER: {float, int, type(None)}, FieldKind.BOOLEAN: {bool, type(None)}}
_TEXTS = {str, type(None)}


class ColumnDecoder:
    """Decodes columns of one signature.

    Args:
        signature: Fields of X.
        entity: Name of the value that the assignment is keyed on.
        id_name: Name under which a caller may name predictions.

    Attributes:
        known: Names that columns may have.
    """

    def __init__(self, signature: Signature, *, entity: str, id_name: str) -> None:
        fields = signature.fields
        self._fields, self._others = fields, (entity, id_name)
        self._plan = BatchPlan(fields)
        self._own = next((f for f in fields if f.name == entity), None)
        self._numbers = [f for f in fields if f.kind is not FieldKind.CATEGORY]
        self._texts = [f for f in fields if f.kind is FieldKind.CATEGORY]
        self.known = tuple(dict.fromkeys([*(f.name for f in fields), entity, id_name]))
        low = [-_LARGEST if f.low is None else f.low for f in self._numbers]
        high = [_LARGEST if f.high is None else f.high for f in self._numbers]
        self._low, self._high = np.array(low, np.float64), np.array(high, np.float64)
        self._unbounded = all(f.low is None and f.high is None for f in self._numbers)
        self._optional = np.array([not self._needs(f) for f in self._numbers], bool)

    def decode(
        self, columns: Mapping[str, Values], *, rows: int, matrix: Floats | None = None, into: Floats | None = None
    ) -> Asked:
        """Return the rows of some columns.

        Args:
            columns: By name: fields, the entity, and if wanted the prediction ids.
            rows: Length of each.
            matrix: All fields, where all are numbers and ``columns`` has none of them: shape (rows, fields), in their
                order. It is not copied.
            into: Memory for them where there is no matrix, of the same shape; what is returned is a view of it. None
                takes fresh memory.

        Raises:
            Refusal: 400; names the row, the field, what was wanted, what came.
        """
        if unknown := [name for name in columns if name not in self.known]:
            refusal = unknown_field(unknown[0], known=self.known)
            refusal.rows = max(1, rows)
            raise refusal
        if not rows:
            raise Refusal(400, "There are no rows.", wanted="at least one row", got="none")
        try:
            block = self._block(columns, rows, into) if matrix is None else matrix
            self._check(block)
            texts = {f.name: self._text(f, columns.get(f.name), rows) for f in self._texts}
            entities = self._entities(self._keyed_on(columns, matrix), rows)
            ids = self._ids(columns.get(self._others[1]), rows)
        except _Odd:
            if matrix is not None:
                columns = dict(zip((f.name for f in self._fields), matrix.T, strict=True)) | dict(columns)
            raise self._explained(columns, rows) from None
        return Asked([], entities, ids, many=True, batch=self._plan.columns(block, texts))

    def _needs(self, field: Field) -> bool:
        return field.required or field.name == self._others[0]

    def _block(self, columns: Mapping[str, Values], rows: int, into: Floats | None) -> Floats:
        block = np.empty((rows, len(self._numbers))) if into is None else into
        for i, field in enumerate(self._numbers):
            values = columns.get(field.name)
            block[:, i] = np.nan if values is None else _floats(field, values)
        return block

    def _keyed_on(self, columns: Mapping[str, Values], matrix: Floats | None) -> Values | None:
        if matrix is None or self._own is None:
            return columns.get(self._others[0])
        column: Floats = matrix[:, self._fields.index(self._own)]
        return column

    def _check(self, block: Floats) -> None:
        if self._unbounded and _plainly_finite(block):
            return
        least, most = _ends(block)  # NaN where one is missing, which no comparison takes
        if (least >= self._low).all() and (most <= self._high).all():
            return
        fits = (block >= self._low) & (block <= self._high)
        if not (fits | (np.isnan(block) & self._optional)).all():
            raise _Odd

    def _text(self, field: Field, values: Values | None, rows: int) -> npt.NDArray[Any]:
        column = np.full(rows, None, object)
        if values is not None:
            if isinstance(values, np.ndarray) or not set(map(type, values)) <= _TEXTS:
                raise _Odd
            column[:] = values
        seen = set(column)
        if (None in seen and self._needs(field)) or (field.values and not seen <= {*field.values, None}):
            raise _Odd
        return column

    def _entities(self, values: Values | None, rows: int) -> Sequence[str]:
        name = self._others[0]
        if isinstance(values, Texts) and self._own is None:
            if not values.fit(longest=LONGEST_ENTITY):
                raise _Odd
            return values
        if values is None:
            values = [None] * rows
        elif self._own is not None and self._own.kind is FieldKind.NUMBER:
            values = _floats(self._own, values)
        elif self._own is None and isinstance(values, np.ndarray) and values.dtype.kind not in "iu":
            raise _Odd
        listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
        kinds = set(map(type, listed))
        if self._own is None:
            texts = listed if kinds == {str} else [v for v in listed if type(v) is str]
            if not kinds <= {str, int} or max(map(len, texts), default=0) > LONGEST_ENTITY:
                raise _Odd
        if kinds == {str} and all(listed):
            return listed
        try:
            return [v if type(v) is str and v else entity_text(v, name=name) for v in listed]
        except Refusal:  # of which row, is told by whoever looks again
            raise _Odd from None

    def _ids(self, values: Values | None, rows: int) -> list[str | None]:
        if values is None:
            return [None] * rows
        if isinstance(values, np.ndarray) or not set(map(type, values)) <= _TEXTS:
            raise _Odd
        ids = [checked_id(v, name=self._others[1]) for v in values]
        all_differ(ids, name=self._others[1])
        return ids

    def _explained(self, columns: Mapping[str, Values], rows: int) -> Refusal:
        listed = {n: v.tolist() if isinstance(v, np.ndarray) else v for n, v in columns.items()}
        for i in range(rows):
            row = {name: None if (v := values[i]) != v else v for name, values in listed.items()}
            try:
                explain(row, fields=self._fields, others=self._others, place=f"rows[{i}]")
            except Refusal as refusal:
                refusal.rows = rows
                return refusal
        wanted = "the fields of the model's metadata"
        return Refusal(400, "The columns do not fit the signature.", wanted=wanted, rows=rows)


class _Odd(Exception):
    """Something does not fit; which row and field is found out afterwards."""


def _plainly_finite(block: Floats) -> bool:
    """Tell whether all values are finite; False where it is not plain, for they are many or their squares are huge.

    A sum of squares is a number only if all of them are, and costs a tenth of asking for the ends of each column.

    >>> _plainly_finite(np.ones((2, 3))), _plainly_finite(np.array([[1.0, np.nan]]))
    (True, False)
    """
    return block.size <= _FEW and math.isfinite(np.vdot(block, block))


def _ends(block: Floats) -> tuple[Floats, Floats]:
    """Return the least and the largest value of each column; NaN where one is NaN.

    Rows are short and what is done for each of them costs more than its values, so some are taken as one long row.

    >>> _ends(np.arange(96.0).reshape(32, 3))[1].tolist()
    [93.0, 94.0, 95.0]
    """
    rows, width = block.shape
    if rows % _FOLD or not block.flags.c_contiguous:
        return block.min(0), block.max(0)
    long = block.reshape(rows // _FOLD, _FOLD * width)
    return long.min(0).reshape(_FOLD, width).min(0), long.max(0).reshape(_FOLD, width).max(0)


def _floats(field: Field, values: Values) -> npt.NDArray[Any]:
    if isinstance(values, np.ndarray):
        if values.dtype.kind not in ("b" if field.kind is FieldKind.BOOLEAN else "iuf"):
            raise _Odd
        return values
    if not set(map(type, values)) <= _TAKEN[field.kind]:
        raise _Odd
    try:
        return np.array(values, np.float64)
    except OverflowError:
        raise _Odd from None
