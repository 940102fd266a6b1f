"""The control store's tables, as the newest migration leaves them. Plain SQL types only: any database will do."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

record = Table(
    "record",
    metadata,
    Column("kind", String(64), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False, index=True),
)
"""Each record as it is now; ``seq`` is the audit entry that created it, which is the order of creation."""

record_version = Table(
    "record_version",
    metadata,
    Column("kind", String(64), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", LargeBinary),
)
"""Each record as it ever was; a body that was erased is NULL. When, by whom and why stands in ``audit``."""

audit = Table(
    "audit",
    metadata,
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
"""Each change in order, chained by hash."""

head = Table(
    "head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: the newest audit entry. Who commits locks it, so that changes queue on every database."""

lease = Table(
    "lease",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("token", BigInteger, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("lock", String(64), nullable=False),
)
"""One row: who is the controller. Who commits as one holds it, so that nobody takes it meanwhile."""

migration = Table(
    "migration",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
"""Which steps this database has taken."""
