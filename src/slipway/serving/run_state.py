"""What each process says of itself in ``.slipway/run/<name>.json``: a small file that people and programs read."""

import os
import time
from enum import StrEnum
from pathlib import Path

import msgspec

from slipway.records.base import Record


class State(StrEnum):
    """How far a process is."""

    STARTING = "starting"
    READY = "ready"
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
) -> RunState:
    """Write what this process says of itself; a reader sees the old file or the new one."""
    told = RunState(
        name=name,
        pid=os.getpid(),
        state=state,
        host=host,
        port=port,
        route=route,
        route_version=route_version,
        trouble=trouble,
        at_us=time.time_ns() // 1000,
    )
    temporary = folder / f".{name}.{told.pid}.new"
    temporary.write_bytes(msgspec.json.encode(told))
    temporary.replace(folder / f"{name}.json")
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


def is_alive(pid: int) -> bool:
    """Tell whether a process of that id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
