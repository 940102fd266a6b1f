"""Copies closed segments to Parquet, for people, DuckDB, Spark and polars.

The segment stays, and stays what :class:`SegmentReader` reads, so a replay gives the same bits before and after. A
sealed segment is a Parquet file for each kind of rows that it has and, written last, a marker that says what they hold;
without the marker the segment is not sealed, and sealing it again writes the same files anew. So it may be killed at
any moment.
"""

import hashlib
import io
import os
from pathlib import Path

import polars as pl

from slipway.errors import Corrupt, SlipwayError
from slipway.records.base import Record
from slipway.storage.atomic import write_atomically
from slipway.storage.journal.codec import SEGMENT_HEADER
from slipway.storage.journal.reader import SegmentFile, SegmentReader, list_segments
from slipway.storage.journal.sealed import SealedSegment, leaving_of, marker_bytes, marker_of, parquet_of, read_marker
from slipway.storage.journal.tables import tables_of
from slipway.storage.lock import alone_in, try_lock


class SealReport(Record, frozen=True, kw_only=True):
    """What a round of sealing did.

    Attributes:
        sealed: Segments sealed now.
        live: Segments that a process is writing.
        errors: One sentence for each segment that could not be sealed.
    """

    sealed: tuple[SealedSegment, ...]
    live: tuple[str, ...]
    errors: tuple[str, ...]


def seal_closed(folder: Path, *, sealed: Path) -> SealReport:
    """Seal every closed segment that is not sealed yet.

    Args:
        folder: The journal folder.
        sealed: Where to put ``<kind>/<segment>.parquet`` and ``<segment>.msgpack``.

    Raises:
        Conflict: Another process seals or prunes this journal.
        Unavailable: The journal folder cannot be read.
    """
    with alone_in(sealed):
        return _seal_all(list_segments(folder), folder=folder, sealed=sealed)


def _seal_all(segments: list[SegmentFile], *, folder: Path, sealed: Path) -> SealReport:
    done, live, errors = list[SealedSegment](), list[str](), list[str]()
    for segment in segments:
        if segment.size_bytes <= len(SEGMENT_HEADER) or _is_done(segment.name, sealed=sealed):
            continue
        try:
            found = _seal(segment, folder=folder, sealed=sealed)
        except (SlipwayError, OSError) as error:
            errors.append(str(error))
            continue
        if found is None:
            live.append(segment.name)
        else:
            done.append(found)
    return SealReport(sealed=tuple(done), live=tuple(live), errors=tuple(errors))


def _is_done(segment: str, *, sealed: Path) -> bool:
    """Tell whether a segment is sealed, or leaving; a marker that cannot be read is made anew."""
    marker = marker_of(sealed, segment)
    try:
        return bool(read_marker(marker, data=marker.read_bytes()))
    except Corrupt:
        return False
    except FileNotFoundError:
        return leaving_of(sealed, segment).exists()


def _seal(segment: SegmentFile, *, folder: Path, sealed: Path) -> SealedSegment | None:
    handle = os.open(segment.path, os.O_RDONLY)
    try:
        if not try_lock(handle):
            return None
        reader = SegmentReader(folder)
        tables = tables_of(reader.read_segment(segment))
    finally:
        os.close(handle)
    sha256: dict[str, str] = {}
    for kind, table in tables.items():
        if table.height:
            buffer = io.BytesIO()
            table.write_parquet(buffer, compression="zstd", statistics=True)
            data = buffer.getvalue()
            write_atomically(parquet_of(sealed, segment.name, kind=kind), data)
            sha256[kind] = hashlib.sha256(data).hexdigest()
    torn_bytes = reader.torn_bytes[segment.name]
    what = describe(segment.name, tables=tables, torn_bytes=torn_bytes, sha256=sha256)
    write_atomically(marker_of(sealed, segment.name), marker_bytes(what))
    return what


def describe(name: str, *, tables: dict[str, pl.DataFrame], torn_bytes: int, sha256: dict[str, str]) -> SealedSegment:
    """Return what the marker of a segment says."""
    moments = (
        pl.concat([tables[kind]["received_at"] for kind in ("predictions", "outcomes", "decisions", "metrics")])
        .dt.timestamp("us")
        .to_list()
    )
    arms = pl.concat([tables["predictions"]["arm"], tables["shadows"]["arm"]]).unique().sort().to_list()
    return SealedSegment(
        segment=name,
        rows={kind: table.height for kind, table in tables.items()},
        first_us=min(moments, default=None),
        last_us=max(moments, default=None),
        routes=tuple(tables["predictions"]["route"].unique().sort().to_list()),
        arms=tuple(arms),
        about=tuple(tables["shadows"]["of_segment"].unique().sort().to_list()),
        torn_bytes=torn_bytes,
        sha256=sha256,
    )
