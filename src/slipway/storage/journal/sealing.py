"""Copies closed segments to Parquet, for people, DuckDB, Spark and polars.

The segment stays, and stays what :class:`SegmentReader` reads, so a replay gives the same bits before and after. A
sealed segment is three Parquet files and, written last, a marker that says what they hold; without the marker the
segment is not sealed, and sealing it again writes the same files anew. So it may be killed at any moment.
"""

import io
import os
from pathlib import Path

import msgspec
import polars as pl

from slipway.errors import Corrupt, SlipwayError
from slipway.records.base import Record, canonical
from slipway.storage.atomic import write_atomically
from slipway.storage.journal.codec import SEGMENT_HEADER
from slipway.storage.journal.reader import SegmentFile, SegmentReader, list_segments
from slipway.storage.journal.tables import tables_of
from slipway.storage.lock import try_lock


class SealedSegment(Record, frozen=True, kw_only=True):
    """What a sealed segment holds, so that it can be chosen by time, arm or route without being opened.

    Attributes:
        segment: Its name.
        rows: Kind (predictions, shadows, outcomes) to number of rows.
        first_us: Earliest moment of a prediction or outcome in it, or None.
        last_us: Latest.
        routes: Routes of its predictions.
        arms: Arms that answered or shadowed in it.
        torn_bytes: Bytes behind its last whole tick, which count for nothing.
    """

    segment: str
    rows: dict[str, int]
    first_us: int | None
    last_us: int | None
    routes: tuple[str, ...]
    arms: tuple[str, ...]
    torn_bytes: int


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
        Unavailable: The journal folder cannot be read.
    """
    done, live, errors = list[SealedSegment](), list[str](), list[str]()
    for segment in list_segments(folder):
        if segment.size_bytes <= len(SEGMENT_HEADER) or _marker(sealed, segment.name).exists():
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


def sealed_segments(sealed: Path) -> list[SealedSegment]:
    """Return what is sealed, in name order.

    Raises:
        Corrupt: A marker is damaged; the message names it and the way out.
    """
    return [_read_marker(path) for path in sorted(sealed.glob("*.msgpack"))]


def _read_marker(path: Path) -> SealedSegment:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=SealedSegment)
    except msgspec.MsgspecError as error:
        raise Corrupt(
            f"{path}: want the marker of a sealed segment, got '{error}'. Remove it; the segment is then sealed anew."
        ) from error


def _seal(segment: SegmentFile, *, folder: Path, sealed: Path) -> SealedSegment | None:
    handle = os.open(segment.path, os.O_RDONLY)
    try:
        if not try_lock(handle):
            return None
        reader = SegmentReader(folder)
        tables = tables_of(reader.read_segment(segment))
    finally:
        os.close(handle)
    for kind, table in tables.items():
        if table.height:
            buffer = io.BytesIO()
            table.write_parquet(buffer, compression="zstd", statistics=True)
            write_atomically(sealed / kind / f"{segment.name}.parquet", buffer.getvalue())
    what = _describe(segment.name, tables=tables, torn_bytes=reader.torn_bytes[segment.name])
    write_atomically(_marker(sealed, segment.name), canonical(what))
    return what


def _describe(name: str, *, tables: dict[str, pl.DataFrame], torn_bytes: int) -> SealedSegment:
    moments = (
        pl.concat([tables["predictions"]["received_at"], tables["outcomes"]["received_at"]])
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
        torn_bytes=torn_bytes,
    )


def _marker(sealed: Path, name: str) -> Path:
    return sealed / f"{name}.msgpack"
