"""How much room the journal's disk has left, and for how long at the pace of the last day."""

import os
from pathlib import Path
from typing import NamedTuple

DAY_S = 86_400.0
LOW_BYTES = 500_000_000
"""A disk with less than this free is low, whatever the pace."""

LOW_S = 3 * DAY_S
"""So is one that is full sooner than this at the pace of the last day."""


class Room(NamedTuple):
    """Room on the disk that holds the journal.

    Attributes:
        free_bytes: What an ordinary process may still write.
        disk_bytes: Size of the disk.
        day_bytes: What segments and sealed files that were written to within the last day hold: at least what the day
            brought.
    """

    free_bytes: int
    disk_bytes: int
    day_bytes: int

    @property
    def free_share(self) -> float:
        """Share of the disk that is free, 0 to 1."""
        return self.free_bytes / self.disk_bytes if self.disk_bytes else 1.0

    @property
    def left_s(self) -> float:
        """When the disk is full at the pace of the last day; infinite where nothing was written."""
        return self.free_bytes / self.day_bytes * DAY_S if self.day_bytes else float("inf")

    @property
    def low(self) -> bool:
        """Whether somebody should look after it.

        >>> half = Room(free_bytes=50 << 30, disk_bytes=100 << 30, day_bytes=10 << 30)
        >>> half.low, half._replace(day_bytes=20 << 30).low, half._replace(free_bytes=400 << 20).low
        (False, True, True)
        """
        return self.free_bytes < LOW_BYTES or self.left_s < LOW_S


def room(folder: Path, *, now_s: float) -> Room:
    """Look at the disk.

    Args:
        folder: The journal folder, sealed segments below it.
        now_s: The machine's time, seconds since the epoch.

    Raises:
        OSError: The folder cannot be read.
    """
    disk = os.statvfs(folder)
    day_bytes = 0
    for place in (folder, *(p for p in (folder / "sealed").glob("*") if p.is_dir())):
        with os.scandir(place) as entries:
            stats = [entry.stat() for entry in entries if entry.name.endswith((".seg", ".parquet"))]
        day_bytes += sum(s.st_size for s in stats if s.st_mtime > now_s - DAY_S)
    return Room(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize, day_bytes)
