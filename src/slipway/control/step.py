"""The controller: one step is catch up, judge, store, publish; then what nobody needs any more is let go.

Everything that a step decides of a rollout is one transaction in the store; only then the route file follows. Killed at
any instruction, the next step goes on: the ledger is read anew from the journal, a verdict that was not stored is
made again from the same cohorts, and a route that was stored but not published is published.

An exception that nobody foresaw leaves what was read in doubt. The controller then forgets it, says so, and reads the
checkpoint and the journal anew at the next step; until that works, rollouts are judged on nothing, so they hold and, at
their deadline, roll back.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from slipway.control.alerting import Alerting
from slipway.control.approving import approve
from slipway.control.checkpoint import Checkpoint, Kept
from slipway.control.clock_sets import note
from slipway.control.emergency import Emergency
from slipway.control.fault import Fault
from slipway.control.judging import Costs, Judging, Ready, replay_from_journal
from slipway.control.ledger import Ledger
from slipway.control.letting_go import KEPT_ROWS, let_go
from slipway.control.past import DaySums
from slipway.control.publish import RouteFiles, publish_all
from slipway.control.rehearsing import Sound, rehearse
from slipway.control.report import StepReport
from slipway.control.retraining import Retrainer
from slipway.control.reviews import Reviews
from slipway.control.rollback import roll_back_now
from slipway.control.start import open_route, start
from slipway.control.terms import Terms
from slipway.control.watching import Told, Watching
from slipway.control.ways_back import WaysBack
from slipway.deployment.judge import is_audited
from slipway.deployment.transition import is_as_left
from slipway.errors import Corrupt, SlipwayError, Unavailable
from slipway.ports import ControlStore, JournalReader
from slipway.records.agreement import Agreement, agreements
from slipway.records.arm import Arm
from slipway.records.cohort import Cohort
from slipway.records.facts import Approval
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Action, Plan, Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.serving.run_state import RunState
from slipway.storage.journal.stretches import stretches

BY = "controller"

SAVED_ROWS = 250_000
"""Rows read, of any kind, after which a checkpoint is worth its while; and at least a quarter of what is held."""


class Controller:
    """Carries evidence to the rules, and their verdicts to the store and the workers. For any number of threads.

    Args:
        store: Control store.
        journal: Reader over all segments.
        files: Route files.
        terms: How answers are held against outcomes.
        watching: Monitors of the models on the routes, or None.
        checkpoint: Where to go on from; None reads the journal from its beginning.
        guard: Entered around each change, such as the project's controller lock.
        costs: Tells what serving takes now with each arm of a rollout, of the budgets that the scope has.
        ready: Reckons a candidate's readiness where a plan asks for one; None knows of none, so such a plan holds.
        alerting: Keeps the alerts, or None where nobody is to know.
        reviews: Keeps what people are to decide, or None where that is another process's.
        retrainer: Starts retrainings that are due, or None where nobody does.
        sound: Tries an arm as a worker that starts would, and says why it cannot be used.
        ways: Finds where a rollback leads; None knows nothing of packages.
        emergency: Rolls back while the store does not answer; None: nobody does.
        kept_rows: As many rows of the journal stay in memory whatever their age.
        monotonic: Tells seconds since any moment.

    Attributes:
        ledger: What was read of the journal.
        frames_read: Frames read by this process.
        fault: The exception that nobody foresaw, of the last step; None once a step was sound.
        alerting: What keeps the alerts.
        reviews: As given.
    """

    def __init__(
        self,
        *,
        store: ControlStore,
        journal: JournalReader,
        files: RouteFiles,
        terms: Terms,
        watching: Watching | None = None,
        checkpoint: Checkpoint | None = None,
        guard: Callable[[], AbstractContextManager[object]] = nullcontext,
        costs: Costs = lambda _: (),
        ready: Ready | None = None,
        alerting: Alerting | None = None,
        reviews: Reviews | None = None,
        retrainer: Retrainer | None = None,
        sound: Sound = lambda _: "",
        ways: WaysBack | None = None,
        emergency: Emergency | None = None,
        kept_rows: int = KEPT_ROWS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store, self.journal, self.files, self.terms = store, journal, files, terms
        self.frames_read = 0
        self.fault: Fault | None = None
        self.alerting, self.reviews = alerting, reviews
        self._retrainer, self._emergency = retrainer, emergency
        self._monotonic = monotonic
        self._all_read_s: float | None = None
        self._ready, self._costs, self._sound_arm = ready, costs, sound
        self._ways = ways or WaysBack(store)
        self._watching, self._guard = watching, guard
        self._checkpoint, self._kept_rows = checkpoint, kept_rows
        self._agreement: tuple[Agreement, ...] = ()
        self._one, self._reading = threading.RLock(), threading.RLock()
        self._sound = True
        self._forget()

    def _forget(self) -> None:
        """Be as if nothing had been read; what is read next begins with the checkpoint."""
        watching = self._watching
        if watching is not None:
            watching.forget()
        if self.reviews is not None:
            self.reviews.forget()
        self.ledger = Ledger(self.terms, coder=watching.coder) if watching else Ledger(self.terms)
        self._judging = Judging(
            self.store,
            ledger=self.ledger,
            by=BY,
            ready=self._ready,
            ways=self._ways,
            costs=self._costs,
            watching=watching,
        )
        self._past: tuple[DaySums, ...] = ()
        self._unsaved_rows = 0
        self._saved: dict[str, int] = {}
        self._begun = False

    def step(self, now_us: int) -> StepReport:
        """Read what is new, judge every running rollout, store what follows, and put it in force.

        A second step at the same moment changes nothing. What does not work is in the report, and the next step tries
        again; a journal that cannot be read holds every rollout, and a hold has a deadline.

        Args:
            now_us: The moment, microseconds since the epoch.

        Raises:
            Conflict: Another process is the controller.
        """
        with self._reading:
            try:
                report = self._step(now_us)
            except SlipwayError:
                raise
            except Exception as error:
                self._fail(error)
                self._alert(now_us, problems=[])
                raise
            return report

    def _step(self, now_us: int) -> StepReport:
        problems: list[str] = []
        with self.alone():
            problems += self._emergency.carry_out(self.store) if self._emergency else []
            published = self._publish(problems)
        frames = self.catch_up(problems)
        verdicts: list[Verdict] = []
        stored: list[str] = []
        for rollout, version in (*self.running(), *self.audited()):
            try:
                judged = self._judging.judge(rollout, version=version, now_us=now_us)
                if judged is None:
                    continue
                verdicts.append(judged.verdict)
                if judged.inputs is None:
                    continue
                with self.alone():
                    name = self._judging.store(judged)
                    if name is None:
                        verdicts.pop()
                        continue
                    stored.append(name)
                    if judged.verdict.action is not Action.STAY:
                        published += self._publish(problems)
            except SlipwayError as error:
                problems.append(f"rollout {rollout.id}: {error}")
        problems += self._ways.damaged(self.running())
        told = self._watch(now_us, problems) if self._sound else Told()
        self.review(now_us, problems)
        if self._sound:
            self._keep(now_us, problems)
            self.fault = None
            self._retrain(now_us, problems=problems)
        alerts = self._alert(now_us, problems=problems)
        return StepReport(
            now_us=now_us,
            frames=frames,
            tally=self.ledger.tally,
            verdicts=tuple(verdicts),
            stored=tuple(stored),
            published=published,
            findings=told.changed,
            opened=told.opened,
            alerts=alerts,
            problems=tuple(problems),
            shadow_lag=self.ledger.shadow_lag(),
        )

    def catch_up(self, problems: list[str]) -> int:
        """Read what is new in the journal and return the number of frames; what does not work is added to problems.

        Who rolls back by command does not wait for it.
        """
        with self._reading:
            before = self.frames_read
            try:
                self._read(problems)
                self._sound = True
            except Exception as error:  # noqa: BLE001 - a bug must not keep a rollback from its deadline
                self._sound = False
                problems.append(f"journal: {self._fail(error).words}. What was read is forgotten, and read again.")
            return self.frames_read - before

    def _read(self, problems: list[str]) -> None:
        self._begin()
        began_s = self._monotonic()
        try:
            for stretch in stretches(self.journal.read(self.ledger.upto)):
                if self.reviews is not None:
                    self.reviews.take(stretch, after=self.ledger.upto.get(stretch.position.segment, 0))
                self.frames_read += self.ledger.take(stretch)
                self._unsaved_rows += stretch.rows
            self._all_read_s = began_s
        except SlipwayError as error:
            problems.append(f"journal: {error}")
        self._agreement = agreements(self.ledger.disagreement(), kind=self.terms.scoring.kind)

    def _fail(self, error: Exception) -> Fault:
        """Keep what nobody foresaw for whoever asks, and forget what it left in doubt."""
        self.fault = Fault(error, since_s=self.fault.since_s if self.fault else self._monotonic())
        self._forget()
        return self.fault

    @property
    def failing_s(self) -> float | None:
        """For how many seconds no step has been sound; None if the last one was."""
        fault = self.fault
        return None if fault is None else self._monotonic() - fault.since_s

    def saved_upto(self) -> dict[str, int]:
        """Return segment to the place up to which the checkpoint covers it: where a control that starts goes on."""
        with self._reading:
            self._begin()
            return dict(self._saved)

    def save(self) -> None:
        """Keep what was read where a restart finds it; without a checkpoint that this process may write, do nothing.

        Raises:
            OSError: The disk refused; the checkpoint of before stays.
        """
        with self._reading:
            self._begin()
            if self.reviews is not None and self.reviews.unkept:  # they would not be read again
                return
            if self._checkpoint is None or not self._checkpoint.writes():
                return
            self._unsaved_rows = 0
            watching = self._watching
            kept = Kept(books=self._judging.books, posts=watching.saved() if watching else (), past=self._past)
            self._checkpoint.save(self.ledger, kept=kept)
            self._saved = dict(self.ledger.upto)

    @property
    def behind_s(self) -> float | None:
        """How old what is not read yet may be, in seconds; None before the journal was read to its end once."""
        return None if self._all_read_s is None else self._monotonic() - self._all_read_s

    @property
    def agreement(self) -> tuple[Agreement, ...]:
        """How near decisions were to what was answered, when the journal was last read, by the arm that answered."""
        return self._agreement

    def audited(self) -> list[tuple[Rollout, int]]:
        """Return the same of completed ones whose model decides beside people, while their route is as they left it."""
        routes = {name: route for name, route, _ in self.store.all(Route)}
        return [
            (r, version)
            for _, r, version in self.store.all(Rollout)
            if is_audited(r) and r.route in routes and is_as_left(routes[r.route], rollout=r)
        ]

    def running(self) -> list[tuple[Rollout, int]]:
        """Return (rollout, version in the store) of every rollout that runs."""
        return [(r, version) for _, r, version in self.store.all(Rollout) if r.status is RolloutStatus.RUNNING]

    def cohorts(self, rollout: Rollout, *, now_us: int) -> tuple[Cohort, ...]:
        """Return the cohorts that the judge would see."""
        with self._reading:
            return self._judging.cohorts(rollout, now_us=now_us)

    def days(self, now_us: int) -> tuple[DaySums, ...]:
        """Return what each model did on each day whose outcomes were waited for, oldest first, and read what is new."""
        with self._reading:
            self.catch_up([])
            watching, ledger = self._watching, self.ledger
            if watching is None:
                return self._past
            blocks = [b for route in ledger.routes() for b in ledger.blocks(route)]
            over = [b for b in blocks if b.end_us + watching.wait_us <= now_us]
            return (*self._past, *(sums for b in over for sums in watching.sums_of(b, ledger=ledger)))

    def open_route(
        self, name: str, *, arm: Arm, salt: str, now_us: int, by: str = BY, stated: tuple[Arm, ...] = ()
    ) -> Route:
        """Make the first version of a route; see :func:`slipway.control.start.open_route`."""
        with self._one, self._guard():
            return open_route(
                name, arm=arm, salt=salt, store=self.store, files=self.files, now_us=now_us, by=by, stated=stated
            )

    def start(self, route: str, *, candidate: Arm, plan: Plan, now_us: int, by: str = BY) -> Rollout:
        """Start a rollout; see :func:`slipway.control.start.start`."""
        with self._one, self._guard():
            started = start(
                route,
                candidate=candidate,
                plan=plan,
                scoring=self.terms.scoring,
                store=self.store,
                files=self.files,
                now_us=now_us,
                by=by,
            )
            self._publish([])  # so that it can be rolled back whatever happens to the store
            return started

    def note_clock(self, *, at_us: int, by_us: int, now_us: int) -> str:
        """Note with what runs that the clock was set; see :func:`slipway.control.clock_sets.note`."""
        with self._one, self._guard():
            return note(self.store, at_us=at_us, by_us=by_us, now_us=now_us, by=BY)

    def roll_back(self, rollout_id: str, *, now_us: int, why: str, by: str = BY) -> Rollout:
        """Roll back by command; see :func:`slipway.control.rollback.roll_back_now`.

        While the store does not answer it is done on this machine (:mod:`slipway.control.emergency`).
        """
        try:
            return self._roll_back(rollout_id, now_us=now_us, why=why, by=by)
        except (Unavailable, Corrupt):
            if self._emergency is None:
                raise
            return self._emergency.roll_back(rollout_id, now_us=now_us, by=by, why=why)

    def _roll_back(self, rollout_id: str, *, now_us: int, why: str, by: str) -> Rollout:
        with self._one, self._guard():
            return roll_back_now(
                rollout_id, store=self.store, files=self.files, ways=self._ways, now_us=now_us, by=by, why=why
            )

    def rehearse(
        self, rollout_id: str, *, workers: Callable[[], Sequence[RunState]], now_us: int, by: str
    ) -> Rehearsal:
        """Time the way back without harm; see :func:`slipway.control.rehearsing.rehearse`."""
        with self._one, self._guard():
            return rehearse(
                rollout_id,
                store=self.store,
                files=self.files,
                sound=self._sound_arm,
                ways=self._ways,
                workers=workers,
                now_us=now_us,
                by=by,
            )

    def approve(self, said: Approval, *, by: str = BY) -> Approval:
        """Keep a person's word on a stage; see :func:`slipway.control.approving.approve`."""
        with self._one, self._guard():
            return approve(said, store=self.store, account=by)

    def replay(self, verdict_id: str) -> tuple[str, ...]:
        """Make a stored verdict again from the journal alone, and return every difference.

        Raises:
            NotFound: No such verdict.
        """
        return replay_from_journal(verdict_id, store=self.store, journal=self.journal, ledger=Ledger(self.terms))

    def replay_all(self, verdict_ids: Sequence[str]) -> list[tuple[str, ...]]:
        """Make the verdicts of a rollout again, oldest first, going on in the journal from one to the next.

        Raises:
            NotFound: No such verdict.
        """
        ledger = Ledger(self.terms)
        return [replay_from_journal(v, store=self.store, journal=self.journal, ledger=ledger) for v in verdict_ids]

    def _begin(self) -> None:
        """Go on from the checkpoint, if there is one that can be trusted."""
        if self._begun:
            return
        kept = self._checkpoint.load(self.ledger) if self._checkpoint else None
        self._begun = True
        if kept is not None:
            self._judging.books.update(kept.books)
            self._past, self._saved = kept.past, dict(self.ledger.upto)
            if self._watching is not None:
                self._watching.restore(kept.posts)

    def _keep(self, now_us: int, problems: list[str]) -> None:
        """Let go what nobody needs, and keep what was read where a restart finds it."""
        watching, ledger = self._watching, self.ledger
        gone = let_go(
            ledger,
            running=[rollout for rollout, _ in (*self.running(), *self.audited())],
            judging=self._judging,
            watching=watching,
            wait_us=watching.wait_us if watching else 0,
            now_us=now_us,
            kept_rows=self._kept_rows,
        )
        self._past += gone
        if not gone and self._unsaved_rows < max(SAVED_ROWS, ledger.rows // 4):
            return
        try:
            self.save()
        except OSError as error:
            problems.append(f"checkpoint: {error}. It is tried again; until then a restart reads more of the journal.")

    def _watch(self, now_us: int, problems: list[str]) -> Told:
        """Let the monitors look; after a journal that was not read they would sum days for good without their rows."""
        if self._watching is None:
            return Told()
        try:
            self._watching.look(self.ledger, now_us=now_us, problems=problems)
            with self.alone():
                return self._watching.store(now_us)
        except SlipwayError as error:
            problems.append(f"monitors: {error}")
            return Told()

    def review(self, now_us: int, problems: list[str]) -> None:
        """Store what people are to decide, and carry on what they decided; what does not work is added to problems."""
        if self.reviews is not None and self._sound:
            with self._reading, self._guard():
                problems += self.reviews.step(self.ledger, now_us=now_us)

    def guarded(self) -> AbstractContextManager[object]:
        """Enter this around a change that stands for itself: this process is the controller.

        Raises:
            Conflict: Another process is.
        """
        return self._guard()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Enter this around a change: nobody else, in any process, changes anything meanwhile."""
        with self._one, self._guard():
            yield

    def _retrain(self, now_us: int, *, problems: list[str]) -> None:
        try:
            if self._retrainer is not None:
                self._retrainer.step(now_us)
        except (SlipwayError, OSError) as error:
            problems.append(f"retraining: {error}")

    def _alert(self, now_us: int, *, problems: list[str]) -> tuple[str, ...]:
        """Keep the alerts; that they cannot be kept must keep nothing else from being done."""
        if self.alerting is None:
            return ()
        try:
            with self._one, self._guard():
                return self.alerting.step(now_us, problems=problems)
        except SlipwayError as error:
            problems.append(f"alerts: {error}")
        except Exception as error:  # noqa: BLE001 - as above
            problems.append(f"alerts: {Fault(error, since_s=0.0).words}")
        return ()

    def _publish(self, problems: list[str]) -> tuple[str, ...]:
        try:
            published = publish_all(self.store, files=self.files)
        except SlipwayError as error:
            problems.append(f"route files: {error}")
            return ()
        try:
            if self._emergency is not None:
                self._emergency.keep(self.store)
        except SlipwayError as error:
            problems.append(f"emergency: {error}")
        return published
