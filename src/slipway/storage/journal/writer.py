"""Appends ticks to a series of segments that no other process touches."""

from collections.abc import Sequence
from pathlib import Path

from slipway.errors import BadInput, Unavailable
from slipway.ports import Position
from slipway.records.base import check_name
from slipway.records.bulk import Written
from slipway.records.worker_config import Durability
from slipway.storage.journal.codec import SEGMENT_HEADER, encode_tick
from slipway.storage.journal.segment import OpenSegment, let_go

SEGMENT_BYTES = 64 << 20
"""From this size on a segment is closed and the next one begun; also what a reader holds in memory at once."""


def writer_name(role: str, *, started_us: int, pid: int) -> str:
    """Return a writer name that no other process start has: role, start in hex, process id in hex.

    Raises:
        BadInput: The role is no checked word, or too long.

    >>> writer_name("worker0", started_us=255, pid=16)
    'worker0-ff-10'
    """
    return check_name("journal writer", f"{role}-{started_us:x}-{pid:x}")


class SegmentWriter:
    """Appends frames; implements :class:`slipway.ports.JournalWriter`. For one thread.

    Args:
        folder: The journal folder; it must exist.
        name: Unique to this process start (:func:`writer_name`). After a crash a new name starts a new series.
        durability: What an acknowledged frame survives.
        segment_bytes: When to begin the next segment.
        bulk: Whether ticks of megabytes follow each other, as a batch job's do. What is written then goes to the disk
            at once and does not stay in memory: gigabytes of it would push out what others read, and a page of the disk
            cache that is new to the machine may cost more than all else that is done with its rows.

    Raises:
        BadInput: The name is no checked word, or ``segment_bytes`` is not positive.
        Conflict: The series exists.
        Unavailable: The disk refused.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        durability: Durability = Durability.PROCESS,
        segment_bytes: int = SEGMENT_BYTES,
        bulk: bool = False,
    ) -> None:
        check_name("journal writer", name)
        if segment_bytes < 1:
            raise BadInput(f"segment_bytes: want at least 1, got {segment_bytes}.")
        self._folder, self._name = folder, name
        self._durability, self._segment_bytes, self._bulk = Durability(durability), segment_bytes, bulk
        self._number = 0
        self._tick = bytearray()
        self._closed = False
        self._segment: OpenSegment | None = None
        self._segment = self._next()

    def append(self, frames: Sequence[Written]) -> Position:
        """Write one tick in one go and return the position behind it.

        On return the frames survive what ``durability`` says. A reader sees all frames of the tick or none.

        Raises:
            BadInput: A frame's columns differ in length; nothing was written.
            Unavailable: The disk refused, or the writer is closed; nothing counts as written. A later call may work.
        """
        pieces = encode_tick(frames, into=self._tick)
        segment = self._ready()
        if pieces:
            segment.write(*pieces)
        if self._bulk:
            let_go(segment.path)
            if self._number > 1:  # its last tick had not reached the disk when the next segment was begun
                let_go(self._path(self._number - 1))
        return Position(segment.name, segment.size_bytes)

    def close(self) -> None:
        """Close the segment, which may then be sealed. Calling it twice is harmless."""
        self._closed = True
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _ready(self) -> OpenSegment:
        if self._closed:
            raise Unavailable(f"journal writer {self._name}: it is closed. Open a new one under a new name.")
        segment = self._segment
        full = segment is not None and len(SEGMENT_HEADER) < segment.size_bytes >= self._segment_bytes
        if segment is None or segment.broken or full:
            if segment is not None:
                segment.close()
                self._segment = None
            self._segment = segment = self._next()
        return segment

    def _next(self) -> OpenSegment:
        self._number += 1
        return OpenSegment(self._path(self._number), durability=self._durability)

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._name}-{number:08d}.seg"
