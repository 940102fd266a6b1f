"""Follows the journal from a place it remembers, whatever rotation, sealing and retention do meanwhile.

A tail only reads: it takes no lock and leaves no trace, so any number of them cost the writers nothing but the disk's
attention. Its place is a plain mapping, which whoever wants to go on after a restart may keep.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from slipway.storage.journal.reader import SegmentReader, list_segments
from slipway.storage.journal.stretches import STRETCH_ROWS, Stretch, stretches


class Lag(NamedTuple):
    """How far behind the writers a tail is.

    Attributes:
        size_bytes: Bytes written and not read; a tick that is being written counts.
        rows: About how many rows that is, by the bytes a row so far; NaN before anything was read.
        seconds: Time since the newest row that was read was received; 0 where nothing is unread, NaN where nothing was
            read yet.
    """

    size_bytes: int
    rows: float
    seconds: float


class JournalTail:
    """Reads on from where it was, as columns.

    For one thread. Each row is given once, also where its segment is closed, sealed or followed by another meanwhile.
    What retention removes before it was read is not given; ``missed_bytes`` tells how much that was.

    Args:
        folder: The journal folder.
        after: Where to begin: segment to offset, as :attr:`place` gave it. Segments that are not named are read whole.

    Attributes:
        missed_bytes: Bytes of segments that were removed before they were read to their end.
    """

    def __init__(self, folder: Path, *, after: Mapping[str, int] = MappingProxyType({})) -> None:
        self._folder, self._reader = folder, SegmentReader(folder)
        self._place = dict(after)
        self._sizes: dict[str, int] = {}
        self._rows = self._bytes = self._newest_us = self.missed_bytes = 0

    @property
    def place(self) -> dict[str, int]:
        """How far each segment was read; segments that are gone are forgotten."""
        return dict(self._place)

    def read(self, *, most_rows: int = STRETCH_ROWS) -> Iterator[Stretch]:
        """Yield what is new, in stretches; the place moves with each that is taken.

        Raises:
            Corrupt: A frame is not what was written; what lies before it was yielded, and the next read says so again.
            Unavailable: The folder or a file cannot be read.
        """
        self._forget_gone()
        for stretch in stretches(self._reader.read(self._place), most_rows=most_rows):
            segment, offset = stretch.position
            self._bytes += offset - self._place.get(segment, 0)
            self._rows += stretch.rows
            self._place[segment] = offset
            told = (stretch.outcomes.at_us, stretch.decisions.at_us, stretch.metrics.at_us)
            moments = [*(p.at_us for p in stretch.predictions), *told]
            self._newest_us = max(self._newest_us, *(int(m.max(initial=0)) for m in moments))
            yield stretch

    def skip(self) -> None:
        """Go to the end of what is written now, without giving it: the next read begins with what comes then.

        Raises:
            Corrupt: A frame is not what was written.
            Unavailable: The folder or a file cannot be read.
        """
        for segment in list_segments(self._folder):
            self._place[segment.name] = self._reader.end_of(segment, after=self._place.get(segment.name, 0))

    def lag(self, *, now_us: int) -> Lag:
        """Return how far behind it is.

        Args:
            now_us: The moment, by the clock that gave the rows theirs.

        Raises:
            Unavailable: The folder cannot be read.
        """
        unread = sum(max(0, s.size_bytes - self._place.get(s.name, 0)) for s in list_segments(self._folder))
        rows = unread * self._rows / self._bytes if self._bytes else float("nan")
        seconds = (now_us - self._newest_us) / 1e6 if self._rows else float("nan")
        return Lag(unread, rows if unread else 0.0, seconds if unread else 0.0)

    def _forget_gone(self) -> None:
        there = {s.name: s.size_bytes for s in list_segments(self._folder)}
        for name in (self._place.keys() | self._sizes.keys()) - there.keys():
            self.missed_bytes += max(0, self._sizes.get(name, 0) - self._place.pop(name, 0))
        self._sizes = there
