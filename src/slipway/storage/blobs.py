"""Bytes by their SHA-256 in a local folder: ``ab/ab12...``. A name says what the bytes must be."""

import hashlib
import re
from pathlib import Path

from slipway.errors import Corrupt, NotFound, Unavailable
from slipway.storage.atomic import write_atomically

_ID = re.compile(r"[0-9a-f]{64}")


class LocalBlobs:
    """Keeps blobs; implements :class:`slipway.ports.BlobStore`. For any number of threads and processes.

    Args:
        folder: Where; it is made when the first blob comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """Store the bytes, durably and at once or not at all, and return their SHA-256 in hex.

        Bytes that are there already are compared, and replaced if the disk has changed them.

        Raises:
            Unavailable: The disk refused.
        """
        name = hashlib.sha256(data).hexdigest()
        path = self._path(name)
        if not (path.is_file() and _read(path) == data):
            write_atomically(path, data)
        return name

    def get(self, id: str) -> bytes:  # noqa: A002 - the field's own word
        """Return the bytes, checked against the id.

        Raises:
            NotFound: No such blob.
            Corrupt: The bytes do not match.
            Unavailable: The disk refused.
        """
        if not self.has(id):
            raise no_blob(id)
        path = self._path(id)
        data = _read(path)
        if (got := hashlib.sha256(data).hexdigest()) != id:
            raise Corrupt(
                f"blob {path}: want bytes with that SHA-256, got {got}. The disk or a hand changed it; "
                "put the same bytes again, or restore the file from a copy."
            )
        return data

    def has(self, id: str) -> bool:  # noqa: A002 - the field's own word
        """Tell whether the blob is there."""
        return bool(_ID.fullmatch(id)) and self._path(id).is_file()

    def stamp(self, id: str) -> tuple[int, int, int] | None:  # noqa: A002 - the field's own word
        """Return what changes when somebody changes the file: inode, size, time; None if it is gone."""
        try:
            found = self._path(id).stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def ids(self) -> list[str]:
        """Return the ids of all blobs that are there, sorted."""
        return sorted(p.name for p in self._folder.glob("??/*") if _ID.fullmatch(p.name))

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


def no_blob(id: str) -> NotFound:  # noqa: A002 - the field's own word
    """Say that there is no such blob, and what an id looks like if this is none."""
    if _ID.fullmatch(id):
        return NotFound(f"blob {id}: no such blob. Make it again from its source, or copy it from another machine.")
    return NotFound(f"blob: want an id of 64 lower-case hex digits (a SHA-256), got {id[:80]!r}.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"blob {path}: want to read it, got '{error.strerror}'.") from error
