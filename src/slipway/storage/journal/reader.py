"""Reads what all writers of a project wrote, live segments and closed ones alike."""

import contextlib
import io
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from slipway.errors import Corrupt, Unavailable
from slipway.ports import Position
from slipway.records.frame import Frame
from slipway.storage.journal.codec import SEGMENT_HEADER, check_segment_header, decode_frame, whole_frames

PIECE_BYTES = 8 << 20
"""How much of a segment is held in memory at once, unless a single tick is longer."""

_NUMBER = len("-00000001")


class SegmentFile(NamedTuple):
    """A segment as the folder shows it.

    Attributes:
        name: File name without ``.seg``.
        path: Where it lies.
        size_bytes: How long it is now, torn tail included.
    """

    name: str
    path: str
    size_bytes: int


def list_segments(folder: Path, *, final: Mapping[str, int] = MappingProxyType({})) -> list[SegmentFile]:
    """Return the segments of a journal in name order.

    Args:
        folder: The journal folder.
        final: Segments whose size is known and can no longer change; they are not asked for it again.

    Raises:
        Unavailable: The folder cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            named = [entry for entry in entries if entry.name.endswith(".seg")]
    except OSError as error:
        raise Unavailable(
            f"journal {folder}: want a folder, got '{error.strerror}'. Make it, or mend its rights."
        ) from error
    found = []
    for name, entry in sorted((entry.name[:-4], entry) for entry in named):
        with contextlib.suppress(FileNotFoundError):  # an empty segment goes when its writer closes it
            size_bytes = final.get(name)
            found.append(SegmentFile(name, entry.path, entry.stat().st_size if size_bytes is None else size_bytes))
    return found


class SegmentReader:
    """Reads frames; implements :class:`slipway.ports.JournalReader`.

    Args:
        folder: The journal folder.

    Attributes:
        torn_bytes: Segment name to the number of bytes behind its last whole tick, as of the last read of it. A live
            segment may have some for an instant; a closed one has them where its writer died in a write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.torn_bytes: dict[str, int] = {}
        self._final: dict[str, int] = {}

    def read(self, after: Mapping[str, int]) -> Iterator[tuple[Frame, Position]]:
        """Yield complete frames behind the offsets given, segment by segment in name order.

        The segments are those that are there when the reading begins. Memory is bounded by
        :data:`PIECE_BYTES` and the largest tick.

        Args:
            after: Segment name to the offset of a position that was yielded before; absent or 0 is from the start.

        Raises:
            Corrupt: A complete frame's bytes are not what was written; all frames before it were yielded.
            Refused: A newer Slipway wrote the segment.
            Unavailable: The folder or a file cannot be read.
        """
        segments = list_segments(self._folder, final=self._final)
        self._final = _sizes_of_closed(segments)
        for segment in segments:
            offset = after.get(segment.name, 0)
            if segment.size_bytes > offset:
                yield from self.read_segment(segment, after=offset)

    def read_segment(self, segment: SegmentFile, *, after: int = 0) -> Iterator[tuple[Frame, Position]]:
        """Yield one segment's complete frames behind an offset; raises as :meth:`read` does."""
        offset = after
        for attempt in (1, 2):
            try:
                for payload, end in self._payloads(segment, offset):
                    yield decode_frame(payload, segment=segment.name, offset=end), Position(segment.name, end)
                    offset = end
            except Corrupt:
                # On a full disk a writer takes a tick back, perhaps while we read; only what is wrong twice is wrong.
                if attempt == 2:
                    raise
            else:
                return

    def end_of(self, segment: SegmentFile, *, after: int = 0) -> int:
        """Return the offset behind the last whole tick, without decoding its frames; raises as :meth:`read` does."""
        return max((end for _, end in self._payloads(segment, after)), default=after)

    def _payloads(self, segment: SegmentFile, offset: int) -> Iterator[tuple[memoryview, int]]:
        with _opened(segment.path) as file:
            if offset == 0:
                head = _read(file, offset=0, most=len(SEGMENT_HEADER))
                if not check_segment_header(head, segment=segment.name):
                    self.torn_bytes[segment.name] = len(head)
                    return
                offset = len(SEGMENT_HEADER)
            most = PIECE_BYTES
            while True:
                data = memoryview(_read(file, offset=offset, most=most))
                end = offset
                for payload, end in whole_frames(data, segment=segment.name, offset=offset):
                    yield payload, end
                if len(data) < most:
                    self.torn_bytes[segment.name] = offset + len(data) - end
                    return
                most = PIECE_BYTES if end > offset else 2 * most  # a tick may be longer than a piece
                offset = end


def _sizes_of_closed(segments: Sequence[SegmentFile]) -> dict[str, int]:
    """Return the sizes of those that a later one of the same series follows: their writer has left them for good.

    The sizes were asked for after the names, so they are the last ones.
    """
    pairs = itertools.pairwise(segments)
    return {one.name: one.size_bytes for one, two in pairs if one.name[:-_NUMBER] == two.name[:-_NUMBER]}


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Open a segment; one that was removed since it was listed (it held nothing, or retention took it) is empty."""
    try:
        file: BinaryIO = Path(path).open("rb", buffering=0)  # noqa: SIM115 - it is closed below
    except FileNotFoundError:
        file = io.BytesIO()
    except OSError as error:
        raise _unreadable(path, error) from error
    with file:
        yield file


def _read(file: BinaryIO, *, offset: int, most: int) -> bytes:
    try:
        file.seek(offset)
        return file.read(most)
    except OSError as error:
        raise _unreadable(str(getattr(file, "name", "")), error) from error


def _unreadable(path: str, error: OSError) -> Unavailable:
    return Unavailable(f"journal segment {path}: want to read it, got '{error.strerror}'.")
