"""Leaves a small file for other processes to read, also where the disk is full: this is when it matters most."""

from pathlib import Path


def leave(path: Path, data: bytes, *, temporary: Path) -> None:
    """Write a file that others read meanwhile. Not flushed to the disk: it tells of now only.

    A reader sees the old file or the new one. A full disk has no room for a new file beside the old one, but for what
    is there already: then the old one is written over, and a reader that comes in between finds half a file.

    Args:
        path: The file.
        data: All of what it is to hold.
        temporary: A file beside it, of this process alone.

    Raises:
        OSError: The disk refuses, and there is no old file or it has no room for more.
    """
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        with path.open("r+b") as file:
            file.write(data)
            file.truncate()
