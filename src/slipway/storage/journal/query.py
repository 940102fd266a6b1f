"""Asks the journal in SQL. Reads only: one SELECT, over the journal's own tables and nothing else."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import polars as pl

from slipway.errors import BadInput, Unavailable

T = TypeVar("T")
_SAID = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_FOREIGN = re.compile(r"\b(read_\w+)\s*\(", re.IGNORECASE)


def ask(sql: str, *, relations: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """Return the rows that a query selects; they are not read yet (:func:`collected`, :func:`written`).

    Args:
        sql: One SELECT, or WITH and a SELECT.
        relations: Table name to rows.

    Raises:
        BadInput: Something else than a SELECT, a table or column that is not there, or no SQL.

    >>> rows = {"outcomes": pl.LazyFrame({"value": [1.0, 0.0, 1.0]})}
    >>> collected(ask("SELECT avg(value) AS mean FROM outcomes", relations=rows)).item()
    0.6666666666666666
    """
    bare = _SAID.sub(lambda m: "''" if m[0].startswith("'") else " ", sql)
    first = re.match(r"[\s(]*(\w*)", bare)
    word = first[1].upper() if first else ""
    if word not in ("SELECT", "WITH"):
        raise BadInput(
            f"query: want one SELECT (or WITH ... SELECT), got {word or 'nothing'!r}. The journal is only read; "
            f"its tables are {', '.join(relations)}."
        )
    if foreign := _FOREIGN.search(bare):
        raise BadInput(f"query: want the tables {', '.join(relations)}, got {foreign[1]}(). Other files are not read.")
    context = pl.SQLContext(frames=dict(relations), eager=False)
    return _tried(lambda: _resolved(context.execute(sql)), relations=relations)


def collected(rows: pl.LazyFrame, *, most: int | None = None) -> pl.DataFrame:
    """Read the rows, or the first of them.

    Raises:
        BadInput: The query contradicts itself, such as a comparison of text with a number.
        Unavailable: A segment was removed meanwhile, or cannot be read.
    """
    return _tried(lambda: (rows if most is None else rows.head(most)).collect(engine="streaming"))


def written(rows: pl.LazyFrame, *, path: Path) -> None:
    """Stream the rows into a new file, CSV or Parquet by its ending: it is there whole or not at all.

    Raises:
        BadInput: The file exists, or its ending says neither.
        Unavailable: A segment was removed meanwhile, or the disk refused.
    """
    if path.exists():
        raise BadInput(f"{path}: want the name of a new file, but it exists. Remove it, or choose another name.")
    part = path.with_name(f".{path.name}.part")
    if path.suffix not in (".csv", ".parquet"):
        raise BadInput(f"{path}: want a name that ends with .csv or .parquet, got {path.suffix or 'no ending'!r}.")
    try:
        _tried(lambda: rows.sink_csv(part) if path.suffix == ".csv" else rows.sink_parquet(part))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _resolved(rows: pl.LazyFrame) -> pl.LazyFrame:
    rows.collect_schema()  # finds what is not there before anything is read
    return rows


def _tried(step: Callable[[], T], *, relations: Mapping[str, pl.LazyFrame] | None = None) -> T:
    try:
        return step()
    except FileNotFoundError as error:
        raise Unavailable(f"query: {error}. Retention removed the segment meanwhile; ask again.") from error
    except OSError as error:
        raise Unavailable(f"query: want to read and write files, got '{error.strerror or error}'.") from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        said = str(error).partition("\n\nResolved plan")[0].strip()
        tables = f" Tables: {_listed(relations)}." if relations else ""
        raise BadInput(f"query: want SQL over the journal, got '{said}'.{tables}") from error


def _listed(relations: Mapping[str, pl.LazyFrame]) -> str:
    return "; ".join(f"{name} ({', '.join(rows.collect_schema())})" for name, rows in relations.items())
