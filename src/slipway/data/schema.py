"""Does a table hold what the scope says? One result a field and question, with the rows that fail."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

from slipway.data.profile import kind_of
from slipway.data.row_names import BY_PLACE, SHOWN, RowNames, cut
from slipway.errors import nearest
from slipway.records.dataset import CheckResult
from slipway.records.field import Field, FieldKind

_EXACT = float(1 << 53)


def check_schema(
    table: pl.DataFrame, *, fields: Sequence[Field], also: Sequence[str] = (), names: RowNames = BY_PLACE
) -> tuple[CheckResult, ...]:
    """Check a table against the fields of a scope.

    Args:
        table: The data.
        fields: Each is checked for presence, sort of value, missing and infinite values, range and closed
            set, and whole numbers so large that a model would take different ones for one.
        also: Further columns that must be there, such as the target.
        names: What the rows are called.

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
            results += _check_field(table, field, names)
    return tuple(results)


def fits(field: Field, *, dtype: pl.DataType) -> bool:
    """Tell whether a column of that type can hold the field: a boolean may come as a number (0 and 1), no other may."""
    kind = kind_of(field.name, dtype)
    return kind is field.kind or (field.kind is FieldKind.BOOLEAN and kind is FieldKind.NUMBER) or dtype == pl.Null


def _check_field(table: pl.DataFrame, field: Field, names: RowNames) -> list[CheckResult]:
    column = table[field.name]
    well = fits(field, dtype=column.dtype)
    kind = _result(field, "kind", passed=well, detail=f"want {field.kind}, got {column.dtype}.")
    if not well:
        return [kind]
    plain = column.cast(pl.String) if field.kind is FieldKind.CATEGORY else column.cast(pl.Float64).fill_nan(None)
    questions = _questions(field, plain, whole=column.dtype in (pl.Int64, pl.UInt64))
    return [kind, *(_rows(plain, field=field, question=q, names=names) for q in questions)]


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


def _rows(column: pl.Series, *, field: Field, question: _Question, names: RowNames) -> CheckResult:
    failing, words = question.failing.arg_true(), question.words
    detail = f"{failing.len()} of {column.len()} rows {words}"
    if failing.is_empty():
        return _result(field, question.what, passed=True, detail=f"{detail}.")
    came = column.gather(failing.head(SHOWN)).unique(maintain_order=True)
    got = "" if question.what == "required" else f" (got {', '.join(cut(repr(value)) for value in came)})"
    return _result(field, question.what, passed=False, detail=f"{detail}: {names.say(failing)}{got}.")


def _result(field: Field, what: str, *, passed: bool, detail: str) -> CheckResult:
    return CheckResult(name=f"{field.name}: {what}", passed=passed, detail=detail)
