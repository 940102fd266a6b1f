"""The controller: one step is catch up, judge, store, publish; then what nobody needs any more is let go.

What reads, judges and looks changes nothing in the store, and holds nothing that a command waits for. Everything that a
step decides of a rollout is one transaction there, made alone; only then the route file follows. Killed at any
instruction, the next step goes on: a verdict that was not stored is made again from the same cohorts, and a route that
was stored but not published is published.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from slipway.control.alerting import Alerting
from slipway.control.checkpoint import Checkpoint
from slipway.control.commands import BY, Commands
from slipway.control.emergency import Emergency
from slipway.control.fault import Fault
from slipway.control.finding_book import Told
from slipway.control.judging import Costs, Judged, Judging, Ready, replay_from_journal
from slipway.control.ledger import Ledger
from slipway.control.letting_go import KEPT_ROWS
from slipway.control.past import DaySums
from slipway.control.publish import RouteFiles
from slipway.control.reading import Reading
from slipway.control.rehearsing import Sound
from slipway.control.report import StepReport
from slipway.control.retraining import Retrainer
from slipway.control.reviews import Reviews
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.control.ways_back import WaysBack
from slipway.deployment.judge import is_audited
from slipway.deployment.transition import is_as_left
from slipway.errors import SlipwayError
from slipway.ports import ControlStore, JournalReader
from slipway.records.agreement import Agreement
from slipway.records.cohort import Cohort
from slipway.records.looked import Looked
from slipway.records.rollout import Action, Rollout, RolloutStatus, Verdict
from slipway.records.route import Route


class Controller(Commands):
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
        journal: As given.
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
        super().__init__(
            store=store, files=files, terms=terms, guard=guard, sound=sound, ways=ways, emergency=emergency
        )
        self.journal, self.alerting, self.reviews = journal, alerting, reviews
        self._retrainer, self._watching = retrainer, watching
        self._reading = Reading(
            journal=journal,
            terms=terms,
            judging=lambda ledger: Judging(
                store, ledger=ledger, by=BY, ready=ready, ways=self._ways, costs=costs, watching=watching
            ),
            watching=watching,
            checkpoint=checkpoint,
            reviews=reviews,
            kept_rows=kept_rows,
            monotonic=monotonic,
        )

    def step(self, now_us: int) -> StepReport:
        """Read what is new, judge every running rollout, store what follows, and put it in force.

        A second step at the same moment changes nothing. What does not work is in the report, and the next step tries
        again; a journal that cannot be read holds every rollout, and a hold has a deadline.

        Args:
            now_us: The moment, microseconds since the epoch.

        Raises:
            Conflict: Another process is the controller.
        """
        with self._reading.lock:
            try:
                return self._step(now_us)
            except SlipwayError:
                raise
            except Exception as error:
                self._reading.fail(error)
                self._alert(now_us, problems=[])
                raise

    def _step(self, now_us: int) -> StepReport:
        reading, problems = self._reading, list[str]()
        with self.alone():
            problems += self._emergency.carry_out(self.store) if self._emergency else []
            published = self._publish(problems)
        self._leave(problems)
        frames = self.catch_up(problems)
        verdicts, stored = list[Verdict](), list[str]()
        broken: Exception | None = None
        for rollout, version in (*self.running(), *self.audited()):
            try:
                judged = reading.judging.judge(rollout, version=version, now_us=now_us)
                if judged is None:
                    continue
                problems += (f"rollout {rollout.id}: {problem}" for problem in judged.problems)
                if judged.inputs is not None:
                    name, moved = self._store_verdict(judged, problems)
                    published += moved
                    if name is None:  # somebody changed it meanwhile
                        continue
                    stored.append(name)
                verdicts.append(judged.verdict)
            except SlipwayError as error:
                problems.append(f"rollout {rollout.id}: {error}")
            except Exception as error:  # noqa: BLE001 - it must not keep the next rollout from its deadline
                broken = broken or error
        if broken is not None:
            raise broken
        problems += self._ways.damaged(self.running())
        told = self._watch(now_us, problems) if reading.sound else Told()
        self.review(now_us, problems)
        if reading.sound:
            reading.tidy([r for r, _ in (*self.running(), *self.audited())], now_us=now_us, problems=problems)
            reading.fault = None
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

    def _store_verdict(self, judged: Judged, problems: list[str]) -> tuple[str | None, tuple[str, ...]]:
        """Store a verdict and put in force what follows, before anything else is looked at; return id and routes."""
        moves = judged.verdict.action is not Action.STAY
        with self.alone():
            name = self._reading.judging.store(judged)
            published = self._publish(problems) if moves else ()
        if moves:
            self._leave(problems)
        return name, published

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
        if self.reviews is not None and self._reading.sound:
            with self._reading.lock, self._guard():
                problems += self.reviews.intake.step(self.ledger, now_us=now_us)

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
            return self.alerting.step(now_us, problems=problems, alone=self.alone, turns=lambda: self.turns)
        except SlipwayError as error:
            problems.append(f"alerts: {error}")
        except Exception as error:  # noqa: BLE001 - as above
            problems.append(f"alerts: {Fault(error, since_s=0.0).words}")
        return ()

    @property
    def ledger(self) -> Ledger:
        """What was read of the journal."""
        return self._reading.ledger

    @property
    def frames_read(self) -> int:
        """Frames read by this process."""
        return self._reading.frames_read

    @property
    def fault(self) -> Fault | None:
        """The exception that nobody foresaw, of the last step; None once a step was sound."""
        return self._reading.fault

    @property
    def failing_s(self) -> float | None:
        """For how many seconds no step has been sound; None if the last one was."""
        return self._reading.failing_s

    @property
    def behind_s(self) -> float | None:
        """How old what is not read yet may be, in seconds; None before the journal was read to its end once."""
        return self._reading.behind_s

    @property
    def agreement(self) -> tuple[Agreement, ...]:
        """How near decisions were to what was answered, when the journal was last read, by the arm that answered."""
        return self._reading.agreement

    @property
    def looked(self) -> tuple[Looked, ...]:
        """What each monitor has looked at; empty before the first step of this process."""
        return self._watching.looked() if self._watching else ()

    def catch_up(self, problems: list[str]) -> int:
        """Read what is new in the journal; see :meth:`slipway.control.reading.Reading.catch_up`."""
        return self._reading.catch_up(problems)

    def saved_upto(self) -> dict[str, int]:
        """Return what the checkpoint covers; see :meth:`slipway.control.reading.Reading.saved_upto`."""
        return self._reading.saved_upto()

    def save(self) -> None:
        """Keep what was read where a restart finds it; see :meth:`slipway.control.reading.Reading.save`."""
        self._reading.save()

    def days(self, now_us: int) -> tuple[DaySums, ...]:
        """Return what each model did on each day that is over; see :meth:`slipway.control.reading.Reading.days`."""
        return self._reading.days(now_us)

    def cohorts(self, rollout: Rollout, *, now_us: int) -> tuple[Cohort, ...]:
        """Return the cohorts that the judge would see."""
        with self._reading.lock:
            return self._reading.judging.cohorts(rollout, now_us=now_us)

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

    def replay(self, verdict_id: str) -> tuple[str, ...]:
        """Make a stored verdict again from the journal alone, and return every difference.

        Raises:
            NotFound: No such verdict.
        """
        return self.replay_all((verdict_id,))[0]

    def replay_all(self, verdict_ids: Sequence[str]) -> list[tuple[str, ...]]:
        """Make the verdicts of a rollout again, oldest first, going on in the journal from one to the next.

        Raises:
            NotFound: No such verdict.
        """
        ledger = Ledger(self.terms)
        return [replay_from_journal(v, store=self.store, journal=self.journal, ledger=ledger) for v in verdict_ids]
