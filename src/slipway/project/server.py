"""A server of a project as a child process, for demos, tests and notebooks; production runs ``slipway serve``."""

import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPException
from pathlib import Path
from types import TracebackType

from slipway.errors import Unavailable
from slipway.project.loopback import ask
from slipway.storage.layout import Layout

START_S = 60.0
STOP_S = 20.0


class Server:
    """A running ``slipway serve``; use it in a ``with`` statement.

    On entering, it is ready to answer; on leaving, it was drained and stopped.

    Args:
        folder: The project's folder.
        clock: ``system``, or ``event`` for a replay.
        port: Port of the data plane; the control surface takes the next one; 0 picks a free pair.

    Raises:
        Unavailable: It was not ready in time; the message ends with the last lines of its log.
    """

    def __init__(self, folder: Path, *, clock: str = "system", port: int = 0) -> None:
        self._folder = folder
        self._clock = clock
        self._port = port or free_ports()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the data plane."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def control_url(self) -> str:
        """Address of the control surface."""
        return f"http://127.0.0.1:{self._port + 1}"

    @property
    def pid(self) -> int:
        """Process id of the supervisor."""
        if self._process is None:
            raise Unavailable("server: want a started one, got none. Enter it with a 'with' statement.")
        return self._process.pid

    def __enter__(self) -> "Server":
        log = Layout(self._folder).create().run / "server.log"
        words = ["serve", "--project", str(self._folder), "--clock", self._clock, "--port", str(self._port)]
        with log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "slipway.cli.app", *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        try:
            self._wait(log)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def kill(self) -> None:
        """Kill the supervisor with SIGKILL, as a power cut or the out-of-memory killer would; its children follow."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if _answers(self._port, "/health/ready") and _answers(self._port + 1, "/status"):
                return
            time.sleep(0.05)
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise Unavailable(f"server: want it ready on port {self._port} in {START_S:.0f} s, got:\n{tail}")

    def _stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_ports() -> int:
    """Return a port such that it and the next one are free on loopback now."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _answers(port: int, path: str) -> bool:
    try:
        return ask("GET", port=port, path=path, timeout_s=2).status == 200
    except (OSError, HTTPException):
        return False
