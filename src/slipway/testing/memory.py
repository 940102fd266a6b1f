"""Parts that keep everything in memory: for tests of what stands above storage. They pass the same exams."""

from collections.abc import Iterator, Mapping, Sequence

from slipway.errors import Conflict, Unavailable
from slipway.ports import Position
from slipway.records.base import check_name
from slipway.records.frame import Frame
from slipway.storage.columns import check_frame


class MemoryJournal:
    """A journal that forgets when the process ends; one object is both the folder and the reader.

    An offset counts frames.

    >>> journal = MemoryJournal()
    >>> journal.writer("w").append([])
    Position(segment='w-00000001', offset=0)
    """

    def __init__(self) -> None:
        self._segments: dict[str, list[Frame]] = {}

    def writer(self, name: str) -> "MemoryJournalWriter":
        """Return a writer of a series that no other writer had.

        Raises:
            BadInput: The name is no checked word.
            Conflict: The series exists.
        """
        segment = f"{check_name('journal writer', name)}-00000001"
        if segment in self._segments:
            raise Conflict(f"journal segment {segment}: want a new series, but it exists. Use another name.")
        return MemoryJournalWriter(segment, frames=self._segments.setdefault(segment, []))

    def read(self, after: Mapping[str, int]) -> Iterator[tuple[Frame, Position]]:
        """Yield frames behind the positions, segment by segment in name order."""
        for segment, frames in sorted(self._segments.items()):
            first = after.get(segment, 0)
            for offset, frame in enumerate(frames[first:], start=first + 1):
                yield frame, Position(segment, offset)


class MemoryJournalWriter:
    """Appends to one series of a :class:`MemoryJournal`, which makes it."""

    def __init__(self, segment: str, *, frames: list[Frame]) -> None:
        self._segment, self._frames = segment, frames
        self._closed = False

    def append(self, frames: Sequence[Frame]) -> Position:
        """Keep all frames or none, and return the position behind them.

        Raises:
            BadInput: A frame's columns differ in length.
            Unavailable: The writer is closed.
        """
        if self._closed:
            raise Unavailable(f"journal segment {self._segment}: the writer is closed. Open a new one.")
        for frame in frames:
            check_frame(frame)
        self._frames.extend(frames)
        return Position(self._segment, len(self._frames))

    def close(self) -> None:
        """Take no more. Calling it twice is harmless."""
        self._closed = True
