"""Wake at a moment, to some ten microseconds: event loops count in whole milliseconds, requests do not.

Where the kernel has no timer that can be waited for like a socket (anywhere but Linux), the loop's own timer serves,
and a generator that is late by it says so.
"""

import asyncio
import ctypes
import os
import struct
import sys
from collections.abc import Callable

_MONOTONIC = 1
_ABSOLUTE = 1
_FLAGS = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)


class Waker:
    """Calls back once after each :meth:`at`; a later ``at`` replaces the one before.

    Args:
        loop: Event loop that waits.
        call: What to call.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, call: Callable[[], None]) -> None:
        self._loop, self._call = loop, call
        self._handle: asyncio.TimerHandle | None = None
        self._timer = _timer()
        if self._timer is not None:
            loop.add_reader(self._timer, self._rang)

    def at(self, due_ns: int) -> None:
        """Wake at a moment of the monotonic clock; one that is past wakes at once."""
        if self._timer is None:
            if self._handle is not None:
                self._handle.cancel()
            self._handle = self._loop.call_at(due_ns / 1e9, self._call)
            return
        seconds, rest = divmod(max(due_ns, 1), 1_000_000_000)
        spec = struct.pack("@qqqq", 0, 0, seconds, rest)
        _libc().timerfd_settime(self._timer, _ABSOLUTE, spec, None)

    def close(self) -> None:
        """Wake no more."""
        if self._timer is not None:
            self._loop.remove_reader(self._timer)
            os.close(self._timer)
            self._timer = None
        if self._handle is not None:
            self._handle.cancel()

    def _rang(self) -> None:
        if self._timer is not None:
            try:
                os.read(self._timer, 8)
            except BlockingIOError:  # it was set anew between ringing and reading
                return
            self._call()


def _timer() -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    made: int = _libc().timerfd_create(_MONOTONIC, _FLAGS)
    return made if made >= 0 else None


def _libc() -> ctypes.CDLL:
    global _LIBRARY  # noqa: PLW0603 - loaded once a process
    if _LIBRARY is None:
        _LIBRARY = ctypes.CDLL(None, use_errno=True)
    return _LIBRARY


_LIBRARY: ctypes.CDLL | None = None
