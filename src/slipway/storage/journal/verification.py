"""Reads a whole journal and says what is there and what is wrong with it. Changes nothing."""

from pathlib import Path

from slipway.errors import SlipwayError
from slipway.records.base import Record
from slipway.storage.columns import rows_of
from slipway.storage.journal.reader import SegmentReader, list_segments


class JournalReport(Record, frozen=True, kw_only=True):
    """What a journal holds.

    Attributes:
        segments: Number of segments.
        frames: Frames that count.
        rows: Rows in them: requests, shadow answers and outcomes.
        torn_bytes: Segment to the bytes behind its last whole tick, where there are any. Normal where a writer died in
            the middle of a write, or is writing now.
        errors: One sentence for each segment that cannot be read to its end, with the place.
    """

    segments: int
    frames: int
    rows: int
    torn_bytes: dict[str, int]
    errors: tuple[str, ...]


def verify(folder: Path) -> JournalReport:
    """Check every frame of every segment; a segment that is damaged does not keep the others from being checked.

    Raises:
        Unavailable: The folder cannot be read.
    """
    reader, errors = SegmentReader(folder), list[str]()
    frames = rows = 0
    segments = list_segments(folder)
    for segment in segments:
        try:
            for frame, _ in reader.read_segment(segment):
                frames += 1
                rows += rows_of(frame)
        except SlipwayError as error:
            errors.append(str(error))
    torn = {name: size for name, size in reader.torn_bytes.items() if size}
    return JournalReport(segments=len(segments), frames=frames, rows=rows, torn_bytes=torn, errors=tuple(errors))
