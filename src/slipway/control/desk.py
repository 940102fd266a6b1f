"""What the control surface can be asked, without a word of HTTP: plain calls that return records."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from slipway.control.alert_desk import AlertDesk
from slipway.control.arms import find_arm
from slipway.control.clock_sets import ClockWatch
from slipway.control.report import StepReport
from slipway.control.requests import ApprovalRequest, RehearsalRequest, RollbackRequest, StartRequest, StepRequest
from slipway.control.review_desk import ReviewDesk
from slipway.control.standing import RolloutPage, Status
from slipway.control.step import Controller
from slipway.control.telling.sender import Sender
from slipway.deployment.replay import differs
from slipway.errors import BadInput, Corrupt, NotFound, Unavailable
from slipway.ports import Clock
from slipway.records.alert import Finding
from slipway.records.facts import Approval
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Rollout, Verdict
from slipway.records.route import Route
from slipway.records.scope import Scope
from slipway.records.service_report import ServiceReport
from slipway.records.worker_config import ClockKind
from slipway.serving.run_state import RunState
from slipway.storage.audit import AuditEntry

WORKER_WAIT_S = 2.0
"""How long at most a change waits for the workers; one that cannot load the new route goes on with the old one."""

PAUSE_S = 0.01

OLDEST_US = 60_000_000
"""How old a moment may be that a caller names while the machine's clock counts: as long as a call may take."""

_TAIL = 200


