"""One process that is to run for ever: started, watched, and started again when it died or hangs."""

import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from slipway.serving.pulse import Pulse

_BACKOFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)
_STABLE_S = 10.0
"""A life this long, twice the longest pause, is no loop of deaths: its successor starts at once, for callers wait."""
_log = structlog.get_logger()


class Child:
    """One process that is to run for ever.

    Args:
        name: Such as ``worker-0``; names its log.
        arguments: What follows ``python -m slipway.process``.
        log: File that takes its stderr and stdout.
        sock: Listening socket that it inherits, or None.
        pulse: Tells whether it hangs, or None: it gives no signs.
    """

    def __init__(
        self,
        name: str,
        *,
        arguments: Sequence[str],
        log: Path,
        sock: socket.socket | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.name, self._log_path, self._sock, self._pulse = name, log, sock, pulse
        self._arguments = [*arguments, *(["--handle", str(sock.fileno())] if sock else [])]
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = self._due_s = 0.0
        self.deaths = 0

    def look(self, now_s: float) -> None:
        """Start it if it is due; kill it if it hangs; note if it died. What finds no room is tried again."""
        if self._process is None:
            if now_s >= self._due_s:
                try:
                    self._start(now_s)
                except OSError as error:  # no process or no file to be had: those that run go on meanwhile
                    pause_s = self._wait(now_s)
                    _log.error("process not started", name=self.name, again_in_s=pause_s, error=str(error))
            return
        status = self._process.poll()
        if status is None:
            if self._pulse is not None and self._pulse.silent(now_s=now_s):
                _log.error("process hangs", name=self.name, pid=self.pid, silent_for_s=self._pulse.limit_s)
                self._process.kill()  # SIGTERM would wait in its queue; the kernel keeps what it had written
            return
        if now_s - self._started_s > _STABLE_S:
            self.deaths = 0
        pause_s = self._wait(now_s)
        why = {"says": _last_line(self._log_path)} if status > 0 else {}  # one that was killed had no time to say why
        _log.error("process died", name=self.name, status=status, again_in_s=pause_s, log=str(self._log_path), **why)

    @property
    def pid(self) -> int | None:
        """Process id, or None between two lives."""
        return self._process.pid if self._process else None

    def tell(self, sign: signal.Signals) -> None:
        """Send it a signal."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(sign)

    def gone(self) -> bool:
        """Tell whether it runs no longer."""
        return self._process is None or self._process.poll() is not None

    def _wait(self, now_s: float) -> float:
        """Count one more death; return after how long the next life begins."""
        pause_s = _BACKOFF_S[min(self.deaths, len(_BACKOFF_S) - 1)]
        self.deaths += 1
        self._process, self._due_s = None, now_s + pause_s
        return pause_s

    def _start(self, now_s: float) -> None:
        if self._pulse is not None:
            self._pulse.begin()
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "slipway.process", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self._sock.fileno()] if self._sock else [],
                start_new_session=True,  # Ctrl-C is for the supervisor, which passes it on in order
            )
        self._started_s = now_s


def _last_line(log: Path) -> str:
    """Return what a process said last; of a traceback that is the error."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    except OSError:  # somebody took the log away
        return ""
    return lines[-1][-500:] if lines else ""
