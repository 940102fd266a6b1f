"""The user's own checks: a pandera schema that ``data.checks`` names, asked of every table before it becomes a version.

A check that fails refuses the table. One that the user wrote with ``raise_warning=True`` is kept with the version as
one that failed, as Slipway's own checks are; so is every check that holds, for what was asked is evidence as well.
"""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import polars as pl

from slipway.data.row_names import BY_PLACE, RowNames, cut, names_of
from slipway.errors import BadInput, MissingExtra
from slipway.project.user_code import load_function, trouble
from slipway.records.dataset import CheckResult
from slipway.words import count

_TABLE = "schema"
"""What the checks of a whole table are called in the place of a column."""
_MOST = 20
_CHANGES = ("coerce", "parsers", "drop_invalid_rows", "add_missing_columns")
"""What a schema or a column can be told to do with a table besides asking it."""
_CASE: dict[str, type[pl.DataType]] = {
    "schema_context": pl.String,
    "column": pl.String,
    "check": pl.String,
    "check_number": pl.Int64,
    "failure_case": pl.String,
    "index": pl.Int64,
}
"""The columns of pandera's failure cases."""


class _Asked(NamedTuple):
    """One check of a schema: of which column (none for the whole), its number there, its words, whether it refuses."""

    column: str | None
    number: int | None
    words: str
    refuses: bool


def user_checks(table: pl.DataFrame, *, reference: str, folder: Path, entity: str) -> tuple[CheckResult, ...]:
    """Ask a table what the user's schema asks, and return one result a check.

    Args:
        table: The rows, as they were read.
        reference: ``file.py:name`` of a pandera ``DataFrameSchema`` or ``DataFrameModel``, of polars or of pandas, or
            of a function without arguments that returns one.
        folder: The project's folder.
        entity: Column that names failing rows where it names each row once.

    Raises:
        BadInput: A check failed, the name leads to no schema, the schema would change the table, or a check cannot be
            asked.
        MissingExtra: pandera is not installed, or pandas where the schema is one of pandas.
        NotFound: No such file or name.
    """
    schema = _schema(reference, folder)
    _refuse_changes(schema, reference)
    asked = list(_asked(schema))
    for check in _checks_of(schema):
        check.raise_warning = False  # a warning does not say which rows
    failed = _failures(schema, table, asked=asked, reference=reference)
    names = names_of(table[entity]) if entity in table.columns else BY_PLACE
    results, refused = [], []
    for one in [*asked, *(other for other in failed if other not in asked)]:
        rows = failed.get(one)
        column = one.column or _TABLE
        detail = f"0 of {table.height} rows fail." if rows is None else _say(one, rows, table, names=names)
        results.append(CheckResult(name=f"{column}: {one.words}", passed=rows is None, detail=detail))
        if rows is not None and one.refuses:
            refused.append(f"  {column}: {one.words}: {detail}")
    if refused:
        _refuse(refused, reference)
    return tuple(results)


def _refuse(failed: list[str], reference: str) -> NoReturn:
    head = (
        f"{reference}: want rows that pass its checks, got {count(len(failed), 'check')} that "
        f"{'fails' if len(failed) == 1 else 'fail'}. Mend the data; or "
        "write raise_warning=True on a check whose failures are to be kept with the version."
    )
    more = [f"  and {len(failed) - _MOST} more"] if len(failed) > _MOST else []
    raise BadInput("\n".join([head, *failed[:_MOST], *more]))


def _schema(reference: str, folder: Path) -> Any:
    try:
        from pandera.api.dataframe.container import DataFrameSchema  # noqa: PLC0415 - an extra
        from pandera.api.dataframe.model import DataFrameModel  # noqa: PLC0415 - as above
    except ImportError as error:
        raise MissingExtra(f"{reference}: want pandera to ask it, found none. Install 'slipway[checks]'.") from error
    found: Any = load_function(reference, folder=folder)
    if not isinstance(found, DataFrameSchema | type):
        found = _called(found, reference)
    if isinstance(found, type) and issubclass(found, DataFrameModel):
        found = found.to_schema()
    if not isinstance(found, DataFrameSchema):
        raise BadInput(
            f"{reference}: want a DataFrameSchema or DataFrameModel of pandera.polars, got {type(found).__name__}."
        )
    return deepcopy(found)


