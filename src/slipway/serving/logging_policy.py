"""What becomes of a tick that the journal's disk does not take: refuse it, or answer and say that it was not logged."""

from collections.abc import Sequence

import structlog

from slipway.errors import DiskRefused
from slipway.ports import JournalWriter
from slipway.records.frame import Frame
from slipway.records.worker_config import WhenFull
from slipway.serving.metrics import Counts

_log = structlog.get_logger()


class LoggingPolicy:
    """Writes ticks to the journal, by the policy that the scope declares for a disk that refuses.

    Each tick tries the disk anew, so logging goes on by itself as soon as there is room.

    Args:
        journal: Where frames go.
        when_full: The policy.
        counts: What is counted.
    """

    def __init__(self, journal: JournalWriter, *, when_full: WhenFull, counts: Counts) -> None:
        self._journal, self._when_full, self._counts = journal, when_full, counts

    def append(self, frames: Sequence[Frame]) -> DiskRefused | None:
        """Write one tick; return None, or why its answers must go out unlogged and its outcomes be refused.

        Raises:
            DiskRefused: The policy is to refuse.
            Unavailable: The journal takes nothing, and the disk is not the reason.
        """
        try:
            self._journal.append(frames)
        except DiskRefused as error:
            if not self._counts.disk_refuses:
                _log.error("the journal's disk refuses", policy=self._when_full, error=str(error))
            self._counts.disk_refuses = True
            if self._when_full is WhenFull.REFUSE:
                raise
            return error
        if self._counts.disk_refuses:
            self._counts.disk_refuses = False
            _log.warning("the journal's disk takes rows again", unlogged=self._counts.unlogged)
        return None
