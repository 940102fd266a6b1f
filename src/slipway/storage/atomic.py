"""Files that appear whole or not at all, also after a power cut."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

from slipway.errors import DiskRefused

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_atomically(path: Path, data: bytes) -> None:
    """Put the bytes at the path: a reader sees the old file or the new one, never a part.

    Written beside the target, flushed, renamed, and the folder flushed: on return it survives power loss. Missing
    folders are made.

    Raises:
        DiskRefused: The old file, if any, is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:64]}.", suffix=".new", dir=path.parent)
    except OSError as error:
        raise refused(path, error, wanted_bytes=len(data)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink(missing_ok=True)
        raise refused(path, error, wanted_bytes=len(data)) from error


def sync_folder(folder: Path) -> None:
    """Flush the folder's own entries, so that a new or renamed file is still there after power loss."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refused(path: Path, error: OSError, *, wanted_bytes: int) -> DiskRefused:
    """Say in one sentence that the disk did not take the bytes, why, and the way out."""
    full = error.errno in _NO_ROOM
    way_out = "The disk is full. Free space" if full else "Look after the disk (or mend the rights)"
    return DiskRefused(
        f"{path}: want to write {wanted_bytes} bytes, got '{error.strerror or error}' from the disk. "
        f"Nothing of it was kept. {way_out} where {path.parent} lies, then try again.",
        full=full,
    )
