"""Reads a whole journal and says what is there and what is wrong with it. Changes nothing, and fails at nothing."""

import os
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.records.base import Record
from slipway.storage.columns import rows_of
from slipway.storage.journal.codec import SEGMENT_HEADER, ends_tick
from slipway.storage.journal.reader import SegmentFile, SegmentReader, list_segments

_NUMBER = len("-00000001")


class JournalReport(Record, frozen=True, kw_only=True):
    """What a journal holds.

    Attributes:
        segments: Number of segments.
        ticks: Ticks that count.
        frames: Frames that count.
        rows: Rows in them: requests, shadow answers, outcomes and decisions.
        sealed: Sealed segments that were held against the segments they were made of.
        torn_bytes: Segment to the bytes behind its last whole tick, where there are any. Normal where a writer died in
            the middle of a write, or is writing now.
        unread_bytes: Segment to the bytes from its first damaged frame on.
        gaps: Segments that are missing by their numbers. Normal where retention removed them, or where a disk was full
            when one was due.
        errors: One sentence for each segment that cannot be read to its end, or is not what was sealed, with the place.
    """

    segments: int
    ticks: int
    frames: int
    rows: int
    sealed: int
    torn_bytes: dict[str, int]
    unread_bytes: dict[str, int]
    gaps: tuple[str, ...]
    errors: tuple[str, ...]


def verify(folder: Path, *, sealed: Path | None = None) -> JournalReport:
    """Check every frame of every segment; one that is damaged does not keep the others from being checked.

    Args:
        folder: The journal folder.
        sealed: The folder of sealed segments, which are compared with the segments row by row; None leaves them out.

    Raises:
        Unavailable: The folder cannot be read.
    """
    reader, errors = SegmentReader(folder), list[str]()
    segments = list_segments(folder)
    walks = [_walk(segment, reader=reader, errors=errors) for segment in segments]
    checked = 0
    if sealed is not None:
        from slipway.storage.journal.sealed_check import check_sealed  # noqa: PLC0415 - it brings the table engine

        damaged = {segment.name for segment, walk in zip(segments, walks, strict=True) if walk.broken}
        checked, wrong = check_sealed(folder, sealed=sealed, damaged=damaged)
        errors += wrong
    return JournalReport(
        segments=len(segments),
        ticks=sum(walk.ticks for walk in walks),
        frames=sum(walk.frames for walk in walks),
        rows=sum(walk.rows for walk in walks),
        sealed=checked,
        torn_bytes={s.name: w.torn_bytes for s, w in zip(segments, walks, strict=True) if w.torn_bytes},
        unread_bytes={s.name: s.size_bytes - w.end for s, w in zip(segments, walks, strict=True) if w.broken},
        gaps=tuple(gaps([s.name for s in segments])),
        errors=tuple(errors),
    )


def gaps(names: list[str]) -> list[str]:
    """Return the segments that are missing between those that are there, or before them.

    >>> gaps(["a-00000002", "a-00000004", "b-00000001"])
    ['a-00000001', 'a-00000003']
    """
    last: dict[str, int] = {}
    for name in names:
        series, number = name[:-_NUMBER], name[1 - _NUMBER :]
        if number.isdecimal():
            last[series] = max(last.get(series, 0), int(number))
    there = set(names)
    every = (f"{series}-{n:08d}" for series, newest in sorted(last.items()) for n in range(1, newest))
    return [name for name in every if name not in there]


class _Walk:
    """One segment, frame by frame, up to its end or its first damage."""

    def __init__(self) -> None:
        self.ticks = self.frames = self.rows = self.torn_bytes = self.end = 0
        self.broken = False


def _walk(segment: SegmentFile, *, reader: SegmentReader, errors: list[str]) -> _Walk:
    walk = _Walk()
    start = len(SEGMENT_HEADER)
    try:
        with Path(segment.path).open("rb") as file:
            for frame, position in reader.read_segment(segment):
                walk.frames += 1
                walk.rows += rows_of(frame)
                walk.ticks += ends_tick(os.pread(file.fileno(), 4, start))
                walk.end = start = position.offset
        walk.torn_bytes = reader.torn_bytes.get(segment.name, 0)
    except (SlipwayError, OSError) as error:
        walk.broken = True
        errors.append(str(error))
    return walk
