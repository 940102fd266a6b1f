"""How far each shadow arm has come, told from the journal alone. Pure.

A shadow's answers name the place of the requests they answer, so a restart begins behind the last of them. Requests
name their shadows, so an arm begins with the first request that names it, not with all of history.
"""

from collections.abc import Iterable

from slipway.ports import Position
from slipway.records.frame import Frame, PredictionFrame, ShadowFrame

SKIP = 1 << 62
"""Offset that stands for "nothing in this segment is for us"."""


class Progress:
    """Where each arm goes on reading.

    Args:
        frames: All of the journal as it is now.
    """

    def __init__(self, frames: Iterable[tuple[Frame, Position]]) -> None:
        self._end: dict[str, int] = {}
        self._done: dict[str, dict[str, int]] = {}
        self._first: dict[str, dict[str, int]] = {}
        for frame, (segment, offset) in frames:
            if isinstance(frame, ShadowFrame):
                done = self._done.setdefault(frame.arm, {})
                done[frame.segment] = max(done.get(frame.segment, 0), frame.offset)
                self._end[segment] = SKIP
            elif isinstance(frame, PredictionFrame):
                for arm in frame.shadows:
                    self._first.setdefault(arm, {}).setdefault(segment, self._end.get(segment, 0))
            self._end[segment] = max(self._end.get(segment, 0), offset)

    def of(self, arm: str) -> dict[str, int]:
        """Return segment to the offset from which the arm goes on."""
        return self._end | self._first.get(arm, {}) | self._done.get(arm, {})
