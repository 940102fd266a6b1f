"""The control store on any SQL database: each record as it is, as it ever was, and why."""

import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from slipway.ports import Change, Clock
from slipway.storage.audit import AuditEntry, Version, link
from slipway.storage.changes import check_commit, check_version, not_found
from slipway.storage.clock import SystemClock
from slipway.storage.engine import open_engine, reading, writing
from slipway.storage.kinds import decode_record, encode_record, kind_of
from slipway.storage.lease import Lease, beaten, check, given, read_lease, taken, write_lease
from slipway.storage.migrations import migrate
from slipway.storage.schema import audit, head, record, record_version
from slipway.storage.verify_store import entries_of, verify_store

R = TypeVar("R")


class SqlStore:
    """Keeps records; implements :class:`slipway.ports.ControlStore` and :class:`slipway.storage.lease.LeasedStore`.

    For any number of threads and processes. Opening it brings the database up to date.

    Args:
        url: Address of the database; see :func:`slipway.storage.engine.open_engine` and ``Layout.control_url``.
        clock: Tells when a migration was made.
        busy_timeout_s: How long a commit waits for another process's.

    Attributes:
        token: Lease of the controller that this process is; a commit without the newest is refused. None for others.

    Raises:
        BadInput: The address makes no sense.
        Corrupt: The file is no database.
        Refused: A newer Slipway has used it.
        Unavailable: The database does not answer.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, busy_timeout_s: float = 10.0) -> None:
        self.token: int | None = None
        self._engine = open_engine(url, busy_timeout_s=busy_timeout_s)
        with writing(self._engine) as connection:
            migrate(connection, now_us=(clock or SystemClock()).now_us())

    def commit(self, changes: Sequence[Change], *, at_us: int, by: str, why: str) -> None:
        """Store all changes or none, durably, in the order given, and one audit entry for each.

        Raises:
            BadInput: A record of no known kind, a bad id, or no word on who and why.
            Conflict: A record's present version is not the one expected, or another process is the controller by now;
                nothing was stored.
            Unavailable: The database does not answer; nothing was stored.
        """
        check_commit(changes, by=by, why=why)
        if not changes:
            return
        with writing(self._engine) as connection:
            if self.token is not None:
                check(read_lease(connection, holds=True), token=self.token)
            seq, chain = connection.execute(select(head.c.seq, head.c.hash).with_for_update()).one()
            for change in changes:
                seq += 1
                body = encode_record(change.record)
                version = _put(connection, change, body=body, at_us=at_us, seq=seq)
                entry = AuditEntry(
                    seq=seq,
                    at_us=at_us,
                    by=by,
                    kind=kind_of(type(change.record)),
                    id=change.id,
                    version=version,
                    why=why,
                    body_sha256=hashlib.sha256(body).hexdigest(),
                )
                entry = link(chain, entry)
                chain = entry.hash
                connection.execute(audit.insert().values(**{n: getattr(entry, n) for n in entry.__struct_fields__}))
            connection.execute(head.update().values(seq=seq, hash=chain))

    def get(self, kind: type[R], *, id: str) -> tuple[R, int]:  # noqa: A002 - the field's own word
        """Return the record and its version.

        Raises:
            NotFound: No such record; the message names the nearest id.
            Corrupt: Its bytes are no such record.
        """
        word = kind_of(kind)
        with reading(self._engine) as connection:
            query = select(record.c.body, record.c.version).where(record.c.kind == word, record.c.id == id)
            row = connection.execute(query).one_or_none()
            if row is None:
                known = connection.scalars(select(record.c.id).where(record.c.kind == word).order_by(record.c.seq))
                raise not_found(kind, id, known=known.all())
        return decode_record(row.body, kind=kind, id=id, version=row.version), row.version

    def all(self, kind: type[R]) -> list[tuple[str, R, int]]:
        """Return (id, record, version) of that kind, oldest first.

        Raises:
            Corrupt: The bytes of one are no such record.
        """
        query = select(record.c.id, record.c.body, record.c.version).where(record.c.kind == kind_of(kind))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(record.c.seq)).all()
        return [(i, decode_record(body, kind=kind, id=i, version=v), v) for i, body, v in rows]

    def history(self, kind: type[R], *, id: str) -> list[Version]:  # noqa: A002 - the field's own word
        """Return every version of a record, oldest first, with when, by whom and why.

        Raises:
            NotFound: No such record ever.
            Corrupt: The bytes of one are no such record.
        """
        self.get(kind, id=id)
        old, made = record_version.c, audit.c
        query = (
            select(old.version, old.body, made.at_us, made.by, made.why)
            .join(audit, (made.kind == old.kind) & (made.id == old.id) & (made.version == old.version))
            .where(old.kind == kind_of(kind), old.id == id)
            .order_by(old.version)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [_version(row, kind=kind, id=id) for row in rows]

    def audit(self, *, after_seq: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the audit entries behind ``after_seq``, oldest first, at most ``limit`` of them."""
        query = select(audit).where(audit.c.seq > after_seq).order_by(audit.c.seq).limit(limit)
        with reading(self._engine) as connection:
            return entries_of(connection.execute(query))

    def verify_audit(self) -> str:
        """Return the hash of the newest audit entry if the chain holds and every record is what it says.

        Each kept body must have the hash that its entry names, and each record must be at the version of its last
        entry. A body that was erased is no fault.

        Raises:
            Corrupt: Names the first entry or record that does not fit.
        """
        with reading(self._engine) as connection:
            return verify_store(connection)

    def lease(self) -> Lease:
        """Return who is the controller."""
        with reading(self._engine) as connection:
            return read_lease(connection)

    def take_lease(self, seen: Lease, *, holder: str, lock: str) -> int:
        """Take the lease if it still is as it was seen, and return its token.

        Raises:
            Conflict: It was taken, or its holder gave a sign of life.
        """
        with writing(self._engine) as connection:
            wanted = taken(seen, present=read_lease(connection, holds=True), holder=holder, lock=lock)
            write_lease(connection, wanted)
        return wanted.token

    def beat_lease(self, token: int) -> None:
        """Give a sign of life.

        Raises:
            Conflict: Somebody else has the lease.
        """
        with writing(self._engine) as connection:
            write_lease(connection, beaten(read_lease(connection, holds=True), token=token))

    def give_lease(self, token: int) -> None:
        """Give the lease back, if it is the one with this token."""
        with writing(self._engine) as connection:
            write_lease(connection, given(read_lease(connection, holds=True), token=token))

    def close(self) -> None:
        """Close all connections. Calling it twice is harmless."""
        self._engine.dispose()


def _put(connection: Connection, change: Change, *, body: bytes, at_us: int, seq: int) -> int:
    kind = kind_of(type(change.record))
    here = (record.c.kind == kind) & (record.c.id == change.id)
    present = connection.scalar(select(record.c.version).where(here)) or 0
    check_version(change, present=present)
    version = present + 1
    if present:
        connection.execute(record.update().where(here).values(version=version, body=body, updated_us=at_us))
    else:
        fresh = {"kind": kind, "id": change.id, "version": 1, "body": body, "seq": seq}
        connection.execute(record.insert().values(**fresh, created_us=at_us, updated_us=at_us))
    connection.execute(record_version.insert().values(kind=kind, id=change.id, version=version, body=body))
    return version


def _version(row: Any, *, kind: type, id: str) -> Version:  # noqa: A002 - the field's own word
    made = None if row.body is None else decode_record(row.body, kind=kind, id=id, version=row.version)
    return Version(version=row.version, record=made, at_us=row.at_us, by=row.by, why=row.why)
