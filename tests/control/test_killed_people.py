"""Rollouts beside people, killed before any operation on the world: cases, decisions and stages are the twin's.

Readers take cases, decide, take back and leave while control dies, and another takes over from one that was stopped.
The twin is asked the same in peace; what both have stored is the same, and each decision counts once.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from slipway.records.automation import Automation
from slipway.records.frame import DecisionFrame, OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.plan_drafts import PlanTerms
from slipway.records.plan_template import complete
from slipway.records.review import ReviewCase
from slipway.records.rollout import Rollout, Verdict
from slipway.records.route import Route
from slipway.records.task import TaskKind
from slipway.serving.people import People
from slipway.testing.crash import Crash, Killed
from slipway.testing.people import STAGES
from slipway.testing.people_killed import DESK, Rows, Side, told_by
from slipway.testing.rollouts import CANDIDATE, LIVE

S = 1_000_000
HOUR_US = 3600 * S
BESIDE = Automation(person="desk", error_bound=0.3, confidence=0.7, audit=0.3, hidden=0.3)
TERMS = PlanTerms(metric="error", margin=0.2, alpha=0.4, unit="row", maturity_s=7200.0, automation=BESIDE)
PLAN = complete(STAGES, terms=TERMS)
READERS = ("ana", "bob", "cem")
WHO = st.sampled_from(READERS)


class Beside(RuleBasedStateMachine):
    """What the twin has stored is what the killed have stored."""

    @initialize(error=st.sampled_from([0.0, 0.02, 0.5]))
    def begin(self, error):
        self.real, self.twin, self.now_us = Side(), Side(), HOUR_US
        self.rng, self.error, self.asked, self.count = np.random.default_rng(5), error, 0, 0
        for side in (self.real, self.twin):
            side.control.open_route("main", arm=DESK, salt="s", now_us=0, stated=(LIVE,))
            side.control.start("main", candidate=CANDIDATE, plan=PLAN, now_us=self.now_us)

    def both(self, do):
        """Ask both; who dies over it before anything was stored is asked again when he is replaced."""
        before = len(self.real.kept.audit())
        try:
            found = told_by(do, self.real)
        except Killed:
            self.real.begin(Crash())
            if len(self.real.kept.audit()) > before:
                return told_by(do, self.twin)
            found = told_by(do, self.real)
        assert found == told_by(do, self.twin)
        return found

    @rule(at=st.integers(1, 60))
    def it_will_be_killed(self, at):
        self.real.begin(Crash(at=at))

    @rule(rows=st.sampled_from([5, 60]))
    def traffic(self, rows):
        route, y = self.real.kept.get(Route, id="main")[0], (self.rng.random(rows) < 0.5).astype(float)
        said = {"live": np.where(y > 0, 0.9, 0.1)}
        said["candidate"] = np.where((self.rng.random(rows) < self.error) ^ (y > 0), 0.97, 0.03)
        group = Rows(route, at_us=self.now_us, first=self.asked, said=said)
        People(route).pass_on(group, kind=TaskKind.BINARY)
        frame = PredictionFrame(
            route="main", route_version=route.version, at_us=group.at_us, id=group.ids, entity=group.entities,
            arm=group.arms, fallback=group.fallback, score=group.score, latency_us=[9] * rows, shadows=route.followers,
            people=group.people, x={},
        )  # fmt: skip
        told = OutcomeFrame(at_us=[self.now_us + HOUR_US] * rows, id=group.ids, value=y.tolist())
        for side in (self.real, self.twin):
            place = side.worker.append([frame])
            for arm in route.followers:
                asked = [i for i, dealt in enumerate(group.arms) if dealt != arm]
                answers = {"id": [group.ids[i] for i in asked], "score": [float(said[arm][i]) for i in asked]}
                side.shadow.append([ShadowFrame(arm=arm, segment=place.segment, offset=place.offset, **answers)])
            side.worker.append([told])
        self.asked += rows
        self.truth = {**getattr(self, "truth", {}), **dict(zip(group.ids, y.tolist(), strict=True))}
        self.step()

    @rule(by=WHO)
    def claim(self, by):
        self._claim(by)

    def _claim(self, by):
        return self.both(lambda side: side.reviews.next(by=by, now_us=self.now_us))

    @rule(by=WHO, right=st.booleans())
    def decide(self, by, right):
        held = self.both(lambda side: side.reviews.held_by(by, now_us=self.now_us))
        if held:
            self._decide(held[0], by, right=right)

    def _decide(self, name, by, *, right=True):
        value = self.truth[name] if right else 1 - self.truth[name]
        self.both(lambda side: side.reviews.decide(name, by=by, value=value, why="", now_us=self.now_us))

    @rule(most=st.sampled_from([10, 100]))
    def they_decide_what_waits(self, most):
        for number in range(most):
            by = READERS[number % 3]
            if not isinstance(case := self._claim(by), tuple):
                break
            self._decide(case[0], by)

    @rule(by=WHO)
    def leave(self, by):
        held = self.both(lambda side: side.reviews.held_by(by, now_us=self.now_us))
        if held:
            self.both(lambda side: side.reviews.leave(held[0], by=by, now_us=self.now_us))

    @precondition(lambda self: self.asked)
    @rule(by=WHO)
    def undo(self, by):
        said = [(c.reads[-1].at_us, name) for name, c, _ in self.real.kept.all(ReviewCase) if c.reads]
        if said:
            self.both(lambda side: side.reviews.undo(max(said)[1], by=by, now_us=self.now_us))

    @precondition(lambda self: self.asked)
    @rule(row=st.integers(0, 500))
    def the_caller_asks(self, row):
        self.both(lambda side: side.reviews.decision(f"p{row % self.asked}", now_us=self.now_us))

    @precondition(lambda self: self.asked)
    @rule(by=st.sampled_from((*READERS, "zoe")), place=st.integers(0, 20), value=st.sampled_from([0.0, 1.0]))
    def somebody_tells_the_data_plane(self, by, place, value):
        """Of a case that was read last, first of all: it may wait for nobody, as long as that can be taken back."""
        cases = self.real.kept.all(ReviewCase)
        lately = sorted(cases, key=lambda one: -max((read.at_us for read in one[1].reads), default=0))
        self.now_us += 1
        row = {"at_us": [self.now_us], "id": [lately[place % len(lately)][0]], "value": [value], "by": [by]}
        for side in (self.real, self.twin):
            side.worker.append([DecisionFrame(**row, decided_us=[self.now_us], saw=[None])])
        self.step()

    @precondition(lambda self: self.asked)
    @rule(by=WHO, past=st.sampled_from([0, 1, 2]))
    def it_is_killed_where_decisions_are_written(self, by, past):
        """Before they are in the journal; then, before the store knows of it; then, behind that."""
        if isinstance(case := self._claim(by), tuple):
            self._decide(case[0], by)
        self.real.begin(Crash(at=1, of="append", past=past))
        self.now_us += 61 * S
        self.step()
        assert self.real.decided() == self.twin.decided()

    @rule(later_s=st.sampled_from([30, 61, 601, 3601, 7201]))
    def time_passes(self, later_s):
        self.now_us += later_s * S
        self.step()

    def step(self):
        """Step until nothing new follows: one more reads the decisions that the one before has written down."""
        try:
            for _ in range(2):
                told_by(lambda side: side.control.step(self.now_us) and None, self.real)
        except Killed:
            self.real.begin(Crash())
            for _ in range(2):
                assert self.real.control.step(self.now_us).problems == ()
        for _ in range(2):
            assert self.twin.control.step(self.now_us).problems == ()

    @rule(at=st.integers(1, 14), later_s=st.sampled_from([0, 61, 3601]))
    def it_is_stopped_and_another_takes_over(self, at, later_s):
        def take_over():
            self.real.begin(Crash())
            self.real.control.step(self.now_us)

        self.now_us += later_s * S
        self.real.begin(Crash(at=at, strike=take_over))
        stopped = self.real.control
        told_by(lambda _: stopped.step(self.now_us) and None, self.real)
        self.real.begin(Crash())
        self.step()

    @rule()
    def start_again(self):
        self.now_us += 1
        self.both(lambda s: s.control.start("main", candidate=CANDIDATE, plan=PLAN, now_us=self.now_us).id)
        self.step()

    @precondition(lambda self: self.asked > 200)
    @rule()
    def roll_back(self):
        newest = self.real.kept.all(Rollout)[-1][0]
        self.both(lambda s: s.control.roll_back(newest, now_us=self.now_us, why="complaints", by="ann").status)
        self.step()

    @invariant()
    def what_is_stored_is_the_twins(self):
        if hasattr(self, "twin"):
            assert self.real.seen() == self.twin.seen()

    def teardown(self):
        if not hasattr(self, "twin"):
            return
        self.step()
        self.real.begin(Crash())
        self.now_us += 10 * HOUR_US
        self.step()
        assert self.real.decided() == self.twin.decided()
        assert self.real.files.routes == self.twin.files.routes
        self.real.kept.verify_audit()
        names = [name for name, _, _ in self.real.kept.all(Verdict)]
        assert self.real.control.replay_all(names) == [()] * len(names)


@pytest.mark.faults
def test_the_model_goes_through_the_degrees_of_automation_and_to_the_fallback():
    """Else the machine would prove nothing of them."""
    world = Beside()
    world.begin(0.0)
    for number in range(60):
        world.it_will_be_killed(7 * number % 60 + 1)
        world.traffic(60)
        if number != 1:  # that time nobody comes, and the fallback answers
            world.they_decide_what_waits(100)
            world.time_passes(61)
            world.they_decide_what_waits(100)
        world.time_passes(7201)
        world.what_is_stored_is_the_twins()
        rollout = world.real.kept.all(Rollout)[-1][1]
        if len(rollout.entries) > 3:
            break
    cases = [case for _, case, _ in world.real.kept.all(ReviewCase)]
    assert [e.stage for e in rollout.entries][:4] == ["shadow", "assist", "partial", "full"]
    assert {case.course.value for case in cases} == {"asked", "handed over", "audited"}
    assert any(case.ended_us is not None for case in cases)
    assert {read.part.value for case in cases for read in case.reads} >= {"first", "second"}
    world.teardown()


@pytest.mark.parametrize("past", [0, 1, 2])
def test_a_decision_reaches_the_journal_and_the_store_wherever_control_dies_between_them(past):
    world = Beside()
    world.begin(0.0)
    world.traffic(5)
    world.it_is_killed_where_decisions_are_written("ana", past)
    assert len(world.real.decided()) == 1
    world.what_is_stored_is_the_twins()
    world.teardown()


def test_who_is_killed_hears_nothing_anew_that_was_told_too_early():
    world = Beside()
    world.begin(0.5)
    for by in READERS:
        world.traffic(5)
        for right in (False, True, False, True):
            world.claim(by)
            world.decide(by, right)
            for place in (0, 1):
                world.somebody_tells_the_data_plane("zoe", place, 0.0)
        world.time_passes(61)
        world.it_will_be_killed(30)
        world.time_passes(61)
        world.what_is_stored_is_the_twins()
    world.teardown()


TestBeside = Beside.TestCase
TestBeside.settings = settings(
    max_examples=5, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Deep(Beside):
    """The same, for longer."""


TestBesideForLonger = pytest.mark.faults(Deep.TestCase)
TestBesideForLonger.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
