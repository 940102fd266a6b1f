"""Whether what is sealed is what was written: each Parquet file and marker against its segment, row by row."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import polars as pl

from slipway.errors import SlipwayError
from slipway.storage.journal.reader import SegmentFile, SegmentReader, list_segments
from slipway.storage.journal.sealed import KINDS, SEAL_ANEW, SealedSegment, check_parquet, parquet_of, read_marker
from slipway.storage.journal.sealing import describe
from slipway.storage.journal.tables import tables_of


def check_sealed(folder: Path, *, sealed: Path, damaged: Collection[str]) -> tuple[int, list[str]]:
    """Return how many sealed segments were compared, and one sentence for each thing that is wrong.

    Args:
        folder: The journal folder.
        sealed: The folder of sealed segments.
        damaged: Segments that cannot be read to their end; what was sealed of them is held against its hash only.
    """
    raw = {s.name: s for s in list_segments(folder)}
    errors: list[str] = []
    markers = sorted(sealed.glob("*.msgpack"))
    for path in markers:
        try:
            what = read_marker(path, data=path.read_bytes())
            for kind in KINDS:
                if what.rows.get(kind):
                    check_parquet(sealed, what, kind=kind)
            wrong = [] if what.segment in damaged else list(_differences(what, raw=raw, folder=folder, sealed=sealed))
        except (SlipwayError, OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            wrong = [str(error)]
        if path.exists():  # retention may have taken the segment in between
            errors += wrong
    return len(markers), errors


def _differences(what: SealedSegment, *, raw: Mapping[str, SegmentFile], folder: Path, sealed: Path) -> Iterator[str]:
    segment = raw.get(what.segment)
    if segment is None:
        yield (
            f"journal segment {what.segment}: want the segment beside what was sealed of it, found none. It was "
            "removed, and not by retention; restore it from a copy. Its rows are still in the Parquet files."
        )
        return
    reader = SegmentReader(folder)
    tables = tables_of(reader.read_segment(segment))
    torn_bytes = reader.torn_bytes[segment.name]
    wanted = describe(segment.name, tables=tables, torn_bytes=torn_bytes, sha256=what.sha256)
    if wanted != what:
        different = [f for f in what.__struct_fields__ if getattr(what, f) != getattr(wanted, f)]
        yield (
            f"journal segment {segment.name}: want what was sealed of it, but {', '.join(different)} differ. "
            "One of the two was changed afterwards, or cut short. Compare with a copy before anything is removed."
        )
        return
    for kind, table in tables.items():
        if table.height and not pl.read_parquet(parquet_of(sealed, segment.name, kind=kind)).equals(table):
            yield f"{parquet_of(sealed, segment.name, kind=kind)}: its rows are not those of the segment. {SEAL_ANEW}"
