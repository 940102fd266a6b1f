"""Score a table: from what a user wishes to the published output."""

import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from slipway.batch.arms import Arms
from slipway.batch.ids import refuse_repeated
from slipway.batch.job import Job, Order
from slipway.batch.part import PartWorker, Setting
from slipway.batch.places import find_files, is_remote
from slipway.batch.publish import check_output, publish, publish_rejects, rejects_path
from slipway.batch.report import PartReport, ScoreReport, total
from slipway.batch.shadows import ask_shadows, somebody_shadows
from slipway.batch.source import FileSource, Part, Source, TableSource, content_of, parts_of
from slipway.batch.table import columns_to_keep
from slipway.batch.threads import do_all
from slipway.batch.values import check_columns, check_names
from slipway.batch.wish import Wish
from slipway.batch.writing import refuse_unwritable
from slipway.errors import BadInput, Refused
from slipway.ports import Runtime
from slipway.records.arm import Arm
from slipway.records.base import content_id
from slipway.records.worker_config import WorkerConfig
from slipway.storage.journal import SegmentWriter, writer_name
from slipway.storage.layout import Layout
from slipway.storage.routes import RouteWatch, read_route

Progress = Callable[[int, int], None]
"""``progress(rows done, rows in all)``; called by one thread at a time."""


