"""Project: everything one can ask of a project, the same for Python, the CLI and the web."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slipway.batch.decisions import DecisionColumns, DecisionsReport
from slipway.batch.outcomes import OutcomesReport
from slipway.control.report import StepReport
from slipway.control.step import Controller
from slipway.errors import Conflict
from slipway.project import (
    attributing,
    checking,
    commanding,
    datasets,
    packages,
    reach,
    readying,
    rollouts,
    runs,
    serving,
    status,
)
from slipway.project.attempts import Seen, attempts
from slipway.project.attributing import Attribution
from slipway.project.benching import BenchPlan, bench
from slipway.project.comparing import DatasetComparison, RunComparison, compare_datasets, compare_runs
from slipway.project.keeping import Pruned, prune
from slipway.project.labelling import LabelDesk
from slipway.project.lineage import Lineage, lineage_of
from slipway.project.proving import Kind, kind_proven
from slipway.project.querying import query
from slipway.project.rollouts import ReplayReport
from slipway.project.scoring import Scored, score, take_decisions, take_outcomes
from slipway.project.searching import Found, Progress, SearchPlan, search
from slipway.project.shelf import Shelf
from slipway.project.slicing import DEPTH, MOST, ErrorAnalysis, analyse_errors
from slipway.project.status import Status
from slipway.project.tables import as_polars
from slipway.project.verifying import PackageReport, Verified, verify_all, verify_package
from slipway.project.watching import Watched, watched
from slipway.records.access import AccessKey, Certificate, May
from slipway.records.alert import Finding
from slipway.records.cohort import VerdictInputs
from slipway.records.dataset import DatasetVersion
from slipway.records.load_test import LoadTest, Rung
from slipway.records.model import Manifest
from slipway.records.readiness import Attestation, Readiness
from slipway.records.rollout import Plan, Rollout, Verdict
from slipway.records.route import Route
from slipway.records.run import Level, Reported, Run
from slipway.records.scope import Scope
from slipway.scoping.init import name_of, starter_files
from slipway.scoping.judge import Judgement
from slipway.scoping.load import judge_load
from slipway.scoping.missing import Missing
from slipway.storage.audit import AuditEntry
from slipway.wiring import controller, open_parts

if TYPE_CHECKING:
    import polars as pl

BY = "project"


class Project:
    """A folder with a ``slipway.toml``; make one with :meth:`init`, open it with :meth:`open`.

    Nothing is cached but the scope: what other processes change is seen at the next call.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Project.init(folder, name="hearts").scope.project.name
    'hearts'
    """

    def __init__(self, folder: Path, *, by: str = BY) -> None:
        self.folder = folder.absolute()
        self._parts = open_parts(self.folder)
        self._by = by

    @classmethod
    def init(cls, folder: str | Path, *, name: str | None = None) -> "Project":
        """Make a project that runs as it is in an empty or new folder.

        Raises:
            Conflict: One of its files is there already; nothing was written.
            BadInput: The name is no checked word.
        """
        root = Path(folder).absolute()
        texts = starter_files(name or name_of(root.name))
        there = sorted(file for file in texts if (root / file).exists())
        if there:
            raise Conflict(f"init: want a folder without {', '.join(there)}, got {root}. Choose another, or move them.")
        root.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (root / file).write_text(text, encoding="utf-8")
        return cls(root)

    @classmethod
    def open(cls, folder: str | Path = ".", *, by: str = BY) -> "Project":
        """Open the project in a folder.

        Args:
            folder: It holds ``slipway.toml``.
            by: Whom the audit trail names for changes made through this object.

        Raises:
            NotFound: The folder holds no ``slipway.toml``.
            BadFile: The file is wrong; every problem is named.
        """
        return cls(Path(folder), by=by)

    # --- scoping

    @property
    def scope(self) -> Scope:
        """What ``slipway.toml`` said when the project was opened."""
        return self._parts.scope

    def missing(self) -> tuple[Missing, ...]:
        """Return what is missing for which step of the life."""
        return status.missing_now(self._parts)

    def outside_trouble(self) -> tuple[str, ...]:
        """Return what the scope names and is not there or does not fit: functions, files, columns. Nothing is run."""
        return checking.outside_trouble(self._parts)

    def readiness(self) -> Readiness:
        """Return the ML Test Score of the model in question, item by item, from what the store holds."""
        return readying.readiness_now(self._parts, now_us=self.now_us())

    def attest(self, item: str, *, by: str, why: str, withdrawn: bool = False) -> Attestation:
        """Keep somebody's word that an item of readiness is met, or take it back; worth half a point at most.

        Args:
            item: Such as ``data-7``.
            by: Whose word it is.
            why: What was done and where the result can be read, or why the word is taken back.
            withdrawn: Whether it is taken back.

        Raises:
            BadInput: No such item, or nothing was said.
            NotFound: There is no word to take back.
        """
        keep = readying.withdraw if withdrawn else readying.attest
        return keep(self._parts, item, by=by, why=why, now_us=self._parts.clock.now_us(), account=self._by)

    # --- data

    def make_dataset(
        self,
        name: str = "main",
        table: Any | None = None,
        *,
        params: dict[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> DatasetVersion:
        """Make a dataset version: checked, split, profiled, with the baselines measured.

        Args:
            name: A checked word.
            table: Any table; None loads what ``[data]`` names.
            params: Arguments for the source, over those of the scope.
            timeout_s: The longest that a source function may take; in the main thread only.

        Raises:
            BadInput: The table lacks what the scope names, or the source failed.
            DeadlineExceeded: The source took longer than it may.
            Unavailable: The present system did not answer, so that nothing can be held against it.
        """
        if table is None:
            loaded = datasets.load(self._parts, params=params, timeout_s=timeout_s)
        else:
            loaded = datasets.Loaded(as_polars(table, what=f"dataset {name}"), "a table handed over in Python")
        return datasets.make(self._parts, name=name, loaded=loaded, by=self._by)

    def datasets(self) -> list[DatasetVersion]:
        """Return all dataset versions, oldest first."""
        return [version for _, version, _ in self._parts.store.all(DatasetVersion)]

    def compare_datasets(self, before: str, after: str, *, rows: int = 0) -> DatasetComparison:
        """Say what changed between two versions: rows, labels, columns; and name so many rows of each change."""
        return compare_datasets(self._parts, before, after, rows=rows)

    def dataset_lineage(self, dataset: str | None = None) -> Lineage:
        """Say what a version came from and what came from it; None takes the newest.

        Raises:
            NotFound: No such dataset.
        """
        return lineage_of(self._parts, datasets.find(self._parts, dataset))

    @cached_property
    def labels(self) -> LabelDesk:
        """What annotators said, which labels to look at next, and new versions with what people decided."""
        return LabelDesk(self._parts, by=self._by, now_us=self.now_us)

    # --- modeling

    def train(
        self,
        dataset: str | None = None,
        *,
        params: dict[str, Any] | None = None,
        seed: int | None = None,
        seeds: int = 1,
        name: str | None = None,
        timeout_s: float | None = None,
        search: str | None = None,
        told: Callable[[Reported], object] = lambda _: None,
    ) -> Run:
        """Train, compare with the baselines, find the worst slices, and package.

        Args:
            dataset: Name or id (or its beginning) of a version; None takes the newest.
            params: Hyperparameters instead of the scope's.
            seed: Instead of the scope's.
            seeds: With how many seeds in all to train; the model of the first is packaged, the others tell what is
                chance. What was trained once is kept.
            name: Name of the package; the project's if not given.
            timeout_s: The longest that one call of the training function may take; in the main thread only.
            search: The search that found the hyperparameters, to be kept with the run.
            told: Called with each report of a training function that takes ``report``.

        Raises:
            NotFound: No such dataset, or no training function.
            BadInput: The training function failed.
            DeadlineExceeded: It took longer than it may.
            Refused: The model cannot be packaged faithfully; the message says why.
        """
        version = datasets.find(self._parts, dataset)
        wish = runs.Wish(params=params, seed=seed, seeds=seeds, name=name, timeout_s=timeout_s, search=search)
        return runs.train(self._parts, version=version, wish=wish, told=told, by=self._by)

    def search(
        self,
        dataset: str | None = None,
        *,
        plan: SearchPlan = SearchPlan(),  # noqa: B008 - immutable
        told: Callable[[Progress], object] = lambda _: None,
    ) -> Found:
        """Search for hyperparameters on validation folds inside the rows to learn from.

        The rows held out are not looked at; train with what was found to look once: ``train(params=found.best.params,
        search=found.search)``. What was tried before counts and is not tried again.

        Args:
            dataset: Name or id (or its beginning) of a version; None takes the newest.
            plan: What it may cost, and how it measures.
            told: Called with each trial that ended.

        Raises:
            BadInput: The scope names no space, or trials fail one like the other.
            MissingExtra: optuna is not installed.
        """
        version = datasets.find(self._parts, dataset)
        return search(self._parts, version=version, plan=plan, told=told, by=self._by)

    def runs(self) -> list[Run]:
        """Return all runs, oldest first."""
        return [run for _, run, _ in self._parts.store.all(Run)]

    def attempts(self) -> list[Seen]:
        """Return every training, search and division that was begun, and what became of it; also of those killed."""
        return attempts(self._parts)

    def kind_of_run(self, run: str) -> Kind:
        """Tell what kind of run it was against the run before it, its hashes held against what is kept.

        Raises:
            Corrupt: Kept code or hyperparameters are not what the run's hashes name.
        """
        known = self.runs()
        found = runs.find(self._parts, run)
        place = [one.id for one in known].index(found.id)
        return kind_proven(self._parts, found, against=known[place - 1] if place else None)

    def judge_run(self, run: Run) -> tuple[Judgement, ...]:
        """Hold a run against baselines, target and kill rule, on the rows held out."""
        return runs.judge(self._parts, run)

    def compare_runs(self, before: str, after: str) -> RunComparison:
        """Say what one run changed against another (code, hyperparameters, data), and what that brought."""
        return compare_runs(self._parts, before, after, by=self._by)

    def attribute_runs(
        self,
        before: str,
        after: str,
        *,
        seeds: int = attributing.SEEDS,
        told: Callable[[int, int], object] = lambda *_: None,
    ) -> Attribution:
        """Say how much of the change between two runs each of code, hyperparameters and data brought.

        Trains the models that combine what the two runs differ in (:mod:`slipway.modeling.attribution`); what was
        trained once is kept.

        Args:
            before: Id of the earlier run, or its beginning.
            after: Id of the later run.
            seeds: Seeds to train each combination with.
            told: Called with models trained and models to train as it goes.

        Raises:
            BadInput: Nothing differs, too few common rows are held out, or a combination cannot be trained.
        """
        return attributing.attribute(self._parts, before, after, seeds=seeds, by=self._by, told=told)

    def attribution_outlook(self, before: str, after: str, *, seeds: int = attributing.SEEDS) -> attributing.Outlook:
        """Say how many models :meth:`attribute_runs` would train, and about how long that takes."""
        return attributing.outlook(self._parts, before, after, seeds=seeds)

    def analyse_errors(
        self, run: str, *, depth: int = DEPTH, most: int = MOST, level: Level | None = None
    ) -> ErrorAnalysis:
        """Say where a run's model is wrong on the rows held out, and what to do next.

        Args:
            run: Its id, or the beginning of it.
            depth: The most conditions of a slice, 1 to 4.
            most: The most slices to confirm.
            level: What slices are held against: a person, the present system, or the rest of the rows; None takes the
                first of these that is known.
        """
        return analyse_errors(self._parts, run, depth=depth, most=most, level=level, by=self._by)

    def package(self, estimator: Any, X: Any, y: Any, *, name: str) -> str:  # noqa: N803 - the field's own word
        """Package a fitted scikit-learn estimator and return the package id.

        Args:
            estimator: Fitted on the scope's fields in order.
            X: Rows it was not fitted on, with the scope's fields.
            y: Their truth.
            name: A checked word.

        Raises:
            Refused: The graph answers otherwise than the estimator; the message says where and why.
        """
        return packages.package(self._parts, estimator, X, y, name=name, by=self._by)

    def packages(self) -> list[tuple[str, Manifest]]:
        """Return (package id, manifest), oldest first."""
        return [(id_, manifest) for id_, manifest, _ in self._parts.store.all(Manifest)]

    @property
    def shelf(self) -> Shelf:
        """Packages taken in from elsewhere, signed, described and handed out."""
        return Shelf(self._parts, by=self._by)

    # --- deployment

    def route(self) -> Route | None:
        """Return the route in force, or None if nothing was served yet."""
        return next((route for _, route, _ in self._parts.store.all(Route)), None)

    def open_route(self, *, salt: str | None = None) -> Route | None:
        """Put the live arm in force if nothing is yet; :meth:`serve` and :meth:`start_rollout` do so by themselves.

        Args:
            salt: Key by which entities are dealt to arms; None makes a secret one. A stated salt deals them the same
                way again, as a demo or a test wants it; who knows it can tell which arm an entity gets.

        Raises:
            NotFound: The scope names no live arm.
        """
        rollouts.open_first_route(self._parts, controller=self._controller, by=self._by, salt=salt)
        return self.route()

    def start_rollout(
        self, candidate: str | None = None, *, plan: Plan | None = None, at_us: int | None = None
    ) -> Rollout:
        """Start a rollout of a packaged model (package id, its beginning, or name) or of an arm of the scope.

        Args:
            candidate: Who is on the way in; None takes the newest package.
            plan: Its stages; None takes the scope's.
            at_us: The moment; None takes the clock that counts.

        Raises:
            NotFound: No such candidate.
            Conflict: Another rollout runs.
        """
        arm = rollouts.arm_of(self._parts, candidate)
        rollouts.open_first_route(self._parts, controller=self._controller, by=self._by)
        return commanding.start(
            self._parts,
            self._controller,
            arm=arm,
            plan=plan or self.scope.rollout,
            now_us=self.now_us() if at_us is None else at_us,
            by=self._by,
        )

    def rollouts(self) -> list[Rollout]:
        """Return all rollouts, oldest first."""
        return [rollout for _, rollout, _ in self._parts.store.all(Rollout)]

    def rollout(self, id: str) -> Rollout:  # noqa: A002 - the field's own word
        """Return one rollout.

        Raises:
            NotFound: No such rollout; the message names the nearest id.
        """
        return self._parts.store.get(Rollout, id=id)[0]

    def verdicts(self, rollout: str) -> list[Verdict]:
        """Return the verdicts on a rollout that said something new, oldest first."""
        return [verdict for _, verdict, _ in self._parts.store.all(Verdict) if verdict.rollout == rollout]

    def verdict(self, id: str) -> Verdict:  # noqa: A002 - the field's own word
        """Return one verdict.

        Raises:
            NotFound: No such verdict.
        """
        return self._parts.store.get(Verdict, id=id)[0]

    def verdict_inputs(self, id: str) -> VerdictInputs:  # noqa: A002 - the field's own word
        """Return what a verdict was made from."""
        return self._parts.store.get(VerdictInputs, id=id)[0]

    def roll_back(self, id: str, *, why: str) -> Rollout:  # noqa: A002 - the field's own word
        """Put the live arm back at once; workers that run take it over within 100 ms.

        Raises:
            NotFound: No such rollout.
            Conflict: It is rolled back already.
        """
        now = self.now_us()
        return commanding.roll_back(self._parts, self._controller, rollout=id, now_us=now, why=why, by=self._by)

    def step(self, *, now_us: int | None = None) -> StepReport:
        """Look at the evidence once and do what it says."""
        now = self.now_us() if now_us is None else now_us
        return commanding.step(self._parts, self._controller, now_us=now)

    def replay(self, id: str) -> ReplayReport:  # noqa: A002 - the field's own word
        """Judge every verdict of a rollout again from the journal alone, and compare bit for bit."""
        return rollouts.replay(self._parts, id, controller=self._controller)

    def serve(
        self,
        *,
        beside: Sequence[Path] = (),
        port: int | None = None,
        clock: str = "system",
        ready: Callable[[str, int], None] = lambda *_: None,
        warn: Callable[[str], object] = serving.to_stderr,
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
        projects = [self._parts, *(open_parts(folder.absolute()) for folder in beside)]
        serving.first_routes(projects, by=self._by, warn=warn)
        serving.serve(projects, port=port, clock=clock, ready=ready, warn=warn)

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
        warn: Callable[[str], object] = serving.to_stderr,
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
        columns = DecisionColumns(id=id, decision=decision, by=by, decided_at=decided_at, saw=saw)
        return take_decisions(self._parts, table, columns=columns, at_us=at_us)

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
        return bench(self._parts, plan=plan, by=self._by, told=told)

    def load_tests(self) -> list[LoadTest]:
        """Return all load tests, oldest first."""
        return [test for _, test, _ in self._parts.store.all(LoadTest)]

    def judge_load(self, test: LoadTest | None) -> tuple[Judgement, ...]:
        """Hold a load test against the scope's budgets; without one, each of them is unknown."""
        return judge_load(self.scope, test=test)

    # --- monitoring

    def findings(self) -> list[Finding]:
        """Return what the monitors found, oldest first."""
        return [finding for _, finding, _ in self._parts.store.all(Finding)]

    def watched(self) -> Sequence[Watched]:
        """Return realised and expected loss by day of every model that answers or shadows."""
        return watched(self._parts, controller=self._controller, now_us=self.now_us())

    # --- trust

    def certificate(self) -> tuple[Certificate | None, tuple[str, ...]]:
        """Return the server's certificate, checked, or None where the scope names none; and what there is to warn of.

        Raises:
            SlipwayError: It cannot be served; the message says why.
        """
        return reach.certificate(self._parts), tuple(reach.certificate_trouble(self._parts))

    def keys(self) -> tuple[AccessKey, ...]:
        """Return the keys that callers may show, oldest first, also those that were revoked."""
        return reach.keys(self._parts)

    def make_key(self, name: str, *, may: Sequence[May] = tuple(May)) -> tuple[AccessKey, str]:
        """Make a key; the second value is the key itself, which is stored nowhere.

        From the first key on, every caller of this project's server needs one; a server that runs asks within a second.

        Raises:
            BadInput: The name is no checked word.
            Conflict: The name is taken.
        """
        return reach.make(self._parts, name, may=may, by=self._by)

    def revoke_key(self, name: str, *, warn: Callable[[str], object] = serving.to_stderr) -> AccessKey:
        """Let nobody in by this key any more; a server that runs follows within a second.

        Args:
            name: Its name.
            warn: Called if the audit trail could not be written; the key is revoked all the same.

        Raises:
            NotFound: No such key.
        """
        return reach.revoke(self._parts, name, by=self._by, warn=warn)

    def status(self) -> Status:
        """Return what the engineer on call wants to know."""
        return status.status_now(self._parts, controller=self._controller)

    def query(
        self, sql: str, *, since_us: int | None = None, until_us: int | None = None, checked: bool = True
    ) -> "pl.LazyFrame":
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
        return query(self._parts, sql, since_us=since_us, until_us=until_us, checked=checked)

    def prune(self, *, dry_run: bool = False) -> Pruned:
        """Remove what the scope no longer keeps of the journal and nobody needs; control does so every minute.

        Args:
            dry_run: Only say what is due, and what stays because somebody needs it.

        Raises:
            Conflict: Control is at it.
            Corrupt: A sealed segment is damaged.
        """
        return prune(self._parts, controller=self._controller, by=self._by, dry_run=dry_run)

    def audit(self) -> list[AuditEntry]:
        """Return who changed what, when, and on which evidence, oldest first."""
        return self._parts.store.audit()

    def verify(self) -> Verified:
        """Read every journal frame, every blob that a record names, and the audit chain, and check each."""
        return verify_all(self._parts)

    def verify_package(self, id: str) -> PackageReport:  # noqa: A002 - the field's own word
        """Check every file of a package against its hash and signature, and ask the model its recorded examples."""
        return verify_package(self._parts, id)

    def now_us(self) -> int:
        """Return the moment by the clock that counts: the machine's, or that of the last replay served here."""
        return serving.now_us(self._parts, controller=self._controller)

    @cached_property
    def _controller(self) -> Controller:
        return controller(self._parts)
