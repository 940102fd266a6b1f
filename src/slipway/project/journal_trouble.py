"""What is wrong with the journal's disk, or soon will be, for the engineer on call."""

from collections.abc import Iterable
from pathlib import Path

from slipway.records.worker_config import WhenFull
from slipway.serving.metrics import Counts
from slipway.storage.journal.room import room
from slipway.words import count, duration, percent, size


def journal_trouble(folder: Path, *, counts: Iterable[Counts], when_full: WhenFull, now_s: float) -> list[str]:
    """Return one sentence for each thing that is wrong.

    Args:
        folder: The journal folder.
        counts: What the workers that run have counted.
        when_full: What the scope says is to happen when the disk refuses.
        now_s: The machine's time, seconds since the epoch.
    """
    known = list(counts)
    then = "requests are refused with 503" if when_full is WhenFull.REFUSE else "answers go out and are not logged"
    told = []
    if any(c.disk_refuses for c in known):
        told.append(
            f"journal: its disk refuses rows, and {then}. Free space where {folder} lies; it goes on by itself."
        )
    if unlogged := sum(c.unlogged for c in known):
        told.append(
            f"journal: {count(unlogged, 'answer')} went out and {'was' if unlogged == 1 else 'were'} not logged since "
            "the workers started, for the disk refused them. No shadow, monitor or verdict counts them."
        )
    try:
        found = room(folder, now_s=now_s)
    except OSError as error:
        return [*told, f"journal: want to look at its disk, got '{error.strerror}' from {folder}."]
    if found.low:
        left = "" if found.left_s > 30 * 86400 else f", at the last day's pace for {duration(found.left_s)}"
        told.append(
            f"journal: its disk has {size(found.free_bytes)} left, {percent(found.free_share)} of it{left}; "
            f"then {then}. Free space, or set keep or keep_gb in [journal] lower."
        )
    return told
