"""A table from wherever it is: a file, a folder, a pattern, an object store, or the rows of a query."""

from pathlib import Path

import polars as pl

from slipway.errors import BadInput
from slipway.project.sources import read_place, read_query

_NOTHING = "duckdb://"


def read_any(place: str, *, database: str = "") -> pl.DataFrame:
    """Read a table.

    Args:
        place: As for :func:`slipway.project.sources.read_place`; or a ``.sql`` file with a query.
        database: Environment variable that holds the URL of the database that a query is asked of; empty: DuckDB with
            no database, which reads the files that the query names.

    Raises:
        NotFound: There is none.
        BadInput: The name is empty, or the table is empty or broken, or the query fails.
        MissingExtra: What reads it is not installed.
        Unavailable: The store or the database does not answer.
    """
    if not place.strip():
        raise BadInput("monitor: want a file, a folder, a pattern, a URL or a .sql file, got an empty name.")
    if not place.endswith(".sql"):
        return read_place(place, root=Path())
    return read_query(Path(place), variable=database, otherwise=_NOTHING)[0]
