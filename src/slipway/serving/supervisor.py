"""Starts the processes of a server, replaces those that die or hang, passes on the word to stop.

The supervisor does nothing else, so that nothing else can bring it down. It holds the listening sockets: callers that
knock while a worker is being replaced wait in the socket's queue and are answered by its successor.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from slipway.errors import Conflict, Unavailable
from slipway.records.worker_config import WorkerConfig
from slipway.serving import metrics
from slipway.serving.config_file import save_config
from slipway.serving.pulse import Pulse
from slipway.serving.run_state import RunState, State, is_alive, read_states, tell_state
from slipway.serving.worker import listen
from slipway.storage.layout import Layout
from slipway.storage.lock import try_lock

_LOOK_S = 0.05
_BACKOFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)
_STABLE_S = 30.0
_GRACE_S = 30.0
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
        """Start it if it is due; kill it if it hangs; note if it died."""
        if self._process is None:
            if now_s >= self._due_s:
                self._start(now_s)
            return
        status = self._process.poll()
        if status is None:
            if self._pulse is not None and self._pulse.silent(now_s=now_s):
                _log.error("process hangs", name=self.name, pid=self.pid, silent_for_s=self._pulse.limit_s)
                self._process.kill()  # SIGTERM would wait in its queue; the kernel keeps what it had written
            return
        if now_s - self._started_s > _STABLE_S:
            self.deaths = 0
        pause_s = _BACKOFF_S[min(self.deaths, len(_BACKOFF_S) - 1)]
        self.deaths += 1
        self._process, self._due_s = None, now_s + pause_s
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


class Supervisor:
    """Runs the processes of one project.

    Args:
        config: Facts of the data plane; written for the workers.
        folder: Folder of the project.
        control: Whether to run the control process too.
        silence_s: How long a worker that was ready may give no sign, which it does each second, before it is replaced.

    Raises:
        Unavailable: The port, or the control surface's next to it, is taken.
        Conflict: Another supervisor runs this project.
    """

    def __init__(self, config: WorkerConfig, *, folder: Path, control: bool = True, silence_s: float = 10.0) -> None:
        layout = Layout(folder.absolute()).create()
        self._lock = _lock_or_refuse(layout.run)
        try:
            if not _left_behind(layout.run):
                _refuse_taken(config.host, [config.port, config.port + 1] if control else [config.port])
            first = listen(config.host, config.port)
        except BaseException:
            os.close(self._lock)
            raise
        self.host, self.port = first.getsockname()[:2]
        save_config(msgspec.structs.replace(config, port=self.port), layout=layout)
        self._sockets = [first, *(listen(config.host, self.port) for _ in range(config.workers - 1))]
        self._run = layout.run
        for stale in (*self._run.glob("*.json"), *self._run.glob("metrics-*.msgpack")):
            stale.unlink(missing_ok=True)
        common = ["--folder", str(layout.root), "--parent", str(os.getpid())]
        self.children = [
            self._child(
                f"worker-{slot}",
                ["worker", *common, "--slot", str(slot)],
                sock=sock,
                pulse=Pulse(metrics.path_of(f"worker-{slot}", folder=self._run), limit_s=silence_s),
            )
            for slot, sock in enumerate(self._sockets)
        ]
        self.children.append(self._child("shadow", ["shadow", *common]))
        if control:
            self.children.append(self._child("control", ["control", *common]))
        self._stopping = False

    def _child(
        self, name: str, arguments: list[str], *, sock: socket.socket | None = None, pulse: Pulse | None = None
    ) -> Child:
        return Child(name, arguments=arguments, log=self._run / f"{name}.log", sock=sock, pulse=pulse)

    def run(self) -> None:
        """Start everything, keep it alive until SIGTERM or SIGINT, then let it end in order."""
        if threading.current_thread() is threading.main_thread():
            for sign in (signal.SIGTERM, signal.SIGINT):
                signal.signal(sign, lambda *_: self.stop())
        tell_state(self._run, name="supervisor", state=State.READY, host=self.host, port=self.port)
        while not self._stopping:
            for child in self.children:
                child.look(time.monotonic())
            time.sleep(_LOOK_S)
        self._end()

    def stop(self) -> None:
        """Ask :meth:`run` to end."""
        self._stopping = True

    def _end(self) -> None:
        tell_state(self._run, name="supervisor", state=State.DRAINING, host=self.host, port=self.port)
        until_s = time.monotonic() + _GRACE_S
        workers = [c for c in self.children if c.name.startswith("worker")]
        rest = [c for c in self.children if c not in workers]
        for sock in self._sockets:
            sock.close()
        for group in (workers, rest):  # the rest may still have something to read from the workers
            for child in group:
                child.tell(signal.SIGTERM)
            while not all(c.gone() for c in group) and time.monotonic() < until_s:
                time.sleep(_LOOK_S)
        for child in self.children:
            child.tell(signal.SIGKILL)
        tell_state(self._run, name="supervisor", state=State.STOPPED)
        os.close(self._lock)


def wait_until_ready(folder: Path, *, workers: int, timeout_s: float) -> list[RunState]:
    """Return the workers' states once all of them take requests.

    Raises:
        Unavailable: They do not within the time; the message says what each one complains about.
    """
    run, until_s = Layout(folder).run, time.monotonic() + timeout_s
    while True:
        states = [s for s in read_states(run) if s.name.startswith("worker-") and is_alive(s.pid)]
        ready = [s for s in states if s.state is State.READY and s.route_version]
        if len(ready) >= workers:
            return ready
        if time.monotonic() > until_s:
            told = "; ".join(f"{s.name}: {s.state} {s.trouble}".strip() for s in states) or "nothing was heard of any"
            raise Unavailable(
                f"{folder}: want {workers} workers ready within {timeout_s:g} s, got {told}. See {run}/*.log."
            )
        time.sleep(_LOOK_S)


def _last_line(log: Path) -> str:
    """Return what a process said last; of a traceback that is the error."""
    lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    return lines[-1][-500:] if lines else ""


def _lock_or_refuse(run: Path) -> int:
    """Take the lock of the project's one supervisor; the kernel gives it back however the process ends.

    Not by the process id in ``supervisor.json``: after a power cut that id may be a stranger's.
    """
    path = run / "supervisor.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if try_lock(handle):
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        return handle
    holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "another"
    os.close(handle)
    raise Conflict(f"{run}: want the project's one server, but process {holder} is. Stop it first.")


def _left_behind(run: Path) -> bool:
    """Tell whether workers of a supervisor that was killed still hold the port; they end within moments."""
    return any(
        s.name.startswith("worker-") and s.state is not State.STOPPED and is_alive(s.pid) for s in read_states(run)
    )


def _refuse_taken(host: str, ports: Sequence[int]) -> None:
    """Refuse a port on which anybody listens.

    Workers share their port, and a socket that shares would be let in beside *any* that does: two projects on one port
    would each get half of the other's requests.
    """
    for port in ports:
        if port in (0, 1):  # any free one will do; then control takes the next one, unasked
            continue
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host.strip("[]"), port))
            except OSError as error:
                raise Unavailable(
                    f"{host}:{port}: want to listen here, got '{error.strerror}'. "
                    "End what listens there, or choose another port (--port, serving.port); control takes the next one."
                ) from None
