"""Read what ``data.source`` names: files in a folder or a bucket, or the rows of an SQL query."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from slipway.batch.formats import Format, format_of
from slipway.batch.places import find_files, is_remote
from slipway.errors import BadInput, MissingExtra, NotFound, Unavailable
from slipway.project.csv_table import read_csv


class Fit(Protocol):
    """Brings the table of a CSV file to the types that are wanted."""

    def __call__(self, table: pl.DataFrame, /, *, what: str) -> pl.DataFrame:
        """Return the table; ``what`` names its file in messages."""
        ...


_READERS: dict[Format, Callable[..., pl.DataFrame]] = {
    Format.PARQUET: pl.read_parquet,
    Format.ARROW: pl.read_ipc,
    Format.CSV: read_csv,
}


def read_place(place: str, *, root: Path, fit: Fit = lambda table, **_: table) -> pl.DataFrame:
    """Read the tables of a place as one: a file, a folder, a pattern, or the same in an object store.

    Args:
        place: As for :func:`slipway.batch.places.find_files`; a path is taken from ``root``.
        root: The project's folder.
        fit: Brings the table of a CSV file, which knows no types, to the types that are wanted, or raises.

    Raises:
        NotFound: There is none.
        BadInput: A file is empty or broken (of a CSV the line is told), or files differ in format or columns.
        MissingExtra: The place is in an object store and ``slipway[s3]`` is not installed.
        Unavailable: The store does not answer, or a file may not be read.
    """
    names = [file.path for file in find_files(place if is_remote(place) else str(root / place))]
    formats = {format_of(name) for name in names}
    if len(formats) > 1:
        raise BadInput(f"{place}: want files of one format, got {', '.join(sorted(formats))}. Use a pattern.")
    format_ = formats.pop()
    tables = [_read(name, format_) for name in names]
    if format_ is Format.CSV:
        tables = [fit(table, what=name) for name, table in zip(names, tables, strict=True)]
    for name, table in zip(names, tables, strict=True):
        if table.schema != tables[0].schema:
            odd = sorted(set(table.schema.items()) ^ set(tables[0].schema.items()), key=str)
            raise BadInput(f"{name}: want the columns of {names[0]}, got other ones: {odd[:6]}.")
    table = pl.concat(tables)
    if table.is_empty():
        raise BadInput(f"{place}: want at least one row, got none.")
    return table


def _read(name: str, format_: Format) -> pl.DataFrame:
    try:
        return _READERS[format_](name)
    except PermissionError as error:
        said = error.strerror or "Permission denied"  # polars' own have no more than text
        raise Unavailable(f"{name}: want to read it, got '{said}'. Check its permissions.") from error
    except (pl.exceptions.PolarsError, OSError) as error:
        got = " ".join(str(error).split())[:200]
        raise BadInput(f"{name}: want a whole {format_} file, got '{got}'. Mend it, or write it again.") from error


def read_query(file: Path, *, variable: str, otherwise: str = "") -> tuple[pl.DataFrame, str]:
    """Return the rows of the query in a file, and where they came from, without user, password or options.

    The transaction is rolled back: a source is read. ``duckdb:///file`` and ``duckdb://`` (nothing but the files that
    the query names, from the project's folder) go to DuckDB, all else to SQLAlchemy.

    Args:
        file: Its text is the query.
        variable: Environment variable that holds the database's URL.
        otherwise: The URL where no variable is named.

    Raises:
        NotFound: No such file, the variable is not set, or its database is a file that is not there.
        BadInput: The file holds no text, the URL is none, the query fails, or it has no rows.
        MissingExtra: The driver is not installed.
        Unavailable: The database does not answer.
    """
    if not file.is_file():
        raise NotFound(f"{file}: want a file with a query, found none.")
    if not (given := os.environ.get(variable, "") if variable else otherwise):
        named = f"the environment variable {variable}" if variable else "data.database, the name of a variable,"
        raise NotFound(f"{file.name}: want {named} to hold the URL of the database, found nothing.")
    try:
        url = make_url(given)
    except (SQLAlchemyError, ValueError) as error:
        raise BadInput(
            f"{variable}: want the URL of a database such as 'postgresql+psycopg://user:password@host/name', got "
            "another text."
        ) from error
    place = f"{url.drivername}://{url.host or ''}/{url.database or ''}"
    _check_there(url, variable=variable, file=file)
    text = _text_of(file)
    table = _duckdb(text, url, file, place) if url.drivername == "duckdb" else _sqlalchemy(text, url, file, place)
    if table.is_empty():
        raise BadInput(f"{file.name}: want a query with at least one row, got none from {place}.")
    return table, f"{file.name} of {place}"


def _text_of(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip().rstrip(";")
    except UnicodeDecodeError as error:
        raise BadInput(f"{file.name}: want a query in UTF-8, got byte {error.start + 1} that is none.") from error
    if not text:
        raise BadInput(f"{file.name}: want a file with a query, got an empty one.")
    return text


def _check_there(url: URL, *, variable: str, file: Path) -> None:
    """Refuse a file of SQLite's or DuckDB's that is not there; SQLite would make an empty one."""
    name = url.database or ":memory:"
    if url.get_backend_name() in ("sqlite", "duckdb") and not name.startswith((":", "file:")):
        path = Path(name)
        if not path.is_file():
            raise NotFound(f"{file.name}: want the database {path} that {variable} names, found no such file.")


def _sqlalchemy(text: str, url: URL, file: Path, place: str) -> pl.DataFrame:
    try:
        engine = create_engine(url)
    except (SQLAlchemyError, ImportError) as error:
        raise MissingExtra(
            f"{file.name}: want a driver for {url.drivername}, got none: {_without(error, url)}. "
            "Install it beside Slipway."
        ) from None
    try:
        with engine.connect() as connection:
            return pl.read_database(text, connection=connection, infer_schema_length=None)
    except SQLAlchemyError as error:
        if getattr(error, "connection_invalidated", False) or "connect" in str(error).lower():
            raise Unavailable(f"{file.name}: want an answer from {place}, got '{_without(error, url)}'.") from None
        raise BadInput(f"{file.name}: want a query that {place} runs, got '{_without(error, url)}'.") from None
    except AttributeError as error:  # polars asks for the cursor, and a statement without rows has none
        raise BadInput(f"{file.name}: want a query, got a statement without rows. Begin it with 'select'.") from error
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError) as error:
        raise BadInput(
            f"{file.name}: want columns of one sort of value each, got '{_without(error, url)}'. Cast them "
            "in the query."
        ) from None
    finally:
        engine.dispose()


def _duckdb(text: str, url: URL, file: Path, place: str) -> pl.DataFrame:
    try:
        import duckdb  # noqa: PLC0415 - not needed otherwise
    except ImportError as error:
        raise MissingExtra(
            f"{file.name}: want DuckDB for {place}, found none. Install 'duckdb' and 'pyarrow'."
        ) from error
    folder = file.parent
    try:
        with duckdb.connect(url.database or ":memory:", read_only=bool(url.database)) as connection:
            connection.execute(f"set file_search_path = '{str(folder).replace(chr(39), chr(39) * 2)}'")
            rows: Any = connection.sql(text)
            if rows is None:
                raise BadInput(f"{file.name}: want a query, got a statement without rows.")
            return pl.DataFrame(rows.to_arrow_table())
    except duckdb.Error as error:
        raise BadInput(f"{file.name}: want a query that {place} runs, got '{_without(error, url)}'.") from None


def _without(error: Exception, url: URL) -> str:
    """Say an error in one line without the password: drivers repeat what they were given."""
    said = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
    for secret in filter(None, (url.password, url.username)):
        said = said.replace(str(secret), "***")
    return said
