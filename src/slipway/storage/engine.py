"""Opens the control store's database. Everything that differs between databases is in this file and one line of
``migrations.py``.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError

from slipway.errors import BadInput, Corrupt, MissingExtra, Unavailable

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers never wait for the writer
    "PRAGMA synchronous=FULL",  # a commit survives power loss
    "PRAGMA foreign_keys=ON",
)
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WRITES = "slipway_writes"


def open_engine(url: str, *, busy_timeout_s: float = 10.0) -> Engine:
    """Return an engine whose transactions mean the same on every database. Connects to nothing yet.

    Args:
        url: Such as ``sqlite:////project/.slipway/control.db`` or ``postgresql+psycopg://user@host/name``.
        busy_timeout_s: How long a writer waits for another one (SQLite).

    Raises:
        BadInput: The address makes no sense, or names a database in memory, which each connection would have anew.
        MissingExtra: The database's driver is not installed.
    """
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        if sqlite and parsed.database in (None, "", ":memory:"):
            raise BadInput(
                f"control store: want a file, got '{url}'. For tests there is slipway.testing.memory.MemoryStore."
            )
        engine = create_engine(parsed, connect_args={"timeout": busy_timeout_s} if sqlite else {})
    except (ArgumentError, NoSuchModuleError) as error:
        raise BadInput(
            "control store: want an address such as 'sqlite:///path/control.db' or 'postgresql+psycopg://...', "
            f"got one that begins with '{url.partition(':')[0]}'."  # the rest may hold a password
        ) from error
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"control store: '{url.partition(':')[0]}' needs the package '{error.name}'. "
            "Install it: python -m pip install 'slipway[postgres]'."
        ) from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection that sees one consistent state; see :func:`writing` for what it raises."""
    with _telling(engine, done="Nothing was read."), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that is kept whole when the block ends, and dropped whole if it raises.

    On SQLite it holds the only write lock from its beginning, so what it reads stays true until it commits.

    Raises:
        Unavailable: The database does not answer, is locked for longer than the time allowed, or its disk is full.
        Corrupt: The file is no database, or is damaged.
    """
    with (
        _telling(engine, done="Nothing was changed."),
        engine.connect().execution_options(**{_WRITES: True}) as connection,
        connection.begin(),
    ):
        yield connection


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late for reads, and not before DDL
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _telling(engine: Engine, *, done: str) -> Iterator[None]:
    where = engine.url.render_as_string(hide_password=True)
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            f"control store {where}: want an answer, got '{error.orig}'. {done} "
            "Look for a process that holds it, a full disk, or missing rights; then try again."
        ) from error
    except DatabaseError as error:
        raise _worse(where, error) from error


def _worse(where: str, error: DBAPIError) -> Exception:
    if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _BROKEN:
        return Corrupt(f"control store {where}: want a database, got '{error.orig}'. Restore it from a copy.")
    return error
