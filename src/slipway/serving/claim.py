"""What a server must have for itself before it starts: its projects and its ports."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from slipway.errors import Conflict, Unavailable
from slipway.serving.run_state import State, is_alive, read_states
from slipway.storage.lock import try_lock


def claim_project(run: Path) -> int:
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


def left_behind(run: Path) -> bool:
    """Tell whether workers of a supervisor that was killed still hold the port; they end within moments."""
    return any(
        s.name.startswith("worker-") and s.state is not State.STOPPED and is_alive(s.pid) for s in read_states(run)
    )


def refuse_taken(host: str, ports: Sequence[int]) -> None:
    """Refuse a port on which anybody listens.

    Workers share their port, and a socket that shares would be let in beside *any* that does: two projects on one port
    would each get half of the other's requests.
    """
    for port in ports:
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
