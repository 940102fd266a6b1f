"""What processes take, by ``/proc``: processor time and memory, the children of each included."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from slipway.records.load_test import Usage


class Taken(NamedTuple):
    """What a process and its children took so far.

    Attributes:
        cpu_s: Processor time since they began, system calls included.
        memory_bytes: Resident memory now.
    """

    cpu_s: float
    memory_bytes: int


class Meter:
    """Reads what named processes take between two moments.

    Args:
        pids: Name to process id. A child counts for the nearest of them above it.
        proc: Where the kernel tells; empty readings where there is none.
    """

    def __init__(self, pids: Mapping[str, int], *, proc: Path = Path("/proc")) -> None:
        self._pids, self._proc = dict(pids), proc
        self._from: dict[str, Taken] = {}
        self._peak: dict[str, int] = {}

    def begin(self) -> None:
        """Count from here."""
        self._from = self.read()
        self._peak = {name: taken.memory_bytes for name, taken in self._from.items()}

    def look(self) -> None:
        """Look at the memory, so that a peak between the two ends is seen."""
        for name, taken in self.read().items():
            self._peak[name] = max(self._peak.get(name, 0), taken.memory_bytes)

    def end(self, *, after_s: float) -> tuple[Usage, ...]:
        """Return what was taken since :meth:`begin`; a process that ended or began meanwhile is left out."""
        self.look()
        now = self.read()
        return tuple(
            Usage(
                name=name,
                cpu_cores=max(0.0, now[name].cpu_s - self._from[name].cpu_s) / after_s,
                memory_bytes=self._peak[name],
            )
            for name in self._pids
            if name in now and name in self._from
        )

    def read(self) -> dict[str, Taken]:
        """Return what each took so far; names whose process is gone are missing."""
        known = _processes(self._proc)
        named = {pid: name for name, pid in self._pids.items()}
        taken: dict[str, Taken] = {}
        for pid in known:
            above: int | None = pid
            while above is not None and above not in named:
                above = known[above][0] if above in known else None
            if above is not None:
                name = named[above]
                so_far = taken.get(name, Taken(0.0, 0))
                taken[name] = Taken(
                    so_far.cpu_s + known[pid][1].cpu_s, so_far.memory_bytes + known[pid][1].memory_bytes
                )
        return taken


def _processes(proc: Path) -> dict[int, tuple[int, Taken]]:
    """Return process id to (parent's id, taken) of every process that may be looked at."""
    if not proc.is_dir():
        return {}
    second, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    found = {}
    for folder in proc.glob("[0-9]*"):
        try:
            values = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        cpu_s = (int(values[11]) + int(values[12])) / second
        found[int(folder.name)] = (int(values[1]), Taken(cpu_s, int(values[21]) * page))
    return found
