"""Does the control store still hold what its audit says?"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from slipway.errors import Corrupt
from slipway.storage.audit import AuditEntry, verify_chain
from slipway.storage.schema import audit, head, record, record_version


def entries_of(rows: Iterable[Row[Any]]) -> list[AuditEntry]:
    """Turn rows of ``audit`` into records."""
    return [AuditEntry(**row._asdict()) for row in rows]


def verify_store(connection: Connection) -> str:
    """Return the hash of the newest audit entry if everything fits together.

    Raises:
        Corrupt: Names the first thing that does not fit: an entry, a version or a record.
    """
    entries = entries_of(connection.execute(select(audit).order_by(audit.c.seq)))
    chain = verify_chain(entries)
    seq, newest = connection.execute(select(head.c.seq, head.c.hash)).one()
    if (len(entries), chain) != (seq, newest):
        raise Corrupt(f"audit: want {seq} entries, as the store counted, got {len(entries)} that verify.")
    _verify_versions(connection, entries)
    _verify_records(connection, entries)
    return chain


def _verify_versions(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    wanted = {(e.kind, e.id, e.version): e.body_sha256 for e in entries}
    for kind, name, version, body in connection.execute(select(record_version)):
        digest = wanted.pop((kind, name, version), None)
        if digest is None or (body is not None and hashlib.sha256(body).hexdigest() != digest):
            raise Corrupt(f"{kind} '{name}' version {version}: its bytes are not those that the audit names.")
    for kind, name, version in wanted:
        raise Corrupt(f"{kind} '{name}' version {version}: the audit names it, but it was taken out.")


def _verify_records(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    newest = {(e.kind, e.id): (e.version, e.body_sha256) for e in entries}
    for kind, name, version, body in connection.execute(
        select(record.c.kind, record.c.id, record.c.version, record.c.body)
    ):
        if newest.pop((kind, name), None) != (version, hashlib.sha256(body).hexdigest()):
            raise Corrupt(f"{kind} '{name}': the record is not the newest version that the audit names.")
    for kind, name in newest:
        raise Corrupt(f"{kind} '{name}': the audit names it, but it was taken out.")