def _refuse_changes(schema: Any, reference: str) -> None:
    """Refuse what would change rows or leave some out: a version keeps the rows as they came."""
    parts = [("the table", schema), *((f"column '{name}'", column) for name, column in schema.columns.items())]
    found = [f"{word} of {what}" for what, part in parts for word in _CHANGES if getattr(part, word, None)]
    found += ["strict='filter' of the table"] if schema.strict == "filter" else []
    found += [f"default of {what}" for what, part in parts[1:] if getattr(part, "default", None) is not None]
    if found:
        raise BadInput(
            f"{reference}: want a schema that only asks, got {', '.join(found)}, which would change the rows; a "
            "version keeps them as they came. Leave it out, and convert or drop where the data are loaded."
        )


def _called(function: Any, reference: str) -> Any:
    try:
        return function()
    except Exception as error:  # the user's own
        raise BadInput(f"{reference}: {trouble(error)}") from error


def _checks_of(schema: Any) -> list[Any]:
    return [*schema.checks, *(check for column in schema.columns.values() for check in column.checks)]


def _asked(schema: Any) -> Iterator[_Asked]:
    """Return every check that a schema writes down, in its order."""
    for name, column in schema.columns.items():
        if column.dtype is not None:
            yield _Asked(name, None, f"dtype('{column.dtype}')", refuses=True)
        if not column.nullable:
            yield _Asked(name, None, "not_nullable", refuses=True)
        if column.unique:
            yield _Asked(name, None, "field_uniqueness", refuses=True)
        for number, check in enumerate(column.checks):
            yield _Asked(name, number, _words(check), refuses=not check.raise_warning)
    for number, check in enumerate(schema.checks):
        yield _Asked(None, number, _words(check), refuses=not check.raise_warning)


def _words(check: Any) -> str:
    return str(check.error or check.name or "check")


def _failures(schema: Any, table: pl.DataFrame, *, asked: list[_Asked], reference: str) -> dict[_Asked, pl.DataFrame]:
    """Return the rows (``index``, ``failure_case``) of each check that fails."""
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - an extra

    given: Any = table if ".polars." in type(schema).__module__ else _pandas(table, reference)
    try:
        schema.validate(given, lazy=True)
    except SchemaErrors as error:
        cases = _as_text(error.failure_cases)
    except Exception as error:
        raise BadInput(f"{reference}: {trouble(error)}") from error
    else:
        return {}
    by_place = {(one.column, one.number): one for one in asked}
    found: dict[_Asked, pl.DataFrame] = {}
    for (context, column, check, number), rows in cases.group_by(
        "schema_context", "column", "check", "check_number", maintain_order=True
    ):
        whose = None if column is None or context != "Column" else str(column)
        if check == "column_in_dataframe":
            whose = str(rows["failure_case"][0])
        written = None if number is None else by_place.get((whose, int(str(number))))
        found[written or _Asked(whose, None, str(check), refuses=True)] = rows
    return found


def _pandas(table: pl.DataFrame, reference: str) -> Any:
    try:
        return table.to_pandas()
    except ImportError as error:
        raise MissingExtra(
            f"{reference}: want pandas and pyarrow for a schema of pandas, found none. Install them, or write it with "
            "pandera.polars."
        ) from error


def _as_text(cases: Any) -> pl.DataFrame:
    """Return failure cases of either backend in one shape."""
    rows = (
        cases.select(list(_CASE)).rows()
        if isinstance(cases, pl.DataFrame)
        else cases[list(_CASE)].itertuples(index=False)
    )
    plain = [[_plain(value, dtype) for value, dtype in zip(row, _CASE.values(), strict=True)] for row in rows]
    return pl.DataFrame(plain, schema=_CASE, orient="row")


def _plain(value: Any, dtype: type[pl.DataType]) -> str | int | None:
    """Return a cell as text or as a whole number; what pandas calls NaN or NA is None."""
    text = None if value is None or str(value) in ("nan", "<NA>") else str(value)
    if text is None or dtype is pl.String:
        return text
    return int(float(text)) if text.replace(".", "", 1).isdigit() else None


def _say(one: _Asked, rows: pl.DataFrame, table: pl.DataFrame, *, names: RowNames) -> str:
    """Say which rows fail; what came only of a check of one column, for that of a table is whole rows."""
    placed = rows.filter(pl.col("index").is_not_null())
    if placed.is_empty():
        return f"fails: {cut(str(rows['failure_case'][0]))}."
    places = placed["index"].unique(maintain_order=True)
    came = placed["failure_case"].fill_null("nothing").unique(maintain_order=True).head(3)
    got = "" if one.column is None else f" (got {', '.join(map(cut, came))})"
    return f"{places.len()} of {table.height} rows fail: {names.say(places)}{got}."
