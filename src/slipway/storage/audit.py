"""Who changed what, when and why, as a chain: an entry cannot be changed or taken out without breaking those after it.

An entry holds the hash of the record's bytes and not the bytes, so a body can be erased (a person's right) and the
chain still verifies. What a chain alone cannot show is that its newest entries were cut off; note its head elsewhere
(a printed report, another machine) and compare.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from slipway.errors import Corrupt
from slipway.records.base import Record, canonical

START = "0" * 64
"""What the first entry follows."""


class AuditEntry(Record, frozen=True, kw_only=True):
    """One change of one record.

    Attributes:
        seq: Place in the order of all changes, from 1 without gaps.
        at_us: Moment of the change.
        by: Who or what changed it.
        kind: Kind of the record.
        id: Its id.
        version: Its version from this change on.
        why: On which evidence, in words.
        body_sha256: SHA-256 of its canonical bytes, in hex.
        hash: SHA-256 of the previous entry's hash and this entry's other fields, in hex.
    """

    seq: int
    at_us: int
    by: str
    kind: str
    id: str
    version: int
    why: str
    body_sha256: str
    hash: str = ""


class Version(Record, frozen=True, kw_only=True):
    """One record as it was.

    Attributes:
        version: From 1 on.
        record: The record, or None if its bytes were erased.
        at_us: Since when.
        by: Who or what made it so.
        why: On which evidence, in words.
    """

    version: int
    record: object
    at_us: int
    by: str
    why: str


def link(previous: str, entry: AuditEntry) -> AuditEntry:
    """Return the entry with its hash, as it follows the one whose hash is ``previous``."""
    return msgspec.structs.replace(entry, hash=chain_hash(previous, entry))


def chain_hash(previous: str, entry: AuditEntry) -> str:
    """Return the SHA-256 of the previous hash and the entry's canonical bytes without its own hash."""
    content = msgspec.structs.asdict(entry)
    del content["hash"]
    return hashlib.sha256(previous.encode() + canonical(content)).hexdigest()


def verify_chain(entries: Iterable[AuditEntry]) -> str:
    """Return the hash of the last entry if each follows from the one before it.

    Raises:
        Corrupt: Names the first entry that does not.
    """
    head, wanted = START, 1
    for entry in entries:
        if entry.seq != wanted:
            raise Corrupt(f"audit: want entry {wanted}, got entry {entry.seq}. An entry was taken out or put in.")
        if entry.hash != chain_hash(head, entry):
            raise Corrupt(
                f"audit entry {entry.seq} ({entry.kind} '{entry.id}' by {entry.by}): it is not what was written, or "
                "does not follow from the entry before it. Compare it with a copy of the store."
            )
        head, wanted = entry.hash, wanted + 1
    return head
