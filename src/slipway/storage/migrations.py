"""How a control store of any age becomes one of today: ordered steps in one transaction, never edited once released.

A step says its tables itself and does not borrow them from ``schema.py``, which shows only where the last step leads;
a test holds the two together.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    select,
    text,
)

from slipway.errors import Refused
from slipway.storage import schema
from slipway.storage.audit import START


class Migration(NamedTuple):
    """One step.

    Attributes:
        version: From 1 on without gaps.
        name: What it does, in words.
        apply: Does it, on a connection in a transaction.
    """

    version: int
    name: str
    apply: Callable[[Connection], None]


def _first(connection: Connection) -> None:
    tables = MetaData()
    Table(
        "record",
        tables,
        Column("kind", String(64), primary_key=True),
        Column("id", String(200), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("created_us", BigInteger, nullable=False),
        Column("updated_us", BigInteger, nullable=False),
        Column("seq", BigInteger, nullable=False, index=True),
    )
    Table(
        "record_version",
        tables,
        Column("kind", String(64), primary_key=True),
        Column("id", String(200), primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("body", LargeBinary),
    )
    Table(
        "audit",
        tables,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("at_us", BigInteger, nullable=False),
        Column("by", Text, nullable=False),
        Column("kind", String(64), nullable=False),
        Column("id", String(200), nullable=False),
        Column("version", Integer, nullable=False),
        Column("why", Text, nullable=False),
        Column("body_sha256", String(64), nullable=False),
        Column("hash", String(64), nullable=False),
    )
    head = Table(
        "head",
        tables,
        Column("one", Integer, primary_key=True, autoincrement=False),
        Column("seq", BigInteger, nullable=False),
        Column("hash", String(64), nullable=False),
    )
    tables.create_all(connection)
    connection.execute(head.insert().values(one=1, seq=0, hash=START))


def _lease(connection: Connection) -> None:
    lease = Table(
        "lease",
        MetaData(),
        Column("one", Integer, primary_key=True, autoincrement=False),
        Column("token", BigInteger, nullable=False),
        Column("beat", BigInteger, nullable=False),
        Column("holder", Text, nullable=False),
        Column("lock", String(64), nullable=False),
    )
    lease.create(connection)
    connection.execute(lease.insert().values(one=1, token=0, beat=0, holder="", lock=""))


MIGRATIONS: Sequence[Migration] = (
    Migration(1, "records, their versions, and the audit chain", _first),
    Migration(2, "the controller's lease", _lease),
)
"""Every step there ever was, in order."""


def migrate(connection: Connection, *, now_us: int, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Take the steps that the database has not taken, and return its version.

    The caller holds the transaction and commits it; two processes that start at once queue on it.

    Raises:
        Refused: The database is newer than this code; the message names both versions.
    """
    if connection.dialect.name == "postgresql":  # SQLite's BEGIN IMMEDIATE has locked everything already
        connection.execute(text("SELECT pg_advisory_xact_lock(5107434)"))
    if not inspect(connection).has_table(schema.migration.name):
        schema.migration.create(connection)
    taken = set(connection.scalars(select(schema.migration.c.version)))
    newest = migrations[-1].version
    if ahead := sorted(taken - {m.version for m in migrations}):
        raise Refused(
            f"control store: want schema version {newest} or older, got {ahead[-1]}. A newer Slipway has used it; "
            "run that version or a newer one, or restore the copy from before the upgrade."
        )
    for step in migrations:
        if step.version not in taken:
            step.apply(connection)
            connection.execute(schema.migration.insert().values(version=step.version, name=step.name, at_us=now_us))
    return newest
