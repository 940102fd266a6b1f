"""Score tables, and take outcomes, decisions and metrics of a project, in bulk and without a server."""

import os
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl

from slipway.batch import decisions, metrics, outcomes
from slipway.batch.decisions import DecisionColumns, DecisionsReport
from slipway.batch.metrics import MetricColumns, MetricsReport
from slipway.batch.outcomes import OutcomesReport
from slipway.batch.places import find_files
from slipway.batch.report import ScoreReport
from slipway.batch.score import Progress, Scorer
from slipway.batch.source import FileSource, Part, Source, TableSource, parts_of
from slipway.batch.told import PART_ROWS
from slipway.batch.wish import Wish
from slipway.errors import BadInput
from slipway.ports import Runtime
from slipway.project.tables import as_polars
from slipway.records.arm import Arm
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.registry import ArmContext, open_arm
from slipway.serving.config_file import config_of
from slipway.storage.journal import SegmentWriter, writer_name
from slipway.storage.secret_key import secret_key
from slipway.wiring import Parts


class Scored(NamedTuple):
    """A table and its answers.

    Attributes:
        report: What became of the rows.
        answers: One row for each row that was answered; None where they are in a file.
        rejects: One row for each row that was not, with the reason; None where they are in a file.
    """

    report: ScoreReport
    answers: pl.DataFrame | None
    rejects: pl.DataFrame | None


def score(
    parts: Parts,
    table: Any,
    *,
    output: str | Path | None,
    id: str | None,  # noqa: A002 - the field's own word
    entity: str | None,
    keep: Sequence[str],
    max_rejects: float | None,
    overwrite: bool,
    threads: int | None,
    at_us: int | None,
    progress: Progress,
) -> Scored:
    """Score a table; see :meth:`slipway.project.Project.score`."""
    scorer = Scorer(
        parts.layout,
        config=data_plane(parts),
        open_arm=_opener(parts),
        now_us=parts.clock.now_us if at_us is None else lambda: at_us,
        pid=os.getpid(),
    )
    given = str(table) if isinstance(table, str | Path) else as_polars(table, what="table")

    def wish(output: str) -> Wish:
        return Wish(
            output=output,
            id_column=id,
            entity_column=entity,
            keep=tuple(keep),
            max_rejects=max_rejects,
            overwrite=overwrite,
            threads=len(os.sched_getaffinity(0)) if threads is None else threads,
        )

    if output is not None:
        return Scored(scorer.score(given, wish=wish(str(output)), progress=progress), None, None)
    if isinstance(given, str):
        raise BadInput(f"{given}: want a place for the answers, got none. Name a file, or hand over a table.")
    with tempfile.TemporaryDirectory(prefix="batch-", dir=parts.layout.run) as folder:
        report = scorer.score(given, wish=wish(f"{folder}/answers.arrow"), progress=progress)
        answers = pl.read_ipc(f"{folder}/answers.arrow")
        rejects = pl.read_ndjson(report.rejects, infer_schema_length=None) if report.rejects else pl.DataFrame()
    return Scored(msgspec.structs.replace(report, output="", rejects=""), answers, rejects)


def data_plane(parts: Parts) -> WorkerConfig:
    """Return what the project's scope says of its data plane."""
    return config_of(parts.scope, folder=parts.layout.root, pseudonym_key=secret_key(parts.layout.pseudonym_key))


def _opener(parts: Parts) -> Callable[[Arm], Awaitable[Runtime]]:
    context = ArmContext(signature=data_plane(parts).signature, blobs=parts.blobs, root=parts.layout.root)

    def opener(arm: Arm) -> Awaitable[Runtime]:
        return open_arm(arm, context=context)

    return opener


def take_outcomes(
    parts: Parts,
    table: Any,
    *,
    id: str,  # noqa: A002 - the field's own word
    value: str,
    at_us: int | None,
) -> OutcomesReport:
    """Take outcomes; see :meth:`slipway.project.Project.take_outcomes`."""
    now_us = parts.clock.now_us
    with _told(parts, table, what="outcomes") as told:
        return outcomes.take_outcomes(
            told.source,
            parts=told.parts,
            columns=outcomes.OutcomeColumns(id=id, value=value),
            kind=parts.scope.task.kind,
            where=told.where,
            journal=told.journal,
            now_us=now_us if at_us is None else lambda: at_us,
        )


def take_decisions(parts: Parts, table: Any, *, columns: DecisionColumns, at_us: int | None) -> DecisionsReport:
    """Take decisions; see :meth:`slipway.project.Project.take_decisions`."""
    now_us = parts.clock.now_us
    with _told(parts, table, what="decisions") as told:
        return decisions.take_decisions(
            told.source,
            parts=told.parts,
            columns=columns,
            config=data_plane(parts),
            where=told.where,
            journal=told.journal,
            now_us=now_us if at_us is None else lambda: at_us,
        )


def take_metrics(parts: Parts, table: Any, *, columns: MetricColumns, at_us: int | None) -> MetricsReport:
    """Take business metrics; see :meth:`slipway.project.Project.take_metrics`."""
    now_us = parts.clock.now_us
    with _told(parts, table, what="metrics") as told:
        return metrics.take_metrics(
            told.source,
            parts=told.parts,
            columns=columns,
            where=told.where,
            journal=told.journal,
            now_us=now_us if at_us is None else lambda: at_us,
        )


class _Told(NamedTuple):
    """A table of what came true, was decided or was measured, and where it goes."""

    source: Source
    parts: Sequence[Part]
    where: str
    journal: SegmentWriter


@contextmanager
def _told(parts: Parts, table: Any, *, what: str) -> Iterator[_Told]:
    """Open a table and a series of the journal for it."""
    with tempfile.TemporaryDirectory(prefix="batch-", dir=parts.layout.run) as work:
        source, where = _source(table, work=Path(work), what=what)
        cut = parts_of(source.lengths, rows=PART_ROWS)
        if not cut:
            raise BadInput(f"{where}: want at least one row, got none.")
        name = writer_name(what, started_us=parts.clock.now_us(), pid=os.getpid())
        writer = SegmentWriter(parts.layout.journal, name=name, durability=data_plane(parts).durability)
        with closing(writer):
            yield _Told(source, cut, where, writer)


def _source(table: Any, *, work: Path, what: str) -> tuple[Source, str]:
    if isinstance(table, str | Path):
        return FileSource(find_files(str(table)), work=work), str(table)
    return TableSource(as_polars(table, what=what)), what
