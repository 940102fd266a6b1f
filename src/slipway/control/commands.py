"""What is changed by command: one change at a time, by the process that is the controller, and the route files follow.

No command needs what was read of the journal, so none waits for who reads it, judges by it, or looks at it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from slipway.control.approving import approve
from slipway.control.clock_sets import note
from slipway.control.emergency import Emergency
from slipway.control.publish import RouteFiles, publish_all
from slipway.control.rehearsing import Sound, rehearse
from slipway.control.rollback import roll_back_now
from slipway.control.start import open_route, start
from slipway.control.terms import Terms
from slipway.control.ways_back import WaysBack
from slipway.errors import Corrupt, SlipwayError, Unavailable
from slipway.ports import ControlStore
from slipway.records.arm import Arm
from slipway.records.facts import Approval
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Plan, Rollout
from slipway.records.route import Route
from slipway.serving.run_state import RunState

BY = "controller"


class Commands:
    """Changes routes and rollouts when it is told to. For any number of threads.

    Args:
        store: Control store.
        files: Route files.
        terms: How answers are held against outcomes.
        guard: Entered around each change, such as the project's controller lock.
        sound: Tries an arm as a worker that starts would, and says why it cannot be used.
        ways: Finds where a rollback leads; None knows nothing of packages.
        emergency: Rolls back while the store does not answer; None: nobody does.

    Attributes:
        store: As given.
        files: As given.
        terms: As given.
        turns: How often somebody was alone: who looks at the store beside it tells by it whether something changed.
    """

    def __init__(
        self,
        *,
        store: ControlStore,
        files: RouteFiles,
        terms: Terms,
        guard: Callable[[], AbstractContextManager[object]] = nullcontext,
        sound: Sound = lambda _: "",
        ways: WaysBack | None = None,
        emergency: Emergency | None = None,
    ) -> None:
        self.store, self.files, self.terms = store, files, terms
        self._guard, self._one = guard, threading.RLock()
        self.turns = 0
        self._sound_arm, self._emergency = sound, emergency
        self._ways = ways or WaysBack(store)

    def guarded(self) -> AbstractContextManager[object]:
        """Enter this around a change that stands for itself: this process is the controller.

        Raises:
            Conflict: Another process is.
        """
        return self._guard()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Enter this around a change: nobody else, in any process, changes anything meanwhile.

        A rollback by command waits until it is left, so nothing is reckoned in it.
        """
        with self._one, self._guard():
            self.turns += 1
            yield

    def open_route(
        self, name: str, *, arm: Arm, salt: str, now_us: int, by: str = BY, stated: tuple[Arm, ...] = ()
    ) -> Route:
        """Make the first version of a route; see :func:`slipway.control.start.open_route`."""
        with self.alone():
            return open_route(
                name, arm=arm, salt=salt, store=self.store, files=self.files, now_us=now_us, by=by, stated=stated
            )

    def start(self, route: str, *, candidate: Arm, plan: Plan, now_us: int, by: str = BY) -> Rollout:
        """Start a rollout; see :func:`slipway.control.start.start`.

        What was rolled back while the store did not answer is so in the store before.
        """
        with self.alone():
            if self._emergency is not None:
                self._emergency.carry_out(self.store)
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
        self._leave([])  # so that it can be rolled back whatever happens to the store
        return started

    def note_clock(self, *, at_us: int, by_us: int, now_us: int) -> str:
        """Note with what runs that the clock was set; see :func:`slipway.control.clock_sets.note`."""
        with self.alone():
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
        with self.alone():
            return roll_back_now(
                rollout_id, store=self.store, files=self.files, ways=self._ways, now_us=now_us, by=by, why=why
            )

    def rehearse(
        self, rollout_id: str, *, workers: Callable[[], Sequence[RunState]], now_us: int, by: str
    ) -> Rehearsal:
        """Time the way back without harm; see :func:`slipway.control.rehearsing.rehearse`."""
        with self.alone():
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
        with self.alone():
            return approve(said, store=self.store, account=by)

    def _publish(self, problems: list[str]) -> tuple[str, ...]:
        """Put in force what the store says; to be called alone."""
        try:
            return publish_all(self.store, files=self.files)
        except SlipwayError as error:
            problems.append(f"route files: {error}")
            return ()

    def _leave(self, problems: list[str]) -> None:
        """Leave what a rollback needs while the store does not answer; no other command waits for it."""
        try:
            if self._emergency is not None:
                self._emergency.keep(self.store, ways=self._ways)
        except SlipwayError as error:
            problems.append(f"emergency: {error}")
