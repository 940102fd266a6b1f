"""Parts that keep everything in memory: for tests of what stands above storage. They pass the same exams."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from slipway.errors import Conflict, Unavailable
from slipway.ports import Change, Position
from slipway.records.base import check_name
from slipway.records.bulk import Written, plain
from slipway.records.frame import Frame
from slipway.storage.audit import START, AuditEntry, Version, link, verify_chain
from slipway.storage.blobs import no_blob
from slipway.storage.changes import check_commit, check_version, not_found
from slipway.storage.columns import check_frame
from slipway.storage.kinds import decode_record, encode_record, kind_of
from slipway.storage.lease import Lease, beaten, check, given, taken

R = TypeVar("R")


class MemoryJournal:
    """A journal that forgets when the process ends; one object is both the folder and the reader.

    An offset counts frames.

    >>> journal = MemoryJournal()
    >>> journal.writer("w").append([])
    Position(segment='w-00000001', offset=0)
    """

    def __init__(self) -> None:
        self._segments: dict[str, list[Frame]] = {}

    def writer(self, name: str) -> "MemoryJournalWriter":
        """Return a writer of a series that no other writer had.

        Raises:
            BadInput: The name is no checked word.
            Conflict: The series exists.
        """
        segment = f"{check_name('journal writer', name)}-00000001"
        if segment in self._segments:
            raise Conflict(f"journal segment {segment}: want a new series, but it exists. Use another name.")
        return MemoryJournalWriter(segment, frames=self._segments.setdefault(segment, []))

    def read(self, after: Mapping[str, int]) -> Iterator[tuple[Frame, Position]]:
        """Yield frames behind the positions, segment by segment in name order."""
        for segment, frames in sorted(self._segments.items()):
            first = after.get(segment, 0)
            for offset, frame in enumerate(frames[first:], start=first + 1):
                yield frame, Position(segment, offset)


class MemoryJournalWriter:
    """Appends to one series of a :class:`MemoryJournal`, which makes it."""

    def __init__(self, segment: str, *, frames: list[Frame]) -> None:
        self._segment, self._frames = segment, frames
        self._closed = False

    def append(self, frames: Sequence[Written]) -> Position:
        """Keep all frames or none, and return the position behind them.

        Raises:
            BadInput: A frame's columns differ in length.
            Unavailable: The writer is closed.
        """
        if self._closed:
            raise Unavailable(f"journal segment {self._segment}: the writer is closed. Open a new one.")
        kept = [plain(frame) for frame in frames]
        for frame in kept:
            check_frame(frame)
        self._frames.extend(kept)
        return Position(self._segment, len(self._frames))

    def close(self) -> None:
        """Take no more. Calling it twice is harmless."""
        self._closed = True


class _Kept:
    def __init__(self) -> None:
        self.bodies: dict[tuple[str, str], list[bytes]] = {}
        self.audit: list[AuditEntry] = []
        self.lease = Lease()


class MemoryStore:
    """A control store that forgets when the process ends. Records pass through bytes, as on a disk.

    >>> MemoryStore().verify_audit() == START
    True
    """

    def __init__(self) -> None:
        self.token: int | None = None
        self._kept = _Kept()

    def another(self) -> "MemoryStore":
        """Return another client of the same store."""
        made = MemoryStore()
        made._kept = self._kept
        return made

    def commit(self, changes: Sequence[Change], *, at_us: int, by: str, why: str) -> None:
        """Store all changes or none, in the order given, and one audit entry for each.

        Raises:
            BadInput: A record of no known kind, a bad id, or no word on who and why.
            Conflict: A record's present version is not the one expected, or another client is the controller by now;
                nothing was stored.
        """
        check_commit(changes, by=by, why=why)
        check(self._kept.lease, token=self.token)
        bodies = {key: list(versions) for key, versions in self._kept.bodies.items()}
        entries = list(self._kept.audit)
        for change in changes:
            kind, body = kind_of(type(change.record)), encode_record(change.record)
            versions = bodies.setdefault((kind, change.id), [])
            check_version(change, present=len(versions))
            versions.append(body)
            entry = AuditEntry(
                seq=len(entries) + 1,
                at_us=at_us,
                by=by,
                kind=kind,
                id=change.id,
                version=len(versions),
                why=why,
                body_sha256=hashlib.sha256(body).hexdigest(),
            )
            entries.append(link(entries[-1].hash if entries else START, entry))
        self._kept.bodies, self._kept.audit = bodies, entries

    def get(self, kind: type[R], *, id: str) -> tuple[R, int]:  # noqa: A002 - the field's own word
        """Return the record and its version.

        Raises:
            NotFound: No such record; the message names the nearest id.
        """
        versions = self._kept.bodies.get((kind_of(kind), id))
        if versions is None:
            raise not_found(kind, id, known=[i for i, _, _ in self.all(kind)])
        return decode_record(versions[-1], kind=kind, id=id, version=len(versions)), len(versions)

    def all(self, kind: type[R]) -> list[tuple[str, R, int]]:
        """Return (id, record, version) of that kind, oldest first."""
        return [(name, *self.get(kind, id=name)) for word, name in self._kept.bodies if word == kind_of(kind)]

    def history(self, kind: type[R], *, id: str) -> list[Version]:  # noqa: A002 - the field's own word
        """Return every version of a record, oldest first, with when, by whom and why.

        Raises:
            NotFound: No such record.
        """
        self.get(kind, id=id)
        word = kind_of(kind)
        made = {e.version: e for e in self._kept.audit if (e.kind, e.id) == (word, id)}
        return [
            Version(
                version=version,
                record=decode_record(body, kind=kind, id=id, version=version),
                at_us=made[version].at_us,
                by=made[version].by,
                why=made[version].why,
            )
            for version, body in enumerate(self._kept.bodies[word, id], start=1)
        ]

    def audit(self, *, after_seq: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """Return the audit entries behind ``after_seq``, oldest first, at most ``limit`` of them."""
        return self._kept.audit[after_seq:][:limit]

    def verify_audit(self) -> str:
        """Return the hash of the newest audit entry if the chain holds.

        Raises:
            Corrupt: Names the first entry that does not fit.
        """
        return verify_chain(self._kept.audit)

    def lease(self) -> Lease:
        """Return who is the controller."""
        return self._kept.lease

    def take_lease(self, seen: Lease, *, holder: str, lock: str) -> int:
        """Take the lease if it still is as it was seen, and return its token.

        Raises:
            Conflict: It was taken, or its holder gave a sign of life.
        """
        self._kept.lease = taken(seen, present=self._kept.lease, holder=holder, lock=lock)
        return self._kept.lease.token

    def beat_lease(self, token: int) -> None:
        """Give a sign of life.

        Raises:
            Conflict: Somebody else has the lease.
        """
        self._kept.lease = beaten(self._kept.lease, token=token)

    def give_lease(self, token: int) -> None:
        """Give the lease back, if it is the one with this token."""
        self._kept.lease = given(self._kept.lease, token=token)

    def close(self) -> None:
        """Nothing to close."""


class MemoryBlobs:
    """Blobs that are forgotten when the process ends.

    >>> blobs = MemoryBlobs()
    >>> blobs.put(b"abc")[:16]  # FIPS 180-2, appendix B.1
    'ba7816bf8f01cfea'
    """

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Keep the bytes and return their SHA-256 in hex."""
        name = hashlib.sha256(data).hexdigest()
        self._data[name] = bytes(data)
        return name

    def get(self, id: str) -> bytes:  # noqa: A002 - the field's own word
        """Return the bytes.

        Raises:
            NotFound: No such blob.
        """
        if id not in self._data:
            raise no_blob(id)
        return self._data[id]

    def has(self, id: str) -> bool:  # noqa: A002 - the field's own word
        """Tell whether the blob is there."""
        return id in self._data
