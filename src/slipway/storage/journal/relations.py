"""The journal as tables that a query reads: sealed and open segments together, and the joined view ``answers``.

Only what a query asks for is read: segments outside the window are left out by their markers, columns and row groups by
the table engine. What is sealed streams from the disk; what is still being written is small and lies in memory.
"""

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import polars as pl

from slipway.records.task import TaskKind
from slipway.storage.journal.answers import PART_ROWS, in_parts
from slipway.storage.journal.codec import SEGMENT_HEADER
from slipway.storage.journal.reader import SegmentReader, list_segments
from slipway.storage.journal.sealed import KINDS, SealedSegment, check_parquet, parquet_of, sealed_segments
from slipway.storage.journal.tables import SCHEMAS, tables_of


class Window(NamedTuple):
    """When requests and outcomes were received.

    Attributes:
        since_us: From this moment on; None from the beginning.
        until_us: Before this moment; None to the end.
    """

    since_us: int | None = None
    until_us: int | None = None

    def holds(self, what: SealedSegment) -> bool:
        """Tell whether a segment may hold rows of the window; one without moments may."""
        if what.first_us is None or what.last_us is None:
            return True
        return (self.since_us is None or what.last_us >= self.since_us) and (
            self.until_us is None or what.first_us < self.until_us
        )

    def of(self, rows: pl.LazyFrame, *, until: bool = True) -> pl.LazyFrame:
        """Return the rows of the window by the moment of their receipt."""
        at = pl.col("received_at")
        if self.since_us is not None:
            rows = rows.filter(at >= _moment(self.since_us))
        if until and self.until_us is not None:
            rows = rows.filter(at < _moment(self.until_us))
        return rows


ALWAYS = Window()
"""No bounds."""


def relations(
    folder: Path,
    *,
    sealed: Path,
    kind: TaskKind,
    window: Window = ALWAYS,
    checked: bool = True,
    part_rows: int = PART_ROWS,
) -> dict[str, pl.LazyFrame]:
    """Return ``predictions``, ``shadows``, ``outcomes``, ``decisions``, ``metrics``, ``answers``; nothing is read yet.

    Shadow answers bear no moment of their own: those of all segments are there. In ``answers`` the window is about the
    request; its outcome counts whenever it came.

    Args:
        folder: The journal folder.
        sealed: The folder of sealed segments.
        kind: Kind of Y, which says what an outcome can be.
        window: Which rows.
        checked: Whether each Parquet file that may be read is held against its hash first, which reads all of it.
        part_rows: About how many rows of ``answers`` are put together at a time.

    Raises:
        Corrupt: A marker, a file, or a segment that is not sealed, is damaged.
        Unavailable: The folder cannot be read.
    """
    known = sealed_segments(sealed)
    names = {s.segment for s in known}
    reader = SegmentReader(folder)
    fresh = [
        tables_of(reader.read_segment(s))
        for s in list_segments(folder)
        if s.name not in names and s.size_bytes > len(SEGMENT_HEADER)
    ]
    later = Window(window.since_us)
    chosen = {
        "predictions": [s for s in known if window.holds(s)],
        "shadows": known,
        "outcomes": [s for s in known if later.holds(s)],
        "decisions": [s for s in known if window.holds(s)],
        "metrics": [s for s in known if window.holds(s)],
    }
    rows, counts = dict[str, pl.LazyFrame](), dict[str, int]()
    for name in KINDS:
        holding = [s for s in chosen[name] if s.rows[name]]
        for segment in holding if checked else ():
            check_parquet(sealed, segment, kind=name)
        counts[name] = sum(s.rows[name] for s in holding) + sum(tables[name].height for tables in fresh)
        files = [parquet_of(sealed, s.segment, kind=name) for s in holding]
        rows[name] = _rows(name, files=files, fresh=[tables[name] for tables in fresh])
    predictions, asked_or_told = window.of(rows["predictions"]), max(counts["predictions"], counts["outcomes"])
    return {
        "predictions": predictions,
        "shadows": rows["shadows"],
        "outcomes": window.of(rows["outcomes"]),
        "decisions": window.of(rows["decisions"]),
        "metrics": window.of(rows["metrics"]),
        "answers": in_parts(predictions, outcomes=rows["outcomes"], kind=kind, rows=asked_or_told, part_rows=part_rows),
    }


def _rows(kind: str, *, files: list[Path], fresh: list[pl.DataFrame]) -> pl.LazyFrame:
    """Return one table; a field that changed its kind among segments is text."""
    alike: dict[tuple[tuple[str, pl.DataType], ...], list[Path]] = defaultdict(list)
    for file in files:
        alike[tuple(pl.read_parquet_schema(file).items())].append(file)
    parts = [pl.scan_parquet(group, glob=False) for group in alike.values()]
    parts += [table.lazy() for table in fresh if table.height]
    known = [set(table.columns) for table in fresh if table.height] + [{name for name, _ in form} for form in alike]
    if not all(names.issuperset(SCHEMAS[kind]) for names in known) or not parts:  # older segments lack newer columns
        parts.append(pl.LazyFrame(schema=SCHEMAS[kind]))
    return pl.concat(parts, how="diagonal_relaxed") if len(parts) > 1 else parts[0]


def _moment(us: int) -> pl.Expr:
    return pl.lit(us).cast(pl.Datetime("us", "UTC"))
