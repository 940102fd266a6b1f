"""Ends the runs of a graph that take too long, from outside, so that a graph that hangs holds nobody for ever.

ONNX Runtime looks at a flag of each run before every node, also inside loops, and gives up where it is set. One thread
a process sets it for the runs that are late. A single node that never returns does not look; its thread is lost
until it does, and the arm refuses meanwhile (:mod:`slipway.runtime.onnx`).

It costs the hot path less than can be measured: 4.8 us for one row of a small graph, with it and without.
"""

import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnxruntime import RunOptions

_LOOK_S = 0.05
_ROWS = 64


class Runs:
    """The runs of one graph that are under way, each with the moment it is due.

    Args:
        timeout_s: How long a run of up to 64 rows may take; one of more rows has more time in proportion, for shadows
            and batch scoring ask about thousands at once. Late runs are found within 0.05 s more.
    """

    __slots__ = ("__weakref__", "_make", "_open", "timeout_s")

    def __init__(self, *, timeout_s: float) -> None:
        from onnxruntime import RunOptions  # noqa: PLC0415 - heavy, and only wanted where models run

        self._make = RunOptions
        self._open: dict[int, tuple[float, RunOptions]] = {}
        self.timeout_s = timeout_s
        _watch(self)

    def begin(self, rows: int) -> "RunOptions":
        """Return the options to run with; hand them to :meth:`end` whatever happens."""
        options = self._make()
        allowed_s = self.timeout_s if rows <= _ROWS else self.timeout_s * rows / _ROWS
        self._open[id(options)] = (time.monotonic() + allowed_s, options)
        return options

    def end(self, options: "RunOptions") -> None:
        """Forget a run."""
        del self._open[id(options)]

    def stop(self) -> None:
        """Tell all runs to end, and those that begin later, too."""
        self.timeout_s = 0.0
        for _, options in list(self._open.values()):
            options.terminate = True

    def stop_late(self, *, now_s: float) -> None:
        """Tell the runs that are late to end.

        Args:
            now_s: Monotonic seconds.
        """
        for due_s, options in list(self._open.values()):
            if now_s > due_s:
                options.terminate = True

    def overdue_s(self, *, now_s: float) -> float:
        """Return for how long the run that is latest has been late, 0 where none is."""
        return max(0.0, now_s - min((due_s for due_s, _ in list(self._open.values())), default=now_s))


_watched: weakref.WeakSet[Runs] = weakref.WeakSet()
_guard = threading.Lock()
_thread: threading.Thread | None = None


def _watch(runs: Runs) -> None:
    global _thread  # noqa: PLW0603 - one thread a process is the point
    with _guard:
        _watched.add(runs)
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_look_for_ever, name="slipway-watchdog", daemon=True)
            _thread.start()


def _look_for_ever() -> None:
    while True:
        time.sleep(_LOOK_S)
        with _guard:
            watched = list(_watched)
        now_s = time.monotonic()
        for runs in watched:
            runs.stop_late(now_s=now_s)
        del watched


def _after_fork() -> None:
    """A fork has no thread but its own; the next graph that is loaded starts the watch again."""
    global _guard, _thread
    _guard, _thread = threading.Lock(), None


os.register_at_fork(after_in_child=_after_fork)
