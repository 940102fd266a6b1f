"""Tells of a process that lives but does nothing more, by a file that it touches again and again.

Such a process is worse than a dead one: its socket goes on taking callers, and nobody ever answers them.
"""

import os
from pathlib import Path


def pulse_path(process: str, *, folder: Path) -> Path:
    """Return the file that a process, such as ``worker-0``, touches as long as it is well."""
    return folder / f"pulse-{process}"


def beat(process: str, *, folder: Path) -> None:
    """Give a sign of life. A full disk takes it all the same, for a file that is there is only touched.

    Raises:
        OSError: The disk refused a file that was not there yet.
    """
    path = pulse_path(process, folder=folder)
    try:
        os.utime(path)
    except FileNotFoundError:
        path.touch(mode=0o600)


class Pulse:
    """Watches one file for signs of life. Reads no clock: each moment is handed in.

    Silence counts only after the first sign of a life, for a process that is still loading writes nothing; and only
    while the watcher itself looked on, for a machine that was frozen as a whole says nothing about one process.

    Args:
        path: File that the process touches at each sign.
        limit_s: How long it may be silent, several times its pause between two signs.
    """

    def __init__(self, path: Path, *, limit_s: float) -> None:
        self.path, self.limit_s = path, limit_s
        self._heard_s = self._looked_s = 0.0
        self._stamp = _stamp_of(path)
        self._began = False

    def begin(self) -> None:
        """A new process starts; what the file holds now is its predecessor's."""
        self._stamp, self._began = _stamp_of(self.path), False

    def listen(self, *, now_s: float) -> None:
        """Take it that the process has begun already, so that silence counts from now on."""
        self._began, self._heard_s, self._looked_s = True, now_s, now_s

    def silent(self, *, now_s: float) -> bool:
        """Tell whether it has begun to give signs, and gave none for longer than the limit.

        Args:
            now_s: Monotonic seconds; ask at least twice within the limit.
        """
        present = _stamp_of(self.path)
        blind = now_s - self._looked_s > self.limit_s / 2
        self._looked_s = now_s
        if present != self._stamp:
            self._stamp, self._began = present, True
            self._heard_s = now_s
        elif blind:
            self._heard_s = now_s
        return self._began and now_s - self._heard_s > self.limit_s


def _stamp_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
