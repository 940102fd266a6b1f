"""X as a model is trained on it, X as an arm is asked with it, and any table made into either.

A model must see in training what it will see in service: numbers and booleans as float64 with NaN for missing,
categories as text with the empty text for missing.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput, nearest
from slipway.ports import Columns
from slipway.records.field import Field, FieldKind

Floats = npt.NDArray[np.float64]


def as_x(table: pl.DataFrame, *, fields: Sequence[Field]) -> pl.DataFrame:
    """Return X as a training function gets it: the fields in order, and nothing else.

    Raises:
        BadInput: A field is not in the table, or its column cannot be read as its kind.

    >>> port = Field(name="port", kind=FieldKind.CATEGORY)
    >>> as_x(pl.DataFrame({"late": [1], "port": [None]}), fields=[port]).to_dict(as_series=False)
    {'port': ['']}
    """
    return pl.DataFrame([_column(table, field) for field in fields])


def as_columns(x: pl.DataFrame, *, fields: Sequence[Field]) -> Columns:
    """Return X as an arm is asked with it: float64 arrays with NaN for missing, object arrays of text or None."""
    return {f.name: _asked(_column(x, f), f) for f in fields}


def as_table(table: Any) -> pl.DataFrame:
    """Read a polars, pandas or Arrow table, a dict of columns, or a matrix (whose columns become ``x0``, ``x1`` ...).

    Raises:
        BadInput: It is none of these, or has no rows.
    """
    if isinstance(table, np.ndarray):
        if table.ndim != 2:
            raise BadInput(f"X: want a matrix of rows and columns, got shape {table.shape}. Try X.reshape(-1, 1).")
        table = {f"x{i}": list(table[:, i]) if table.dtype == object else table[:, i] for i in range(table.shape[1])}
    try:
        read = table.collect() if isinstance(table, pl.LazyFrame) else pl.DataFrame(table, strict=False)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise BadInput(
            f"X: want a polars, pandas or Arrow table, a dict of columns or a matrix, got {type(table).__name__}."
        ) from error
    if not read.height:
        raise BadInput("X: want at least one row, got none.")
    return read


def infer_fields(table: pl.DataFrame) -> tuple[Field, ...]:
    """Take the fields of X from a table, where nobody wrote a scope.

    A field is required if no row lacks it. Categories stay open.

    Raises:
        BadInput: A column's name is no checked word, or its values are neither numbers, booleans nor text.

    >>> [f.kind.value for f in infer_fields(pl.DataFrame({"a": [1, None], "b": ["x", "y"], "c": [True, False]}))]
    ['number', 'category', 'boolean']
    """
    return tuple(
        Field(name=c.name, kind=_kind(c), required=not (c.null_count() or (c.dtype.is_float() and c.is_nan().any())))
        for c in table
    )


def checked_names(table: pl.DataFrame) -> pl.DataFrame:
    """Rename columns so that each may name a field: lower case, other signs as ``_``.

    Raises:
        BadInput: Two columns would get one name.

    >>> checked_names(pl.DataFrame({"mean radius": [1.0], "2nd": [1.0]})).columns
    ['mean_radius', 'x_2nd']
    """
    names = [re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_")[:60] for name in table.columns]
    names = [name if name[:1].isalpha() else f"x_{name}" for name in names]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BadInput(f"X: want columns whose names stay apart as checked words, got {twice} twice. Rename them.")
    return table.rename(dict(zip(table.columns, names, strict=True)))


def _kind(column: pl.Series) -> FieldKind:
    if column.dtype == pl.Boolean:
        return FieldKind.BOOLEAN
    if column.dtype.is_numeric() or column.dtype == pl.Null:
        return FieldKind.NUMBER
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        return FieldKind.CATEGORY
    raise BadInput(
        f"column {column.name}: want numbers, booleans or text, got {column.dtype}. "
        "Turn a moment into numbers that mean something, such as the hour."
    )


def _column(table: pl.DataFrame, field: Field) -> pl.Series:
    if field.name not in table.columns:
        raise BadInput(f"X: want a column '{field.name}', got {table.columns}.{nearest(field.name, table.columns)}")
    column = table[field.name]
    if column.dtype not in (pl.Null, pl.Boolean) and (_kind(column) is FieldKind.CATEGORY) != (
        field.kind is FieldKind.CATEGORY
    ):
        raise BadInput(f"column {field.name}: want a {field.kind}, got {column.dtype}. Cast it, or change the field.")
    if field.kind is FieldKind.CATEGORY:
        return column.cast(pl.String).fill_null("")
    return column.cast(pl.Float64).fill_null(float("nan"))


def _asked(column: pl.Series, field: Field) -> npt.NDArray[Any]:
    if field.kind is not FieldKind.CATEGORY:
        return column.to_numpy()
    out = np.empty(len(column), dtype=object)
    out[:] = [text or None for text in column]
    return out
