"""Which sealed segments hold requests that a shadow has still to answer."""

from collections.abc import Collection, Iterable
from pathlib import Path

import polars as pl

from slipway.records.frame import ShadowFrame
from slipway.storage.journal.reader import SegmentReader, list_segments
from slipway.storage.journal.sealed import SealedSegment, parquet_of


def unanswered(
    folder: Path, *, sealed: Path, segments: Iterable[SealedSegment], arms: Collection[str]
) -> dict[str, str]:
    """Return segment to arm, for each segment whose last request of a shadow has no answer in the journal yet.

    Args:
        folder: The journal folder.
        sealed: The folder of sealed segments.
        segments: All sealed segments.
        arms: The shadows of the routes in force; what others have not answered, they never will.

    Raises:
        Corrupt: A segment is damaged.
        Unavailable: A file cannot be read.
    """
    all_of_them = list(segments)
    asked = _asked([s for s in all_of_them if s.rows["predictions"]], sealed=sealed, arms=arms) if arms else {}
    if not asked:
        return {}
    told = _told_sealed([s for s in all_of_them if s.rows["shadows"]], sealed=sealed)
    known = {s.segment for s in all_of_them}
    reader = SegmentReader(folder)
    for segment in list_segments(folder):
        if segment.name in known:
            continue
        for frame, _ in reader.read_segment(segment):
            if isinstance(frame, ShadowFrame):
                place = (frame.segment, frame.arm)
                told[place] = max(told.get(place, 0), frame.offset)
    return {segment: arm for (segment, arm), offset in asked.items() if told.get((segment, arm), 0) < offset}


def _asked(segments: list[SealedSegment], *, sealed: Path, arms: Collection[str]) -> dict[tuple[str, str], int]:
    """Return (segment, shadow) to the place behind the last request that another arm answered."""
    if not segments:
        return {}
    rows = (
        pl.scan_parquet([parquet_of(sealed, s.segment, kind="predictions") for s in segments], extra_columns="ignore")
        .select("segment", "end_offset", "arm", shadow="shadows")
        .explode("shadow", empty_as_null=False)
        .filter(pl.col("shadow").is_in(list(arms)), pl.col("shadow") != pl.col("arm"))
        .group_by("segment", "shadow")
        .agg(pl.col("end_offset").max())
        .collect(engine="streaming")
    )
    return {(segment, shadow): offset for segment, shadow, offset in rows.iter_rows()}


def _told_sealed(segments: list[SealedSegment], *, sealed: Path) -> dict[tuple[str, str], int]:
    if not segments:
        return {}
    rows = (
        pl.scan_parquet([parquet_of(sealed, s.segment, kind="shadows") for s in segments])
        .group_by("of_segment", "arm")
        .agg(pl.col("of_offset").max())
        .collect(engine="streaming")
    )
    return {(segment, arm): offset for segment, arm, offset in rows.iter_rows()}
