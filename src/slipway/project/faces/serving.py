"""Answering callers and tables, and the journal of what was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.project.faces.base import Face
from slipway.project.warned import to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import polars as pl

    from slipway.batch.decisions import DecisionsReport
    from slipway.batch.metrics import MetricsReport
    from slipway.batch.outcomes import OutcomesReport
    from slipway.control.run import Pages
    from slipway.project.benching import BenchPlan
    from slipway.project.keeping import Pruned
    from slipway.project.scoring import Scored
    from slipway.records.load_test import LoadTest, Rung
    from slipway.scoping.judge import Judgement


class Serving(Face):
    """Answering callers and tables, and the journal of what was answered."""

    def serve(
        self,
        *,
        beside: Sequence[Path] = (),
        port: int | None = None,
        clock: str = "system",
        ready: Callable[[str, int], None] = lambda *_: None,
        warn: Callable[[str], object] = to_stderr,
    ) -> None:
        """Serve until stopped (SIGTERM, Ctrl-C); requests under way are answered first.

        Without its control store it serves the route that is in force, if there is one.

        Args:
            beside: Folders of projects to serve on the same port with the same workers; paths choose by the projects'
                names. One that has no route to put in force is warned of and answers 503.
            port: Port of the data plane; the control surfaces take those behind it. None takes the scope's.
            clock: ``system``, or ``event`` for a replay of the past.
            ready: Called with host and port once they are bound.
            warn: Called with what is wrong where serving goes on all the same.

        Raises:
            Unavailable: The port is taken, or the control store does not answer and no route is in force.
            Corrupt: The control store is damaged, and no route is in force.
            Conflict: A server of this project runs already.
            BadInput: Two projects have one name, or want to be reached in different ways.
            Refused: Others than this machine could reach it and nobody has a key, or the certificate has ended.
        """
        from slipway.project import serving
        from slipway.wiring import open_parts

        projects = [self._parts, *(open_parts(folder.absolute()) for folder in beside)]
        serving.first_routes(projects, by=self._by, warn=warn)
        serving.serve(projects, port=port, clock=clock, ready=ready, warn=warn)

    def stand_by(self, *, port: int = 0, pages: Pages | None = None) -> None:
        """Run one more controller until stopped: it reads along, and takes over when the one in charge is gone.

        Args:
            port: Port of its control surface; 0 takes any free one, which commands of this project find by themselves.
            pages: What its surface shows to people; None shows nothing.

        Raises:
            NotFound: No server of this project was ever started.
            Unavailable: The port is taken.
        """
        import os

        from slipway.serving.run_state import standby_name
        from slipway.wiring.control import run_control

        run_control(self.folder, name=standby_name(os.getpid()), port=port, pages=pages)

    def score(
        self,
        table: Any,
        *,
        output: str | Path | None = None,
        id: str | None = None,  # noqa: A002 - the field's own word
        entity: str | None = None,
        keep: Sequence[str] = (),
        max_rejects: float | None = None,
        overwrite: bool = False,
        threads: int | None = None,
        at_us: int | None = None,
        progress: Callable[[int, int], None] = lambda *_: None,
        warn: Callable[[str], object] = to_stderr,
    ) -> Scored:
        """Answer each row of a table by the route in force and journal it, as requests are; no server is needed.

        Rows that do not fit the fields are rejected one by one, in the words that a caller would be told. Killed at any
        moment, the same call goes on where it was; the output is complete or absent, and no row is journalled twice.

        Args:
            table: A polars, pandas or Arrow table; or a file, a folder, a pattern or an ``s3://`` URL of Parquet, Arrow
                or CSV, which may be larger than memory.
            output: Where the answers go; None hands them back, which only a table in memory allows.
            id: Column of prediction ids; None makes them.
            entity: Column of the entity; None reads the one that the scope names.
            keep: Columns of the table that the output has too; ``*`` is all.
            max_rejects: Share of the rows, in [0, 1], that may be rejected; None is any.
            overwrite: Whether to replace an output, or an unfinished job of another order, that is there.
            threads: How many; None is one a core.
            at_us: Moment at which the rows count as received; None is now.
            progress: Told rows done and rows in all.
            warn: Called with what is wrong where scoring goes on all the same.

        Raises:
            NotFound: No such input, or no live arm.
            BadInput: A broken or empty table, columns missing, ids that come twice, no row that can be answered.
            Conflict: The output exists, or another job is unfinished or at work there.
            Refused: More rows were rejected than may be.
            Unavailable: The disk refused, an object store does not answer, or an arm cannot be loaded.
        """
        from slipway.project import rollouts
        from slipway.project.scoring import score

        rollouts.route_or_keep(self._parts, controller=lambda: self._controller, by=self._by, warn=warn)
        return score(
            self._parts,
            table,
            output=output,
            id=id,
            entity=entity,
            keep=keep,
            max_rejects=max_rejects,
            overwrite=overwrite,
            threads=threads,
            at_us=at_us,
            progress=progress,
        )

    def take_outcomes(
        self,
        table: Any,
        *,
        id: str = "id",  # noqa: A002 - the field's own word
        value: str = "value",
        at_us: int | None = None,
    ) -> OutcomesReport:
        """Journal outcomes in bulk; of several of one prediction the first counts, so once more changes nothing.

        Args:
            table: As for :meth:`score`.
            id: Column of prediction ids.
            value: Column of what turned out to be true; null where it is not known yet.
            at_us: Moment at which they count as received; None is now.

        Raises:
            NotFound: No such input.
            BadInput: A row is no outcome; nothing was taken.
            Unavailable: The disk refused.
        """
        from slipway.project.scoring import take_outcomes

        return take_outcomes(self._parts, table, id=id, value=value, at_us=at_us)

    def take_decisions(
        self,
        table: Any,
        *,
        id: str = "id",  # noqa: A002 - the field's own word
        decision: str = "decision",
        by: str = "by",
        decided_at: str | None = None,
        saw: str | None = None,
        at_us: int | None = None,
    ) -> DecisionsReport:
        """Journal what people, or systems outside, decided; it is never taken for what turned out to be true.

        Of several decisions of one decider on one prediction the first counts, so the same table once more changes
        nothing.

        Args:
            table: As for :meth:`score`.
            id: Column of prediction ids.
            decision: Column of what was decided, in the terms of Y; null where nobody has yet.
            by: Column of who decided.
            decided_at: Column of when: moments, or whole microseconds since the epoch; None: when they are received.
            saw: Column of whether the model's answer was seen before; None: nobody said.
            at_us: Moment at which they count as received; None is now.

        Raises:
            NotFound: No such input.
            BadInput: A row is no decision; nothing was taken.
            Unavailable: The disk refused.
        """
        from slipway.batch.decisions import DecisionColumns
        from slipway.project.scoring import take_decisions

        columns = DecisionColumns(id=id, decision=decision, by=by, decided_at=decided_at, saw=saw)
        return take_decisions(self._parts, table, columns=columns, at_us=at_us)

    def take_metrics(
        self,
        table: Any,
        *,
        id: str = "id",  # noqa: A002 - the field's own word
        metric: str = "metric",
        value: str = "value",
        at_us: int | None = None,
    ) -> MetricsReport:
        """Journal business metrics, such as revenue; a rollout's plan may have a gate on each by its name.

        Of several values of one metric of one prediction the first counts, so the same table once more changes nothing.

        Args:
            table: As for :meth:`score`.
            id: Column of prediction ids.
            metric: Column of metrics' names, checked words.
            value: Column of what was measured; null where it is not known yet.
            at_us: Moment at which they count as received; None is now.

        Raises:
            NotFound: No such input.
            BadInput: A row is no metric; nothing was taken.
            Unavailable: The disk refused.
        """
        from slipway.batch.metrics import MetricColumns
        from slipway.project.scoring import take_metrics

        columns = MetricColumns(id=id, metric=metric, value=value)
        return take_metrics(self._parts, table, columns=columns, at_us=at_us)

    def bench(self, plan: BenchPlan, *, told: Callable[[Rung], None] = lambda _: None) -> LoadTest:
        """Ask this project's running server under load, and keep the result; :mod:`slipway.project.benching` says how.

        Args:
            plan: What to ask.
            told: Called with each rate as soon as it was asked.

        Raises:
            NotFound: No server runs, or there are no rows to ask with.
            Conflict: A rollout runs, and the plan does not say that this is meant.
            Refused: The server replays the past.
            Unavailable: The server went away.
        """
        from slipway.project.benching import bench

        return bench(self._parts, plan=plan, by=self._by, told=told)

    def load_tests(self) -> list[LoadTest]:
        """Return all load tests, oldest first."""
        from slipway.records.load_test import LoadTest

        return [test for _, test, _ in self._parts.store.all(LoadTest)]

    def judge_load(self, test: LoadTest | None) -> tuple[Judgement, ...]:
        """Hold a load test against the scope's budgets; without one, each of them is unknown."""
        from slipway.scoping.load import judge_load

        return judge_load(self.scope, test=test)

    def query(
        self, sql: str, *, since_us: int | None = None, until_us: int | None = None, checked: bool = True
    ) -> pl.LazyFrame:
        """Ask the journal in SQL and return the rows, which are not read yet: ``.collect(engine="streaming")`` does.

        Args:
            sql: One SELECT over ``predictions``, ``shadows``, ``outcomes``, ``decisions`` and ``answers``.
            since_us: Only what was received from this moment on.
            until_us: Only what was received before this moment.
            checked: Whether each sealed file is held against its hash first, which reads all of it.

        Raises:
            BadInput: It is no SELECT, or of something that is not there.
            Corrupt: A segment is damaged.
        """
        from slipway.project.querying import query

        return query(self._parts, sql, since_us=since_us, until_us=until_us, checked=checked)

    def prune(self, *, dry_run: bool = False) -> Pruned:
        """Remove what the scope no longer keeps of the journal and nobody needs; control does so every minute.

        Args:
            dry_run: Only say what is due, and what stays because somebody needs it.

        Raises:
            Conflict: Control is at it.
            Corrupt: A sealed segment is damaged.
        """
        from slipway.project.keeping import prune

        return prune(self._parts, controller=self._controller, by=self._by, dry_run=dry_run)
