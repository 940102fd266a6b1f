"""From a foreign table to what the monitors are fed with: columns of X, moments, answers and truth."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.project.tables import moments_of
from slipway.records.field import Field, FieldKind
from slipway.records.task import TaskKind
from slipway.records.two_tables import Roles

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LOOKED_AT = 200


class Prepared(NamedTuple):
    """A table, ready.

    Attributes:
        x: Watched columns, and the answer as one more, under the names of ``fields``.
        fields: Their kinds; the names are places (``f0``, ``f1`` ...), for a foreign column may be called anything.
        names: What the table calls them.
        times_us: Moment of each row in microseconds since the epoch; None without a time.
        scores: Answer of each row, NaN where there is none; None without answers.
        y: Truth of each row, likewise.
    """

    x: pl.DataFrame
    fields: tuple[Field, ...]
    names: tuple[str, ...]
    times_us: Ints | None
    scores: Floats | None
    y: Floats | None


def with_moments(table: pl.DataFrame, *, time: str | None, what: str) -> pl.DataFrame:
    """Read text that holds moments as moments, as it comes from CSV files.

    Raises:
        BadInput: The column named as time holds none.
    """
    for column in table:
        if column.dtype != pl.String or time not in (None, column.name):
            continue
        given = column.drop_nulls()
        if len(given) and moments_of(given.head(_LOOKED_AT)).null_count() == 0:
            table = table.with_columns(moments_of(column).alias(column.name))
    if time and time in table.columns and table[time].dtype not in (pl.Datetime, pl.Date):
        example = next(iter(table[time].drop_nulls().head(1)), None)
        raise BadInput(
            f"{what}: column '{time}': want moments such as 2026-03-01 12:30:00, got {table[time].dtype} such as "
            f"{example!r}. Convert it, or name another: time= (in a command --time)."
        )
    return table


def prepare(table: pl.DataFrame, *, roles: Roles, kinds: pl.DataFrame, what: str) -> Prepared:
    """Return the table in parts; rows without a moment are left out where there is a time.

    Args:
        table: With the columns that the roles name.
        roles: Which part each plays.
        kinds: The reference, whose columns say what is a number and what a category.
        what: The table's name, for messages.

    Raises:
        BadInput: No row is left, or answers or truths are no numbers.
    """
    if roles.time:
        table = table.filter(pl.col(roles.time).is_not_null())
    if table.is_empty():
        raise BadInput(
            f"{what}: want at least one row" + (f" with a moment in {roles.time}" if roles.time else "") + ", got none."
        )
    names = (*roles.watched, *([roles.prediction] if roles.prediction else []))
    fields = tuple(Field(name=f"f{i}", kind=_kind(kinds[name])) for i, name in enumerate(names))
    x = pl.DataFrame([_column(table[name], field) for name, field in zip(names, fields, strict=True)])
    times = table[roles.time].cast(pl.Datetime("us")).cast(pl.Int64).to_numpy() if roles.time else None
    return Prepared(
        x=x,
        fields=fields,
        names=names,
        times_us=times,
        scores=_numbers(table, roles.prediction, what=what),
        y=_numbers(table, roles.label, what=what),
    )


def kind_of(y: Floats) -> TaskKind:
    """Tell the task from its truths: 0 and 1 are two classes, all else are numbers."""
    known = y[np.isfinite(y)]
    return TaskKind.BINARY if np.isin(known, (0.0, 1.0)).all() else TaskKind.REGRESSION


def _kind(column: pl.Series) -> FieldKind:
    if column.dtype == pl.Boolean:
        return FieldKind.BOOLEAN
    return FieldKind.NUMBER if column.dtype.is_numeric() or column.dtype == pl.Null else FieldKind.CATEGORY


def _column(column: pl.Series, field: Field) -> pl.Series:
    if field.kind is FieldKind.CATEGORY:
        return column.cast(pl.String).fill_null("").alias(field.name)
    return column.cast(pl.Float64).fill_null(float("nan")).alias(field.name)


def _numbers(table: pl.DataFrame, name: str, *, what: str) -> Any:
    if not name or name not in table.columns:
        return None
    column = table[name]
    if not (column.dtype == pl.Boolean or column.dtype.is_numeric() or column.dtype == pl.Null):
        example = next(iter(column.drop_nulls().head(1)), None)
        raise BadInput(
            f"{what}: column '{name}': want numbers (0 and 1 for two classes), got {column.dtype} such as {example!r}. "
            "Write 1 where the class in question is true and 0 elsewhere."
        )
    found = column.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    found[~np.isfinite(found)] = np.nan
    return found
