"""A server of a project as a child process, for demos, tests and notebooks; production runs ``slipway serve``."""

import contextlib
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from types import TracebackType

from slipway.errors import Unavailable
from slipway.project.loopback import ask, key_of
from slipway.storage.layout import Layout
from slipway.wiring import read_scope

START_S = 60.0
STOP_S = 20.0
_FIRST, _LAST = 15_000, 32_000


class Server:
    """A running ``slipway serve``; use it in a ``with`` statement.

    On entering, it is ready to answer; on leaving, it was drained and stopped.

    Args:
        folder: The project's folder.
        clock: ``system``, or ``event`` for a replay.
        beside: Folders of further projects to serve on the same port.
        port: Port of the data plane; the control surfaces take those behind it; 0 picks free ones.

    Raises:
        Unavailable: It was not ready in time; the message ends with the last lines of its log.
    """

    def __init__(self, folder: Path, *, beside: Sequence[Path] = (), clock: str = "system", port: int = 0) -> None:
        self._folder, self._beside = folder, tuple(beside)
        self._clock = clock
        self._port = port or free_ports(2 + len(self._beside))
        serving = read_scope(Layout(folder)).serving
        self._host, self._certificate = serving.host, serving.tls_certificate and str(folder / serving.tls_certificate)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the data plane."""
        return self._url(self._port)

    @property
    def control_url(self) -> str:
        """Address of the control surface."""
        return self._url(self._port + 1)

    @property
    def pid(self) -> int:
        """Process id of the supervisor."""
        if self._process is None:
            raise Unavailable("server: want a started one, got none. Enter it with a 'with' statement.")
        return self._process.pid

    def __enter__(self) -> "Server":
        log = Layout(self._folder).create().run / "server.log"
        projects = [word for folder in (self._folder, *self._beside) for word in ("--project", str(folder))]
        words = ["serve", *projects, "--clock", self._clock, "--port", str(self._port)]
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
            if self._answers(self._port, "/health/ready") and self._answers(self._port + 1, "/status"):
                return
            time.sleep(0.05)
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise Unavailable(f"server: want it ready on port {self._port} in {START_S:.0f} s, got:\n{tail}")

    def _url(self, port: int) -> str:
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{port}"

    def _answers(self, port: int, path: str) -> bool:
        try:
            reply = ask(
                "GET",
                host=self._host,
                port=port,
                path=path,
                headers=key_of(Layout(self._folder)),
                tls_certificate=self._certificate,
                timeout_s=2,
            )
        except (OSError, HTTPException):
            return False
        return reply.status == 200

    def _stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_ports(count: int = 2) -> int:
    """Return a port such that it and those behind it, ``count`` in all, are free on loopback now.

    None is one that the system lends to callers (from 32768 on Linux, from 49152 elsewhere): while a server that was
    killed is started again, one of its own callers could come from its port and keep it.
    """
    while True:
        port = _FIRST + secrets.randbelow(_LAST - _FIRST - count)
        with contextlib.ExitStack() as held:
            try:
                for one in range(port, port + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", one))
            except OSError:
                continue
            return port