class Desk:
    """Answers the control surface; blocking, for any number of threads.

    Args:
        controller: The controller.
        scope: The project's scope.
        clock: The machine's.
        sender: Sends alerts to their receivers; None where nobody does.
        audit: Returns the audit entries behind ``after_seq``.
        kind: Whose time counts: the machine's, or the largest moment that the journal's rows carry.
        shadow_wait_s: With the event clock: how long a step waits for shadows to catch up.
        taken_over: Tells whether the workers have taken over a route. What changes one returns only then, or after two
            seconds, so that the next request meets what was decided.
        workers: Returns the workers that run and are ready.
        service: Returns how the service does, or None where nobody looks.
        clock_watch: Notices when the machine's clock is set; None where it is not watched.
        sleep: Waits so many seconds.

    Attributes:
        alerts: Answers what is asked about alerts.
        reviews: Answers reviewers, and who waits for them.
        clock_ahead_us: By how much the machine's clock was set since this process started.
    """

    def __init__(
        self,
        controller: Controller,
        *,
        scope: Scope,
        clock: Clock,
        kind: ClockKind,
        audit: Callable[..., list[AuditEntry]],
        sender: Sender | None = None,
        shadow_wait_s: float = 20.0,
        taken_over: Callable[[Route], bool] = lambda _: True,
        workers: Callable[[], Sequence[RunState]] = tuple,
        service: Callable[[], ServiceReport | None] = lambda: None,
        clock_watch: ClockWatch | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock_watch, self._clock_sets = clock_watch, list[tuple[int, int]]()
        self.clock_ahead_us = 0
        self.controller, self._scope, self._clock, self.kind = controller, scope, clock, kind
        self._audit, self._wait_s, self._sleep = audit, shadow_wait_s, sleep
        self._taken_over, self.workers, self.service = taken_over, workers, service
        self.alerts = AlertDesk(controller, now_us=self.now_us, sender=sender)
        self.reviews = ReviewDesk(controller, scope=scope, now_us=self.now_us)
        self._last: StepReport | None = None
        self._tail: deque[AuditEntry] = deque(maxlen=_TAIL)
        self._tail_lock = threading.Lock()

    @property
    def scope(self) -> Scope:
        """The project's scope."""
        return self._scope

    def now_us(self) -> int:
        """Return the moment by the clock that counts."""
        return self._clock.now_us() if self.kind is ClockKind.SYSTEM else self.controller.ledger.newest_us

    def step(self, request: StepRequest) -> StepReport:
        """Make one step; with the event clock, first wait until the shadows have answered what was asked.

        Raises:
            BadInput: A moment that the machine's clock does not show, where that is the clock that counts.
            Conflict: Another process is the controller.
        """
        self._refuse_other_time(request.now_us)
        self._note_clock()
        if self.kind is ClockKind.EVENT:
            self._await_shadows()
        self._last = self.controller.step(self.now_us() if request.now_us is None else request.now_us)
        if self._last.published:
            self._await_workers()
        return self._last

    def settle(self) -> None:
        """Put in force what the store says, and judge nothing: what a process that starts does first.

        Raises:
            Conflict: Another process is the controller.
        """
        self.controller.step(0)
        self._await_workers()

    def stand_by(self) -> None:
        """Read what is new and change nothing, so that whoever takes over need not read the journal first."""
        if self._clock_watch is not None:
            self._clock_watch.look()  # whoever is the controller notes what it sees
        self.controller.catch_up([])

    def start(self, request: StartRequest) -> Rollout:
        """Start a rollout of a known arm.

        Raises:
            NotFound: No such arm or route.
            Conflict: Another rollout runs on the route.
            BadInput: The plan asks what cannot be answered, or the route is not clear.
        """
        self._refuse_other_time(request.now_us)
        self._note_clock()
        arm = find_arm(request.candidate, store=self.controller.store, stated=self._scope.arms)
        self.controller.catch_up([])
        rollout = self.controller.start(
            request.route or self._only_route(),
            candidate=arm,
            plan=request.plan or self._scope.rollout,
            now_us=self.now_us() if request.now_us is None else request.now_us,
            by=request.by,
        )
        self._await_workers()
        return rollout

    def roll_back(self, rollout_id: str, *, request: RollbackRequest) -> Rollout:
        """Roll back by command.

        Raises:
            NotFound: No such rollout.
            Conflict: It is rolled back already.
        """
        rollout = self.controller.roll_back(rollout_id, now_us=self.now_us(), why=request.why, by=request.by)
        with contextlib.suppress(Unavailable, Corrupt):  # of a store that is told later
            self._await_workers()
        return rollout

    def rehearse(self, rollout_id: str, *, request: RehearsalRequest) -> Rehearsal:
        """Go the way back as far as it harms nobody, and time it.

        Raises:
            NotFound: No such rollout.
            Conflict: There is no way back.
        """
        return self.controller.rehearse(rollout_id, workers=self.workers, now_us=self.now_us(), by=request.by)

    def rehearsal(self, rollout_id: str) -> Rehearsal | None:
        """Return what the last rehearsal of a rollout's way back found, or None if there was none."""
        try:
            return self.controller.store.get(Rehearsal, id=rollout_id)[0]
        except NotFound:
            return None

    def approve(self, rollout_id: str, *, request: ApprovalRequest) -> Approval:
        """Keep a person's word on the present stage; the next step judges by it.

        Raises:
            NotFound: No such rollout.
            Conflict: It is over, is in another stage, or its stage asks nobody.
            Refused: The plan names others.
            BadInput: No name or no reason.
        """
        self._refuse_other_time(request.now_us)
        said = Approval(
            rollout=rollout_id,
            stage=request.stage,
            by=request.by.strip(),
            approved=request.approved,
            why=request.why.strip(),
            at_us=self.now_us() if request.now_us is None else request.now_us,
        )
        return self.controller.approve(said, by=request.by)

    def status(self) -> Status:
        """Return where everything stands."""
        store, fault = self.controller.store, self.controller.fault
        return Status(
            clock=self.kind,
            now_us=self.now_us(),
            routes=tuple(route.shown for _, route, _ in store.all(Route)),
            running=tuple(rollout for rollout, _ in self.controller.running()),
            open_findings=tuple(f for f in self.findings() if f.closed_us is None),
            receivers=self.alerts.receivers(),
            last_step=self._last,
            tally=self.controller.ledger.tally,
            monitors=self.controller.looked,
            agreement=self.controller.agreement,
            behind_s=self.controller.behind_s,
            held_rows=self.controller.ledger.rows,
            held_bytes=self.controller.ledger.size_bytes,
            fault=fault.words if fault else None,
            failing_s=self.controller.failing_s,
        )

    def rollouts(self) -> tuple[Rollout, ...]:
        """Return all rollouts, oldest first."""
        return tuple(rollout for _, rollout, _ in self.controller.store.all(Rollout))

    def rollout(self, rollout_id: str) -> RolloutPage:
        """Return one rollout with its verdicts.

        Raises:
            NotFound: No such rollout.
        """
        rollout, _ = self.controller.store.get(Rollout, id=rollout_id)
        verdicts = [(name, v) for name, v, _ in self.controller.store.all(Verdict) if v.rollout == rollout_id]
        return RolloutPage(rollout=rollout, verdicts=tuple(verdicts))

    def findings(self) -> tuple[Finding, ...]:
        """Return all findings, oldest first."""
        return tuple(finding for _, finding, _ in self.controller.store.all(Finding))

    def audit(self, *, after_seq: int = 0) -> list[AuditEntry]:
        """Return the audit entries behind a number, oldest first."""
        return self._audit(after_seq=after_seq)

    def newest_audit(self, most: int) -> list[AuditEntry]:
        """Return the newest audit entries, oldest first, at most so many and a few hundred; reads what is new only."""
        with self._tail_lock:
            self._tail.extend(self._audit(after_seq=self._tail[-1].seq if self._tail else 0))
            return list(self._tail)[-most:]

    def replay(self, verdict_id: str) -> dict[str, object]:
        """Make a verdict again from the journal, and say what differs.

        Raises:
            NotFound: No such verdict.
        """
        differences = self.controller.replay(verdict_id)
        return {"verdict": verdict_id, "same": not differs(differences), "differences": differences}

    def _refuse_other_time(self, asked_us: int | None) -> None:
        """Refuse to be told the time: a deadline in a made-up future would roll back, a past would skip every stay."""
        if asked_us is None or self.kind is ClockKind.EVENT:
            return
        now_us = self._clock.now_us()
        if not now_us - OLDEST_US <= asked_us <= now_us:
            raise BadInput(
                f"now_us: want the machine's time, {now_us}, or none, got {asked_us}. "
                "Only a server that was started with --clock event takes the time from its callers."
            )

    def _note_clock(self) -> None:
        """Note that the clock was set before anything is judged by it; what could not be noted is, the next time."""
        if self._clock_watch is None or self.kind is ClockKind.EVENT:
            return
        if (found := self._clock_watch.look()) is not None:
            self._clock_sets.append(found)
            self.clock_ahead_us += found[1]
        while self._clock_sets:
            at_us, by_us = self._clock_sets[0]
            self.controller.note_clock(at_us=at_us, by_us=by_us, now_us=self.now_us())
            del self._clock_sets[0]

    def _only_route(self) -> str:
        names = [name for name, _, _ in self.controller.store.all(Route)]
        if len(names) != 1:
            raise BadInput(f"route: want its name where there is not exactly one, got none; there are {names}.")
        return names[0]

    def _await_workers(self) -> None:
        left_s = WORKER_WAIT_S
        while left_s > 0 and not all(self._taken_over(route) for _, route, _ in self.controller.store.all(Route)):
            self._sleep(PAUSE_S)
            left_s -= PAUSE_S

    def _await_shadows(self) -> None:
        left_s, pause_s = self._wait_s, PAUSE_S
        while True:
            self.controller.catch_up([])
            if not self.controller.ledger.shadow_lag() or left_s <= 0:
                return
            self._sleep(pause_s)
            left_s -= pause_s
            pause_s = min(2 * pause_s, 0.2)
