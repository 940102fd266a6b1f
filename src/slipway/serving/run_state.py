"""What each process says of itself in ``.slipway/run/<name>.json``: a small file that people and programs read."""

import os
import time
from enum import StrEnum
from pathlib import Path

import msgspec

from slipway.records.base import Record
from slipway.serving.leave import leave


class State(StrEnum):
    """How far a process is."""

    STARTING = "starting"
    READY = "ready"
    STANDBY = "standby"
    DRAINING = "draining"
    STOPPED = "stopped"


class RunState(Record, frozen=True, kw_only=True):
    """One process.

    Attributes:
        name: Such as ``worker-0``, ``shadow``, ``supervisor``.
        pid: Process id.
        state: How far it is.
        host: Address that it is bound to, or empty.
        port: Port that it is bound to, or 0.
        route: Route in force, or empty.
        route_version: Its version, or 0.
        trouble: What it complains about, or empty.
        token: Lease of a controller, or 0; of several that say they are one, the one with the highest is.
        at_us: When it said so.
    """

    name: str
    pid: int
    state: State
    host: str = ""
    port: int = 0
    route: str = ""
    route_version: int = 0
    trouble: str = ""
    token: int = 0
    at_us: int


def tell_state(
    folder: Path,
    *,
    name: str,
    state: State,
    host: str = "",
    port: int = 0,
    route: str = "",
    route_version: int = 0,
    trouble: str = "",
    token: int = 0,
) -> RunState:
    """Write what this process says of itself.

    Raises:
        OSError: The disk refuses even to write over what it said before.
    """
    told = RunState(
        name=name,
        pid=os.getpid(),
        state=state,
        host=host,
        port=port,
        route=route,
        route_version=route_version,
        trouble=trouble,
        token=token,
        at_us=time.time_ns() // 1000,
    )
    leave(folder / f"{name}.json", msgspec.json.encode(told), temporary=folder / f".{name}.{told.pid}.new")
    return told


def read_states(folder: Path) -> list[RunState]:
    """Return what the processes last said, by name. One that died without a word still has its last word here."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=RunState))
        except (OSError, msgspec.DecodeError):
            continue
    return found


def standby_name(pid: int) -> str:
    """Return what a controller is called that no supervisor started."""
    return f"control-{pid}"


def stands_by(file: Path) -> bool:
    """Tell whether a file of the run folder is of a controller that no supervisor started, and that lives.

    >>> stands_by(Path(f"control-{os.getpid()}.json")), stands_by(Path(f"pulse-control-{os.getpid()}"))
    (True, True)
    >>> stands_by(Path("control.json")), stands_by(Path("worker-1.json"))
    (False, False)
    """
    before, _, pid = file.stem.rpartition("control-")
    return before in ("", "pulse-") and pid.isdigit() and is_alive(int(pid))


def is_alive(pid: int) -> bool:
    """Tell whether a process of that id exists and has not ended; one that nobody has reaped has ended all the same."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _ended(pid)


def _ended(pid: int) -> bool:
    """Tell whether a process is a zombie: in a container whose first process reaps nobody it stays one for ever."""
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:  # it is gone, or this system tells nothing of the kind
        return False
    return told.rpartition(b")")[2].split()[:1] in ([b"Z"], [b"X"])
