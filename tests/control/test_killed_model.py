"""Any order of traffic, kills, freezes, commands, jumps of the clock and lost stores, beside an undisturbed twin.

Two processes share one store by lease. Whenever one of them dies or sleeps in the middle of what it does, the store
holds what the twin's does, which did the same in peace, or did not do it at all.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from slipway.control.step import Controller
from slipway.control.tenure import BEAT_S, SILENCE_S, Tenure
from slipway.control.terms import Terms
from slipway.errors import Conflict, SlipwayError, Unavailable
from slipway.ports import Change
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.storage.lock import ControllerLock
from slipway.testing.crash import Crash, Killed
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

HOUR_US = DAY_US // 24
PLAN = plan(margin=0.05, maturity_s=7200.0, unit="row", min_units=6, alpha=0.4, days=20.0)
OPERATIONS = st.integers(1, 14)


class Files(MemoryRoutes):
    """Route files that take newer versions only, as those of a folder do, and remember what was in force."""

    def __init__(self):
        super().__init__()
        self.versions = []

    def publish(self, route):
        present = self.routes.get(route.name)
        if present is not None and present != route and present.version >= route.version:
            raise Conflict("want a newer version")
        if present != route:
            self.versions.append(route.version)
        super().publish(route)


class Lost:
    """A store that does not answer."""

    token = None

    def __getattr__(self, name):
        raise Unavailable("control store: want an answer, got none.")


class Process:
    """One control process: its client of the store, its claim to be the controller, its controller."""

    def __init__(self, town):
        self.town, self.store = town, town.store.another()
        self.lock = ControllerLock(town.folder / "lock")
        self.tenure = Tenure(self.store, lock=self.lock, holder=f"{id(self)}", monotonic=lambda: town.steady_s)
        self.control = self.with_parts(Crash())

    def with_parts(self, crash, *, store=None):
        return Controller(
            store=crash.part(store or self.store),
            journal=crash.part(self.town.journal),
            files=crash.part(self.town.files),
            terms=Terms(),
            guard=self.tenure.guard,
        )

    def die(self):
        self.lock.release()


class Killing(RuleBasedStateMachine):
    """What the twin has stored is what the two processes have stored."""

    @initialize(error=st.sampled_from([0.05, 0.1, 0.5]))
    def begin(self, error):
        self._folder = tempfile.TemporaryDirectory()
        self.folder, self.steady_s, self.day, self.set_days = Path(self._folder.name), 100.0, 0, 0
        self.store, self.journal, self.files = MemoryStore(), MemoryJournal(), Files()
        errors = {"live": 0.1, "candidate": error}
        self.world = World(7, journal=self.journal.writer, error=errors, requests=120)
        self.now_us, self.count = HOUR_US, 0
        self.twin_store, twin_files = MemoryStore(), MemoryRoutes()
        self.twin = Controller(store=self.twin_store, journal=self.journal, files=twin_files, terms=Terms())
        self.first, self.second = Process(self), Process(self)
        assert self.first.tenure.look()
        for control in (self.first.control, self.twin):
            control.open_route("main", arm=LIVE, salt="secret", now_us=0)
            control.start("main", candidate=CANDIDATE, plan=PLAN, now_us=self.now_us)

    def both(self, do, crash=None, *, store=None):
        """Let whoever is in charge do it, perhaps killed, and the twin in peace if anything came of it."""
        before = len(self.store.audit())
        control = self.first.with_parts(crash, store=store) if crash else self.first.control
        try:
            refused = do(control)
        except Killed:
            self.first.die()
            self.first = Process(self)
            self.steady_s += BEAT_S
            assert self.first.tenure.look(), "the dead are replaced at once"
            if len(self.store.audit()) == before:
                return
            refused = None
        assert do(self.twin) == refused

    @rule()
    def traffic_of_a_day(self):
        route = self.files.read("main")
        self.world.day(self.day + self.set_days, route=route, frames=2)
        self.day += 1
        self.now_us = (self.day + self.set_days) * DAY_US + 3 * HOUR_US

    @rule(kills=st.lists(OPERATIONS, min_size=3, max_size=5))
    def days_with_a_step_that_is_killed_on_each(self, kills):
        for at in kills:
            self.traffic_of_a_day()
            self.step_killed(at)
            self.the_store_is_the_twins()

    @rule()
    def step(self):
        self.both(lambda control: _told(control.step, self.now_us))
        assert self.files.read("main") == self.store.get(Route, id="main")[0]

    @rule(at=OPERATIONS)
    def step_killed(self, at):
        self.both(lambda control: _told(control.step, self.now_us), Crash(at=at))

    @rule(at=OPERATIONS)
    def step_in_which_it_is_stopped_and_the_other_takes_over(self, at):
        """SIGSTOP before an operation, and SIGCONT when the other has taken over and made the same step."""

        def take_over():
            self.second.tenure.look()
            for _ in range(int(SILENCE_S / BEAT_S) + 2):
                self.steady_s += BEAT_S
                self.second.tenure.look()
            assert self.second.tenure.held
            self.second.control.step(self.now_us)
            self.twin.step(self.now_us)

        crash = Crash(at=at, strike=take_over)
        _told(self.first.with_parts(crash).step, self.now_us)
        if crash.struck:
            for _ in range(3):
                assert not self.first.tenure.look()
                assert self.second.tenure.look()
                with pytest.raises(Conflict, match="Nothing was stored"):
                    self.first.store.commit([Change(LIVE, "late", 0)], at_us=self.now_us, by="late", why="late")
            self.first, self.second = self.second, self.first
        else:
            self.twin.step(self.now_us)
        self.first.control.step(self.now_us)
        self.twin.step(self.now_us)

    @rule(at=OPERATIONS)
    def start_again(self, at):
        self.count += 1
        where = {"candidate": CANDIDATE, "plan": PLAN, "now_us": self.now_us + self.count}
        self.both(lambda control: _told(control.start, "main", **where), Crash(at=at))
        self.now_us += self.count

    @precondition(lambda self: self.day > 3)
    @rule(at=OPERATIONS)
    def roll_back(self, at):
        newest = self.store.all(Rollout)[-1][0]
        self.both(lambda c: _told(c.roll_back, newest, now_us=self.now_us, why="complaints", by="ann"), Crash(at=at))

    @rule(days=st.sampled_from([365, 1, -1]), at=OPERATIONS)
    def the_clock_is_set(self, days, at):
        at_us, by_us = self.now_us, days * DAY_US
        if self.day + self.set_days + days < 1:
            return
        note = {"at_us": at_us, "by_us": by_us, "now_us": at_us + by_us}
        before = len(self.store.audit())
        self.both(lambda control: _told(control.note_clock, **note), Crash(at=at))
        if len(self.store.audit()) == before:  # killed before it was noted: this time nothing interferes
            self.both(lambda control: _told(control.note_clock, **note))
        self.set_days += days
        self.now_us += by_us

    @rule()
    def the_store_is_lost(self):
        with pytest.raises(Unavailable):
            self.first.with_parts(Crash(), store=Lost()).step(self.now_us)

    @rule()
    def who_stands_by_is_asked(self):
        with pytest.raises(Conflict, match="stands by"):
            self.second.control.step(self.now_us)

    @invariant()
    def the_store_is_the_twins(self):
        if hasattr(self, "twin"):
            assert self.store.audit() == self.twin_store.audit()
            self.store.verify_audit()

    @invariant()
    def versions_grow_and_the_file_is_never_ahead(self):
        if hasattr(self, "twin"):
            assert self.files.versions == sorted(set(self.files.versions))
            route, _ = self.store.get(Route, id="main")
            assert self.files.read("main").version <= route.version

    @invariant()
    def each_stage_is_entered_once_and_who_was_rolled_back_is_gone(self):
        if hasattr(self, "twin"):
            rollouts = [r for _, r, _ in self.store.all(Rollout)]
            for rollout in rollouts:
                assert [e.stage for e in rollout.entries] == [s.name for s in PLAN.stages][: len(rollout.entries)]
            assert sum(r.status is RolloutStatus.RUNNING for r in rollouts) <= 1
            if rollouts[-1].status is RolloutStatus.ROLLED_BACK:
                route, _ = self.store.get(Route, id="main")
                assert route.share_of("candidate") == 0.0 or len(rollouts) > 1

    def teardown(self):
        if not hasattr(self, "twin"):
            return
        self.step()
        names = [name for name, _, _ in self.store.all(Verdict)]
        assert self.first.control.replay_all(names) == [()] * len(names)
        self.first.die()
        self.second.die()
        self._folder.cleanup()


def _told(do, *args, **kwargs):
    """Do it, and return in words why it was refused, or None."""
    try:
        do(*args, **kwargs)
    except SlipwayError as error:
        return str(error)
    return None


class Deep(Killing):
    """The same, for longer."""


TestKilled = Killing.TestCase
TestKilled.settings = settings(max_examples=8, stateful_step_count=14, deadline=None, print_blob=True)
TestKilledForLonger = pytest.mark.faults(Deep.TestCase)
TestKilledForLonger.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
