"""Starts the processes of a server, replaces those that die or hang, passes on the word to stop.

The supervisor does nothing else, so that nothing else can bring it down. It holds the listening sockets: callers that
knock while a worker is being replaced wait in the socket's queue and are answered by its successor.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from slipway.errors import BadInput, Unavailable
from slipway.records.worker_config import WorkerConfig
from slipway.serving.child import Child
from slipway.serving.claim import claim_project, left_behind, refuse_taken
from slipway.serving.config_file import save_config
from slipway.serving.grpc_port import grpc_ports
from slipway.serving.pulse import Pulse, pulse_path
from slipway.serving.run_state import RunState, State, is_alive, read_states, stands_by, tell_state
from slipway.serving.tracing.opening import check_tracing
from slipway.serving.worker import listen
from slipway.storage.layout import Layout

_log = structlog.get_logger()
_LOOK_S = 0.05
_GRACE_S = 30.0


class Hosted(NamedTuple):
    """One project that a server serves.

    Attributes:
        config: Facts of the data plane; written for the workers.
        folder: Folder of the project.
    """

    config: WorkerConfig
    folder: Path


class Supervisor:
    """Runs the processes of one project, or of several behind one port.

    The workers serve all of them; each has a shadow and a control process of its own, in its own run folder.

    Args:
        hosted: The projects, at least one. Address, port and number of workers are the first one's; the control
            surfaces take the ports behind it, in the same order.
        control: Whether to run the control processes too.
        silence_s: How long a worker that was ready may give no sign, which it does each second, before it is replaced.
            The others, which may be busy with all of a journal, are allowed three times as long.

    Raises:
        BadInput: Two projects have one name, or do not agree about the address.
        Unavailable: The port, or one of those behind it, is taken.
        Conflict: Another supervisor runs one of the projects.
        MissingExtra: A project wants gRPC or traces, and what they need is not installed.
    """

    def __init__(self, *hosted: Hosted, control: bool = True, silence_s: float = 10.0) -> None:
        _refuse_clashes(hosted)
        config, self._silence_s = hosted[0].config, silence_s
        layouts = [Layout(h.folder.absolute()).create() for h in hosted]
        self._runs = [layout.run for layout in layouts]
        self._locks: list[int] = []
        for one in hosted:
            check_tracing(one.config)
        try:
            for run in self._runs:
                self._locks.append(claim_project(run))
            if not any(left_behind(run) for run in self._runs):
                ports = 1 + len(hosted) if control else 1
                wanted = [config.port + i for i in range(ports)] if config.port else []
                refuse_taken(config.host, [*wanted, *grpc_ports(config, others=wanted)])
            first = listen(config.host, config.port)
        except BaseException:
            self._unlock()
            raise
        self.host, self.port = first.getsockname()[:2]
        self._sockets = [first, *(listen(config.host, self.port) for _ in range(config.workers - 1))]
        for number, (one, layout) in enumerate(zip(hosted, layouts, strict=True), start=1):
            for stale in (f for kind in ("*.json", "metrics-*", "pulse-*") for f in layout.run.glob(kind)):
                if not stands_by(stale):
                    stale.unlink(missing_ok=True)
            bound = msgspec.structs.replace(one.config, port=self.port, control_port=self.port + number)
            save_config(bound, layout=layout)
        folders = [word for layout in layouts for word in ("--folder", str(layout.root))]
        self._workers = [
            self._child(f"worker-{slot}", ["worker", *folders, "--slot", str(slot)], sock=sock)
            for slot, sock in enumerate(self._sockets)
        ]
        roles = ["shadow", "control"] if control else ["shadow"]
        self._others = [
            self._child(role, [role, "--folder", str(layout.root)], run=layout.run)
            for layout in layouts
            for role in roles
        ]
        self._stopping = False

    @property
    def children(self) -> list[Child]:
        """Every process: the workers, then shadow and control of each project."""
        return [*self._workers, *self._others]

    def _child(
        self, name: str, arguments: list[str], *, sock: socket.socket | None = None, run: Path | None = None
    ) -> Child:
        place, patience = (run, 3) if run else (self._runs[0], 1)
        return Child(
            name,
            arguments=[*arguments, "--parent", str(os.getpid())],
            log=place / f"{name}.log",
            sock=sock,
            pulse=Pulse(pulse_path(name, folder=place), limit_s=patience * self._silence_s),
        )

    def run(self) -> None:
        """Start everything, keep it alive until SIGTERM or SIGINT, then let it end in order."""
        if threading.current_thread() is threading.main_thread():
            for sign in (signal.SIGTERM, signal.SIGINT):
                signal.signal(sign, lambda *_: self.stop())
        self._tell(State.READY)
        while not self._stopping:
            for child in self.children:
                child.look(time.monotonic())
            time.sleep(_LOOK_S)
        self._end()

    def stop(self) -> None:
        """Ask :meth:`run` to end."""
        self._stopping = True

    def _end(self) -> None:
        self._tell(State.DRAINING)
        until_s = time.monotonic() + _GRACE_S
        for sock in self._sockets:
            sock.close()
        for group in (self._workers, self._others):  # the rest may still have something to read from the workers
            for child in group:
                child.tell(signal.SIGTERM)
            while not all(c.gone() for c in group) and time.monotonic() < until_s:
                time.sleep(_LOOK_S)
        for child in self.children:
            child.tell(signal.SIGKILL)
        self._tell(State.STOPPED)
        self._unlock()

    def _tell(self, state: State) -> None:
        for run in self._runs:
            try:
                tell_state(run, name="supervisor", state=state, host=self.host, port=self.port)
            except OSError as error:  # nobody's answer depends on it
                _log.error("state not told", error=str(error))

    def _unlock(self) -> None:
        for lock in self._locks:
            os.close(lock)


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


def _refuse_clashes(hosted: Sequence[Hosted]) -> None:
    """Refuse projects that no caller could tell apart, or that want to be reached in different ways."""
    first = hosted[0]
    for i, one in enumerate(hosted):
        for other in hosted[:i]:
            if other.config.route == one.config.route:
                raise BadInput(
                    f"project.name: want a name of its own for each project of a server, got '{one.config.route}' for "
                    f"{other.folder} and {one.folder}. Paths choose by it: rename one, or serve them apart."
                )
        for key in ("host", "tls_certificate", "tls_key"):
            wanted, got = getattr(first.config, key), getattr(one.config, key)
            if got != wanted:
                raise BadInput(
                    f"serving.{key}: want the same in all projects of a server, got '{wanted}' in {first.folder} and "
                    f"'{got}' in {one.folder}. Write the same, or serve them apart."
                )
