"""The journal as tables that a query reads: sealed and open segments together, and the joined view ``answers``.

Only what a query asks for is read: segments outside the window are left out by their markers, columns and row groups by
the table engine. What is sealed streams from the disk; what is still being written is small and lies in memory.
"""

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import polars as pl

from slipway.records.load_test import ID_PREFIX
from slipway.records.task import TaskKind
from slipway.storage.journal.codec import SEGMENT_HEADER
from slipway.storage.journal.reader import SegmentReader, list_segments
from slipway.storage.journal.sealed import KINDS, SealedSegment, check_parquet, parquet_of, sealed_segments
from slipway.storage.journal.tables import SCHEMAS, tables_of

_RANK = (
    pl.col("score").is_null(),
    *map(pl.col, ("received_at", "route_version", "arm", "latency_us", "score")),
)
"""Of rows with one id the first counts: who asked again after a failure got the answer, and that is what he has."""


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
    folder: Path, *, sealed: Path, kind: TaskKind, window: Window = ALWAYS, checked: bool = True
) -> dict[str, pl.LazyFrame]:
    """Return ``predictions``, ``shadows``, ``outcomes``, ``decisions`` and ``answers`` by name; nothing is read yet.

    Shadow answers bear no moment of their own: those of all segments are there. In ``answers`` the window is about the
    request; its outcome counts whenever it came.

    Args:
        folder: The journal folder.
        sealed: The folder of sealed segments.
        kind: Kind of Y, which says what an outcome can be.
        window: Which rows.
        checked: Whether each Parquet file that may be read is held against its hash first, which reads all of it.

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
    }
    rows = {}
    for name in KINDS:
        holding = [s for s in chosen[name] if s.rows[name]]
        for segment in holding if checked else ():
            check_parquet(sealed, segment, kind=name)
        files = [parquet_of(sealed, s.segment, kind=name) for s in holding]
        rows[name] = _rows(name, files=files, fresh=[tables[name] for tables in fresh])
    predictions = window.of(rows["predictions"])
    return {
        "predictions": predictions,
        "shadows": rows["shadows"],
        "outcomes": window.of(rows["outcomes"]),
        "decisions": window.of(rows["decisions"]),
        "answers": answers(predictions, outcomes=rows["outcomes"], kind=kind),
    }


def answers(predictions: pl.LazyFrame, *, outcomes: pl.LazyFrame, kind: TaskKind) -> pl.LazyFrame:
    """Return each prediction once, with its first outcome: the rules of the ledger that rollouts are judged by.

    Rows of load tests are left out: nobody waited for them. Of rows with one id the earliest that was answered counts.
    Of the outcomes of an id the earliest possible one counts, of two at one moment the smaller. Where none has come,
    ``outcome`` and ``outcome_at`` are null.

    >>> asked = pl.LazyFrame(
    ...     {"id": ["a"], "received_at": [5], "route_version": [1], "arm": ["l"], "latency_us": [1], "score": [0.9]}
    ... )
    >>> told = pl.LazyFrame({"id": ["a", "a", "a", "b"], "received_at": [9, 8, 7, 1], "value": [1.0, 0.0, 0.5, 1.0]})
    >>> answers(asked, outcomes=told, kind=TaskKind.BINARY).select("id", "outcome", "outcome_at").collect().rows()
    [('a', 0.0, 8)]
    """
    value = pl.col("value")
    possible = value.is_in([0.0, 1.0]) if kind is TaskKind.BINARY else value.is_finite()
    first = _one_each(outcomes.filter(possible), order=(pl.col("received_at"), value))
    told = first.select("id", outcome="value", outcome_at="received_at")
    callers = predictions.filter(~pl.col("id").str.starts_with(ID_PREFIX))
    return _one_each(callers, order=_RANK).join(told, on="id", how="left")


def _one_each(rows: pl.LazyFrame, *, order: tuple[pl.Expr, ...]) -> pl.LazyFrame:
    """Return the first row of each id; only ids that come more than once are sorted."""
    several = rows.group_by("id").len().filter(pl.col("len") > 1).select("id")
    once = rows.join(several, on="id", how="anti")
    repeated = rows.join(several, on="id", how="semi")
    return pl.concat([once, repeated.sort(order).unique("id", keep="first", maintain_order=True)])


def _rows(kind: str, *, files: list[Path], fresh: list[pl.DataFrame]) -> pl.LazyFrame:
    """Return one table; a field that changed its kind among segments is text."""
    alike: dict[tuple[tuple[str, pl.DataType], ...], list[Path]] = defaultdict(list)
    for file in files:
        alike[tuple(pl.read_parquet_schema(file).items())].append(file)
    parts = [pl.scan_parquet(group, glob=False) for group in alike.values()]
    parts += [table.lazy() for table in fresh if table.height]
    if not parts:
        return pl.LazyFrame(schema=SCHEMAS[kind])
    return pl.concat(parts, how="diagonal_relaxed") if len(parts) > 1 else parts[0]


def _moment(us: int) -> pl.Expr:
    return pl.lit(us).cast(pl.Datetime("us", "UTC"))
