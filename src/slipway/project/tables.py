"""Any table to polars, and a polars table to what an arm is asked with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from slipway.errors import BadInput, NotFound
from slipway.ports import Columns
from slipway.records.field import Field, FieldKind


def as_polars(table: Any, *, what: str) -> pl.DataFrame:
    """Return a polars frame of a polars, pandas or Arrow table, a dict of columns, or rows.

    Raises:
        BadInput: It is no table, or has no rows.
    """
    given = table.collect() if isinstance(table, pl.LazyFrame) else table
    try:
        frame = pl.DataFrame(given)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        kind = type(table).__name__
        raise BadInput(f"{what}: want a table (polars, pandas, Arrow, a dict of columns), got {kind}.") from error
    if not frame.height:
        raise BadInput(f"{what}: want at least one row, got none.")
    return frame


def read_table(path: Path) -> pl.DataFrame:
    """Read a Parquet or CSV file.

    Raises:
        NotFound: There is no such file.
        BadInput: It cannot be read as what its name says.
    """
    if not path.is_file():
        raise NotFound(f"data.source: want a file {path}, found none. See slipway.toml.")
    try:
        return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"{path}: want a readable {path.suffix} file, got: {error}.") from error


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
        raise NotFound(f"data: want columns {missing}, as [fields] says, got {table.columns}.")
    kinds = {FieldKind.CATEGORY: pl.String, FieldKind.NUMBER: pl.Float64, FieldKind.BOOLEAN: pl.Float64}
    try:
        return table.select(pl.col(f.name).cast(kinds[f.kind]) for f in fields)
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"data: want columns of the kinds that [fields] says, got: {error}.") from error


def target(table: pl.DataFrame, *, name: str) -> Any:
    """Return Y as float64, NaN where it never came."""
    return table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


def _column(column: pl.Series, field: Field) -> Any:
    if field.kind is FieldKind.CATEGORY:
        return column.cast(pl.String).to_numpy().astype(object)
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
