"""One segment, open for writing by the one process that owns it."""

import contextlib
import os
from pathlib import Path

from slipway.errors import Conflict, Unavailable
from slipway.records.worker_config import Durability
from slipway.storage.atomic import refused, sync_folder
from slipway.storage.journal.codec import SEGMENT_HEADER, Bytes
from slipway.storage.lock import try_lock

_sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class OpenSegment:
    """A new segment, locked for as long as it is open.

    Attributes:
        path: Where it lies.
        name: File name without ``.seg``.
        size_bytes: Offset behind the last tick that counts.
        broken: Whether the disk left it in doubt, so that nothing more may be written to it.

    Raises:
        Conflict: A file of that name is there already; a segment is never reopened.
        Unavailable: The disk refused.
    """

    def __init__(self, path: Path, *, durability: Durability) -> None:
        self.name = path.stem
        self.broken = False
        self.path, self._durability = path, durability
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError as error:
            raise Conflict(
                f"journal segment {path}: want a new file, but it exists. Two writers have one name; "
                "give each process start a name of its own (see writer_name)."
            ) from error
        except OSError as error:
            raise refused(path, error, wanted_bytes=len(SEGMENT_HEADER)) from error
        self.size_bytes = 0
        if not try_lock(self._handle):
            self.close()
            raise Unavailable(f"journal segment {path}: another process locked it while it was made; try again.")
        try:
            self.write(SEGMENT_HEADER)
            if durability is Durability.FSYNC:
                sync_folder(path.parent)
        except OSError as error:
            self.close()
            raise refused(path, error, wanted_bytes=len(SEGMENT_HEADER)) from error
        except Unavailable:
            self.close()
            raise

    def write(self, *pieces: Bytes) -> None:
        """Append all bytes of all pieces, or none.

        What a failed write left is cut off. Should that fail too, or should the flush fail (after which the kernel
        promises nothing about the file), the segment is broken; a reader of a flush that failed may have seen the tick.

        Raises:
            Unavailable: The disk refused; the message says how many bytes were wanted.
        """
        self.broken = True  # until proven whole: an interrupt may come between any two lines
        size_bytes = sum(map(len, pieces))
        try:
            for piece in pieces:
                self._write_all(piece)
        except OSError as error:
            self.broken = not self._take_back()
            raise refused(self.path, error, wanted_bytes=size_bytes) from error
        if self._durability is Durability.FSYNC:
            self._flush(wanted_bytes=size_bytes)
        self.size_bytes += size_bytes
        self.broken = False

    def close(self) -> None:
        """Release it. One that holds no frame is removed, so that idle or failing processes leave no litter."""
        if self._handle >= 0:
            if self.size_bytes <= len(SEGMENT_HEADER):
                with contextlib.suppress(OSError):
                    self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1

    def _write_all(self, data: Bytes) -> None:
        written = os.write(self._handle, data)
        while written < len(data):
            written += os.write(self._handle, memoryview(data)[written:])

    def _flush(self, *, wanted_bytes: int) -> None:
        try:
            _sync_data(self._handle)
        except OSError as error:
            self._take_back()
            raise refused(self.path, error, wanted_bytes=wanted_bytes) from error

    def _take_back(self) -> bool:
        try:
            os.ftruncate(self._handle, self.size_bytes)
        except OSError:
            return False
        return True


def let_go(path: Path) -> None:
    """Ask that what was written goes to the disk now, and that what has got there leaves memory.

    It waits for nothing and promises nothing; where the system knows no such advice, nothing happens.
    """
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError), path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
