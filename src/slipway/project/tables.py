"""Any table to polars, and a polars table to what an arm is asked with."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from slipway.errors import BadInput, NotFound, nearest
from slipway.ports import Columns
from slipway.project.sources import read_place
from slipway.records.field import Field, FieldKind
from slipway.records.task import Task
from slipway.words import count

_TYPES: dict[FieldKind, type[pl.DataType]] = {
    FieldKind.CATEGORY: pl.String,
    FieldKind.NUMBER: pl.Float64,
    FieldKind.BOOLEAN: pl.Float64,
}

_TABLES = "polars, pandas, Arrow, a dict of columns"


def as_polars(table: Any, *, what: str) -> pl.DataFrame:
    """Return a polars frame of a polars, pandas or Arrow table or dataset, a dict of columns, or a list of dicts.

    Raises:
        BadInput: It is no table, has no names for its columns or one name twice, or has no rows.
    """
    kind = type(table).__name__
    if callable(to_table := getattr(table, "to_table", None)):  # a dataset of pyarrow, or its scanner
        table = to_table()
    if not _has_names(table):
        path = isinstance(table, str | Path)
        way = "Read the file first: pl.read_parquet(...)." if path else "Hand one over such as pl.DataFrame({...})."
        raise BadInput(f"{what}: want a table ({_TABLES}), got {kind}. {way}")
    if doubled := sorted({str(name) for name in _names(table) if list(_names(table)).count(name) > 1}):
        raise BadInput(f"{what}: want each column once, got {doubled} more than once. Rename or drop one of them.")
    try:
        frame = table.collect() if isinstance(table, pl.LazyFrame) else pl.DataFrame(table)
    except (TypeError, ValueError, OSError, pl.exceptions.PolarsError) as error:
        said = _mixed(table) or f"{kind} that is none: {str(error).partition(chr(10))[0]}"
        raise BadInput(f"{what}: want a table ({_TABLES}), got {said}.") from error
    if not frame.height:
        raise BadInput(f"{what}: want at least one row, got none.")
    return frame


def _mixed(table: Any) -> str:
    """Say which column holds values of several sorts, as one of Python objects may; nothing where none does."""
    for name in _names(table) if not isinstance(table, Mapping) else table:
        values = table[name]
        sorts = sorted({type(v).__name__ for v in values if v is not None}) if isinstance(values, Iterable) else []
        if len(sorts) > 1 and sorts != ["float", "int"]:
            return f"values of several sorts in column '{name}': {', '.join(sorts[:4])}. Turn them into one, as text"
    return ""


def _has_names(table: Any) -> bool:
    """Tell whether something says what its columns are called: a dict, a list of dicts, or a table of some library."""
    if isinstance(table, Sequence):
        return not len(table) or (not isinstance(table, str | bytes) and isinstance(table[0], Mapping))
    known = ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")
    return isinstance(table, Mapping | pl.LazyFrame) or any(hasattr(table, name) for name in known)


def _names(table: Any) -> Iterable[Any]:
    """Return the names of a table that may have one twice, as those of pandas and Arrow may; none of others."""
    if isinstance(table, pl.DataFrame | pl.LazyFrame | Mapping):
        return ()
    found = getattr(table, "column_names", getattr(table, "columns", ()))
    return () if callable(found) else found


def read_table(path: Path) -> pl.DataFrame:
    """Read a file of a table; see :func:`slipway.project.sources.read_place`."""
    return read_place(str(path), root=Path())


def typed(table: pl.DataFrame, *, what: str, fields: Sequence[Field], task: Task) -> pl.DataFrame:
    """Return a table that was read from text with the types of the scope: X as text or numbers, moments as moments.

    Raises:
        BadInput: A value is none of its column's sort; the message names the column, the row and the value.
    """
    kinds = {f.name: _TYPES[f.kind] for f in fields} | {task.target: pl.Float64}
    for name, kind in kinds.items():
        if name in table.columns and kind == pl.String:
            table = table.with_columns(pl.col(name).cast(pl.String))
        elif name in table.columns and table[name].dtype == pl.String:
            text = table[name].str.strip_chars()
            table = table.with_columns(_cast(text, text.cast(kind, strict=False), what=what, sort="numbers"))
    if task.time in table.columns and table[task.time].dtype == pl.String:
        text = table[task.time]
        table = table.with_columns(_cast(text, moments_of(text), what=what, sort="moments such as 2026-03-01 12:30:00"))
    return table


def moments_of(text: pl.Series) -> pl.Series:
    """Read moments from text such as 2026-03-01 12:30:00, 2026-03-01T12:30Z or 2026-03-01; null where it is none."""
    plain = text.str.replace("T", " ", literal=True).str.replace(r"Z$", "")
    found = plain.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    days = plain.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    minutes = plain.str.to_datetime("%Y-%m-%d %H:%M", time_unit="us", strict=False)
    return pl.select(pl.coalesce(found, minutes, days)).to_series().alias(text.name)


def _cast(text: pl.Series, found: pl.Series, *, what: str, sort: str) -> pl.Series:
    wrong = found.is_null() & text.is_not_null() & (text.str.strip_chars() != "")
    if wrong.any():
        row = wrong.arg_true()[0]
        raise BadInput(
            f"{what}: column '{text.name}': want {sort}, got {text[row]!r} in row {row + 1:,} below the names "
            f"({count(int(wrong.sum()), 'such row')}). Leave it empty where nothing is known, or make the field a "
            "category."
        )
    return found


def columns_of(table: pl.DataFrame, *, fields: Sequence[Field]) -> Columns:
    """Return the fields as an arm is asked with them: float64 arrays (NaN is missing) and object arrays of text."""
    return {f.name: _column(table[f.name], f) for f in fields}


def features(table: pl.DataFrame, *, fields: Sequence[Field]) -> pl.DataFrame:
    """Return X as a training function gets it: the fields in order, numbers as float64, categories as text.

    Raises:
        NotFound: A field is not in the table.
        BadInput: A column cannot be read as its field's kind.
    """
    missing = [f.name for f in fields if f.name not in table.columns]
    if missing:
        hint = nearest(missing[0], table.columns)
        raise NotFound(f"data: want columns {missing}, as [fields] says, got {table.columns}.{hint}")
    try:
        return table.select(pl.col(f.name).cast(_TYPES[f.kind]) for f in fields)
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"data: want columns of the kinds that [fields] says, got: {error}.") from error


def target(table: pl.DataFrame, *, name: str) -> Any:
    """Return Y as float64, NaN where it never came."""
    return table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


def _column(column: pl.Series, field: Field) -> Any:
    if field.kind is FieldKind.CATEGORY:
        return column.cast(pl.String).to_numpy().astype(object)
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
