"""Ends a process at one of its operations on the world, as ``kill -9`` does: what was done before stays.

A process that changes the world only through a store, route files and files of its own can be killed at as many places
as it calls them. :class:`Crash` counts those calls over all parts, so that an exam can strike at each one in turn.
"""

from collections.abc import Callable
from typing import Any

OPERATIONS = frozenset({"commit", "get", "all", "publish", "read", "save", "load"})
"""Calls that reach the world. Whatever lies between two of them leaves no trace when the process dies."""


class Killed(BaseException):
    """The moment at which the process dies. Not an Exception, so that nothing that survives a bug survives this."""


class Crash:
    """Counts the operations of a process, and strikes before one of them.

    To strike behind an operation is to strike before the next: nothing of the world changes between them.

    Args:
        at: Number of the operation to strike before, from 1 on; 0 never strikes.
        of: Only operations of this name are counted for ``at``; empty counts all.
        past: Strike so many operations after that one, whatever their names.
        strike: What happens then; None kills.

    Attributes:
        calls: Operations that were begun.
        struck: Whether it has struck.

    >>> crash = Crash(at=2)
    >>> world = crash.through({"a": 1}.copy, name="read")
    >>> world()
    {'a': 1}
    >>> world()
    Traceback (most recent call last):
        ...
    slipway.testing.crash.Killed: before operation 2, read
    """

    def __init__(self, at: int = 0, *, of: str = "", past: int = 0, strike: Callable[[], object] | None = None) -> None:
        self._left, self._of, self._past, self._strike = at, of, past, strike
        self._due = 0
        self.calls, self.struck = 0, False

    def through(self, call: Callable[..., Any], *, name: str) -> Callable[..., Any]:
        """Return the call, counted."""

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self._of in ("", name):
                self._left -= 1
                self._due = self._due if self._left else self.calls + self._past
            if self.calls == self._due:
                self.struck = True
                if self._strike is None:
                    raise Killed(f"before operation {self.calls}, {name}")
                self._strike()
            return call(*args, **kwargs)

        return counted

    def part(self, inner: Any) -> Any:
        """Return a part of the process whose operations are counted; everything else is as it was."""
        return _Part(inner, crash=self)


class _Part:
    def __init__(self, inner: Any, *, crash: Crash) -> None:
        self._inner, self._crash = inner, crash

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._crash.through(found, name=name) if name in OPERATIONS else found
