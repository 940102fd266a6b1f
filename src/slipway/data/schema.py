"""Does a table hold what the scope says? One result a field and question, with the rows that fail."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

from slipway.data.profile import kind_of
from slipway.errors import nearest
from slipway.records.dataset import CheckResult
from slipway.records.field import Field, FieldKind

_EXACT = float(1 << 53)
SHOWN = 10
"""A result names at most this many failing rows."""


def check_schema(
    table: pl.DataFrame, *, fields: Sequence[Field], also: Sequence[str] = (), row_id: str | None = None
) -> tuple[CheckResult, ...]:
    """Check a table against the fields of a scope.

    Args:
        table: The data.
        fields: Each is checked for presence, sort of value, missing and infinite values, range and closed
            set, and whole numbers so large that a model would take different ones for one.
        also: Further columns that must be there, such as the target.
        row_id: Column whose values name failing rows; None names them by index, counted from 0.

    >>> from slipway.records.field import Field, FieldKind
    >>> hour = Field(name="hour", kind=FieldKind.NUMBER, low=0, high=23, required=True)
    >>> for r in check_schema(pl.DataFrame({"hour": [5, 24, None]}), fields=[hour]):
    ...     print(r.name, r.passed, r.detail)
    hour: present True column found.
    hour: kind True want number, got Int64.
    hour: required False 1 of 3 rows have no value: rows 2.
    hour: exact True 0 of 3 rows reach 2^53, where models round.
    hour: range False 1 of 3 rows leave [0, 23]: rows 1 (got 24.0).
    """
    results = []
    for name in [*(f.name for f in fields), *also]:
        there = name in table.columns
        detail = "column found." if there else f"no such column.{nearest(name, table.columns)}"
        results.append(CheckResult(name=f"{name}: present", passed=there, detail=detail))
    for field in fields:
        if field.name in table.columns:
            results += _check_field(table, field, row_id)
    return tuple(results)


def fits(field: Field, *, dtype: pl.DataType) -> bool:
    """Tell whether a column of that type can hold the field: a boolean may come as a number (0 and 1), no other may."""
    kind = kind_of(field.name, dtype)
    return kind is field.kind or (field.kind is FieldKind.BOOLEAN and kind is FieldKind.NUMBER) or dtype == pl.Null


def failing_rows(table: pl.DataFrame, *, failing: pl.Series, row_id: str | None, values: str | None = None) -> str:
    """Say how many rows fail and name the first ten, with what came."""
    rows = failing.arg_true().head(SHOWN)
    shown = table[row_id].gather(rows).to_list() if row_id else rows.to_list()
    more = ", ..." if failing.sum() > SHOWN else ""
    got = (
        f" (got {', '.join(_short(v) for v in table[values].gather(rows).unique(maintain_order=True))})"
        if values
        else ""
    )
    return f"rows {', '.join(map(str, shown))}{more}{got}"


def _check_field(table: pl.DataFrame, field: Field, row_id: str | None) -> list[CheckResult]:
    column = table[field.name]
    well = fits(field, dtype=column.dtype)
    kind = _result(field, "kind", passed=well, detail=f"want {field.kind}, got {column.dtype}.")
    if not well:
        return [kind]
    plain = column.cast(pl.String) if field.kind is FieldKind.CATEGORY else column.cast(pl.Float64).fill_nan(None)
    shown = table.with_columns(plain)
    questions = _questions(field, plain, whole=column.dtype in (pl.Int64, pl.UInt64))
    return [kind, *(_rows(shown, field=field, question=q, row_id=row_id) for q in questions)]


class _Question(NamedTuple):
    what: str
    failing: pl.Series
    words: str


def _questions(field: Field, column: pl.Series, *, whole: bool) -> Iterator[_Question]:
    if field.required:
        yield _Question("required", column.is_null(), "have no value")
    if field.kind is FieldKind.NUMBER and whole:
        yield _Question("exact", (column.abs() >= _EXACT).fill_null(value=False), "reach 2^53, where models round")
    elif field.kind is FieldKind.NUMBER:
        yield _Question("finite", column.is_infinite().fill_null(value=False), "are infinite")
    if field.low is not None or field.high is not None:
        yield _Question("range", _outside(column, field), f"leave {_limits(field)}")
    if field.kind is FieldKind.BOOLEAN:
        odd = (~column.is_in([0.0, 1.0])).fill_null(value=False)
        yield _Question("values", odd, "are neither true nor false")
    if field.values:
        unseen = (~column.is_in(list(field.values))).fill_null(value=False)
        yield _Question("values", unseen, f"leave the closed set {list(field.values)}")


def _outside(column: pl.Series, field: Field) -> pl.Series:
    low = -float("inf") if field.low is None else field.low
    high = float("inf") if field.high is None else field.high
    return ((column < low) | (column > high)).fill_null(value=False)


def _limits(field: Field) -> str:
    low = "-inf" if field.low is None else f"{field.low:g}"
    return f"[{low}, {'inf' if field.high is None else f'{field.high:g}'}]"


def _rows(table: pl.DataFrame, *, field: Field, question: _Question, row_id: str | None) -> CheckResult:
    count, words = int(question.failing.sum()), question.words
    if not count:
        return _result(field, question.what, passed=True, detail=f"0 of {table.height} rows {words}.")
    values = None if question.what == "required" else field.name
    named = failing_rows(table, failing=question.failing, row_id=row_id, values=values)
    return _result(field, question.what, passed=False, detail=f"{count} of {table.height} rows {words}: {named}.")


def _result(field: Field, what: str, *, passed: bool, detail: str) -> CheckResult:
    return CheckResult(name=f"{field.name}: {what}", passed=passed, detail=detail)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
