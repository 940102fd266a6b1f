"""Locks that the kernel gives back when their holder dies, however it dies."""

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from slipway.errors import Conflict

_END_S = 2.0


def try_lock(handle: int) -> bool:
    """Take the exclusive lock on an open file, or say that another process has it. Never waits.

    The lock goes when the last copy of the handle is closed: a child that was forked without exec keeps it alive.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep house in a folder that others read: nobody else who asks for this does so at the same time.

    The folder is made if it is missing; the kernel gives the lock back however the process ends.

    Raises:
        Conflict: Somebody else does, in this process or another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not try_lock(handle):
            raise Conflict(f"{folder}: want to keep house here, but somebody else does. Try again in a minute.")
        yield
    finally:
        os.close(handle)


def holder_of(path: Path) -> int | None:
    """Return the id of the process that holds the lock on a file that a :class:`ControllerLock` made, or None.

    The id is not a stranger's: as long as the lock is held, whoever took it lives.
    """
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        pid, _ = _written(handle)
        return None if try_lock(handle) or not pid.isdigit() else int(pid)
    finally:
        os.close(handle)


def end_holder(path: Path) -> bool:
    """Kill the process that holds the lock, and tell whether the lock is free: there is none, or it has died.

    Never this process, and none of another account. What it had locked in a database is free then, too.
    """
    pid = holder_of(path)
    if pid is None or pid == os.getpid():
        return pid is None
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return False
    until_s = time.monotonic() + _END_S
    while holder_of(path) == pid:
        if time.monotonic() > until_s:
            return False
        time.sleep(0.01)
    return True


class ControllerLock:
    """Makes sure that one folder has one controller, and lets the next one know at once that the last is gone.

    Held from :meth:`acquire` (or entry into ``with``) to :meth:`release`, or until the process dies. The file stays;
    it is the lock on it that counts, so there is nothing to clean up after a crash.

    Attributes:
        name: What this one signs with; no other lock ever has it.
        left: Who signed last, when the lock was taken: that one does not have the lock any more.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self.name, self.left = secrets.token_hex(16), ""

    @property
    def held(self) -> bool:
        """Whether this process has it, by this object."""
        return self._handle is not None

    def acquire(self) -> None:
        """Take the lock and note this process's id in the file.

        Raises:
            Conflict: Another process has it; the message names its id.
        """
        if self._handle is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        holder, _ = _written(handle)
        if not try_lock(handle):
            os.close(handle)
            raise Conflict(
                f"{self._path}: want to be the project's one controller, but process {holder or 'unknown'} is. "
                f"Use that one, or stop it ('kill {holder}') and try again."
            )
        _, self.left = _written(handle)
        self._handle = handle
        self._write(self.left)

    def sign(self) -> None:
        """Leave this lock's name in the file, for whoever has the lock next."""
        self._write(self.name)

    def release(self) -> None:
        """Give the lock back. Calling it twice is harmless."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _write(self, name: str) -> None:
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, f"{os.getpid()} {name}\n".encode(), 0)

    def __enter__(self) -> "ControllerLock":
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _written(handle: int) -> tuple[str, str]:
    """Return (process id, name of its lock) as the file says; empty where it does not."""
    words = os.pread(handle, 128, 0).decode(errors="replace").split()
    return words[0] if words else "", words[1] if len(words) > 1 else ""