class Scorer(NamedTuple):
    """Scores tables for one project.

    Attributes:
        layout: Where everything lies.
        config: Facts of the data plane.
        open_arm: Loads an arm.
        now_us: Tells the time at which rows count as received.
        pid: Of this process; with the time it makes names that no other process has.
    """

    layout: Layout
    config: WorkerConfig
    open_arm: Callable[[Arm], Awaitable[Runtime]]
    now_us: Callable[[], int]
    pid: int

    def score(self, table: str | pl.DataFrame, *, wish: Wish, progress: Progress = lambda *_: None) -> ScoreReport:
        """Answer each row of a table, or say why not; journal what was asked and answered as requests are.

        The output is there when this returns, whole; before, it is absent. Stopped or killed at any moment, the same
        call goes on with the parts that are not done, and no row is in the journal twice.

        Args:
            table: A place (file, folder, pattern, ``s3://`` URL), or a table in memory.
            wish: What is asked for.
            progress: Told how far it is.

        Raises:
            NotFound: No such input, or no route in force.
            BadInput: A broken or empty table, columns that are missing, ids that come twice, no row that fits.
            Conflict: The output exists; or another job lies there unfinished, or is at work.
            Refused: More rows were rejected than may be.
            Unavailable: The disk refused, an object store does not answer, or the route's arms cannot be loaded.
        """
        start_s = time.monotonic()
        files = find_files(table) if isinstance(table, str) else ()
        check_output(
            wish.output,
            place=table if isinstance(table, str) else "",
            inputs=[f.path for f in files],
            overwrite=wish.overwrite,
        )
        order = Order(
            files=files,
            output=wish.output,
            scope=content_id((self.config.signature, self.config.entity)),
            id_column=wish.id_column,
            entity_column=self._entity_column(wish),
            keep=wish.keep,
            content="" if isinstance(table, str) else content_of(pl.DataFrame(table)),
        )
        job = Job(
            self._folder(wish.output),
            order=order,
            job=self._name("b"),
            part_rows=wish.part_rows(len(self.config.signature.fields)),
            anew=wish.overwrite,
            journal=self.layout.journal,
        )
        try:
            source = FileSource(files, work=job.folder) if files else TableSource(pl.DataFrame(table))
            return self._do(job, source, wish=wish, progress=progress, start_s=start_s)
        except BaseException:
            job.leave()
            raise

    def _do(self, job: Job, source: Source, *, wish: Wish, progress: Progress, start_s: float) -> ScoreReport:
        parts = parts_of(source.lengths, rows=job.manifest.part_rows)
        keep = self._check(job, source, parts)
        done = job.done(parts)
        left = [p for p in parts if p.number not in done]
        if wish.id_column is not None and not done:
            refuse_repeated(source, parts=parts, name=wish.id_column)
        before, tally = total(list(done.values())), _Tally(list(done.values()), parts, wish, progress)
        if left:
            self._do_parts(job, source, left, keep=keep, threads=wish.threads, done=tally.add)
        found = tally.total()
        if found.rejected == found.rows:
            first = _first(job, parts)
            raise BadInput(f"input: want a row that can be answered, got {found.rows} of which none can. {first}")
        shadows, shadows_left = self._shadows(job)
        rejects = rejects_path(wish.output, folder=self.layout.root)
        publish_rejects(job.rejects(parts), path=rejects)
        publish(job.answers(parts), output=wish.output)
        job.remove()
        return ScoreReport(
            job=job.manifest.job,
            rows=found.rows,
            answered=found.rows - found.rejected,
            rejected=found.rejected,
            unanswered=found.unanswered,
            arms=found.arms,
            fallbacks=found.fallbacks,
            output=wish.output,
            rejects=str(rejects) if found.rejected else "",
            resumed_rows=max(before.rows, job.journalled.rows + before.rejected - before.unanswered),
            shadows=shadows,
            shadows_left=shadows_left,
            seconds=time.monotonic() - start_s,
        )

    def _check(self, job: Job, source: Source, parts: Sequence[Part]) -> tuple[str, ...]:
        """Refuse what would go wrong in every row; return the columns to keep."""
        order, schema = job.manifest.order, source.schema
        where = order.files[0].path if order.files else "table"
        if not parts:
            raise BadInput(f"{where}: want at least one row, got none.")
        names = [order.entity_column, *([order.id_column] if order.id_column else [])]
        others = [*names, *(c for c in order.keep if c != "*")]
        fields = self.config.signature.fields
        check_columns(schema, fields=fields, others=others, untyped=source.untyped, where=where)
        free = [n for n in names if n not in {f.name for f in fields}]
        check_names(schema, names=free, where=where)
        named = {"entity": order.entity_column, "id": order.id_column or ""}
        keep = columns_to_keep(order.keep, columns=list(schema), named=named)
        refuse_unwritable(keep, schema=schema, output=order.output)
        return keep

    def _do_parts(
        self,
        job: Job,
        source: Source,
        parts: Sequence[Part],
        *,
        keep: tuple[str, ...],
        threads: int,
        done: Callable[[PartReport], None],
    ) -> None:
        count = min(threads, len(parts))
        with Arms(RouteWatch(self.layout.routes, name=self.config.route), open_arm=self.open_arm) as arms:
            setting = Setting(self.config, source, job, arms, keep, self.now_us)
            writers = [self._writer(f"{job.manifest.job}-w{n}") for n in range(count)]
            try:
                do_all(parts, workers=[PartWorker(setting, journal=w).do for w in writers], done=done)
            finally:
                for writer in writers:
                    writer.close()

    def _shadows(self, job: Job) -> tuple[dict[str, int], tuple[str, ...]]:
        route = read_route(self.layout.routes, name=self.config.route)
        if not route.shadows or somebody_shadows(self.layout.run):
            return {}, route.shadows
        writer = self._writer(f"{job.manifest.job}-s")
        try:
            asked = ask_shadows(
                route,
                fields=self.config.signature.fields,
                journal=self.layout.journal,
                job=job.manifest.job,
                writer=writer,
                open_arm=self.open_arm,
            )
        finally:
            writer.close()
        return asked, ()

    def _entity_column(self, wish: Wish) -> str:
        entity = self.config.entity
        given = wish.entity_column or entity
        if given != entity and entity in {f.name for f in self.config.signature.fields}:
            raise BadInput(
                f"--entity {given}: the entity '{entity}' is a field of X and is read as such. Leave it out."
            )
        return given

    def _folder(self, output: str) -> Path:
        if is_remote(output):
            return self.layout.state / "batch" / hashlib.sha256(output.encode()).hexdigest()[:16]
        path = Path(output).expanduser().absolute()
        return path.with_name(f"{path.name}.partial")

    def _name(self, role: str) -> str:
        return writer_name(role, started_us=time.time_ns() // 1000, pid=self.pid)

    def _writer(self, role: str) -> SegmentWriter:
        return SegmentWriter(self.layout.journal, name=self._name(role), durability=self.config.durability, bulk=True)


class _Tally:
    """Adds up the reports of parts, and ends the job where too many rows are rejected."""

    def __init__(self, reports: list[PartReport], parts: Sequence[Part], wish: Wish, progress: Progress) -> None:
        self._reports, self._progress = reports, progress
        self._rows = sum(p.rows for p in parts)
        self._most = self._rows if wish.max_rejects is None else int(wish.max_rejects * self._rows)
        self._check()

    def add(self, report: PartReport) -> None:
        self._reports.append(report)
        self._check()

    def total(self) -> PartReport:
        return total(self._reports)

    def _check(self) -> None:
        found = self.total()
        self._progress(found.rows, self._rows)
        if found.rejected > self._most:
            raise Refused(
                f"rejects: want at most {self._most} of {self._rows} rows, got {found.rejected} of the first "
                f"{found.rows} read. What is done is kept: mend the input, or call again with a larger --max-rejects."
            )


def _first(job: Job, parts: Sequence[Part]) -> str:
    for path in job.rejects(parts):
        with path.open(encoding="utf-8") as lines:
            return f"The first: {next(lines).strip()[:400]}"
    return ""
