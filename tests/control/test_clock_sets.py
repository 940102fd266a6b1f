"""The machine's clock is set in a rollout: no stage ends by it, no deadline trips, no outcome is given up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.control.clock_sets import TOLERANCE_US, ClockWatch, by_now
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.records.rollout import Action, ClockSet, Rollout, RolloutStatus, Verdict
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

HOUR_US = DAY_US // 24
SET_ON = 6
"""Day on whose evening the clock is set; the shadow stage is over by then."""


class Site:
    """A rollout that control looks at once a day, by a clock that the test sets."""

    def __init__(self, *, candidate=0.09, **how):
        self.store, self.journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.world = World(1, journal=self.journal.writer, error={"live": 0.1, "candidate": candidate}, requests=400)
        self.control = self.restart()
        self.control.open_route("main", arm=LIVE, salt="secret", now_us=0)
        self.control.start("main", candidate=CANDIDATE, plan=plan(margin=0.03, unit="row", **how), now_us=0)
        self.set_days = 0

    def restart(self):
        return Controller(store=self.store, journal=self.journal, files=self.files, terms=Terms())

    def set_clock(self, days, *, on, noted=True):
        self.set_days += days
        if noted:
            at_us = (on + 1) * DAY_US
            self.control.note_clock(at_us=at_us, by_us=days * DAY_US, now_us=at_us + days * DAY_US)

    def day(self, number):
        self.world.day(number + self.set_days, route=self.files.read("main"))
        return self.control.step((number + 1 + self.set_days) * DAY_US + 3 * HOUR_US)

    def rollout(self):
        return self.store.get(Rollout, id="candidate-1")[0]

    def told(self):
        return [(v.stage, v.decision, v.action) for _, v, _ in self.store.all(Verdict)]


def lived(plan_of, *, set_days=0, noted=True, restart=False):
    site = Site(**plan_of)
    for number in range(40):
        if number == SET_ON + 1 and set_days:
            site.set_clock(set_days, on=SET_ON, noted=noted)
            site.control = site.restart() if restart else site.control
        site.day(number)
        if site.rollout().status is not RolloutStatus.RUNNING:
            break
    return site


PLANS = [{"days": 12.0, "maturity_s": 2.0 * 86400}, {"days": 12.0, "maturity_s": 7200.0}]


@pytest.mark.parametrize("plan_of", PLANS, ids=["outcomes waited for two days", "for two hours"])
def test_a_clock_that_is_set_a_year_ahead_changes_nothing_but_the_dates(plan_of):
    quiet, ahead = lived(plan_of), lived(plan_of, set_days=365)
    again = lived(plan_of, set_days=365, restart=True)
    assert ahead.told() == again.told() == quiet.told()
    assert ahead.rollout().status is quiet.rollout().status is RolloutStatus.COMPLETED
    assert [e.stage for e in ahead.rollout().entries] == [e.stage for e in quiet.rollout().entries]
    names = [name for name, _, _ in ahead.store.all(Verdict)]
    assert ahead.control.replay_all(names) == [()] * len(names)
    ahead.store.verify_audit()
    assert len([e for e in ahead.store.audit() if "clock was set ahead by" in e.why]) == 1


def test_unnoted_the_same_clock_would_have_rolled_back():
    """So the test above could fail."""
    site = lived(PLANS[0], set_days=365, noted=False)
    assert site.rollout().status is RolloutStatus.ROLLED_BACK
    assert "no verdict within" in site.store.audit()[-1].why or "roll back" in site.store.audit()[-1].why


def test_a_clock_that_is_set_back_blinds_nobody():
    """A candidate that turns bad at that moment is rolled back as soon as without it."""

    def rolled_back_on(set_days):
        site = Site(candidate=0.09, **PLANS[1])
        for number in range(40):
            if number == SET_ON + 1:
                site.world.error["candidate"] = 0.6
                if set_days:
                    site.set_clock(set_days, on=SET_ON)
            site.day(number)
            if site.rollout().status is RolloutStatus.ROLLED_BACK:
                return number
        raise AssertionError("never")

    assert rolled_back_on(-3) <= rolled_back_on(0) + 1


def test_a_step_at_the_same_moment_changes_nothing_also_after_the_clock_was_set():
    site = Site(**PLANS[1])
    for number in range(4):
        site.day(number)
    site.set_clock(-1, on=3)
    site.day(4)
    before = site.store.audit()
    for now_us in (4 * DAY_US + 3 * HOUR_US, 4 * DAY_US):
        assert site.control.step(now_us).stored == ()
    assert site.store.audit() == before


def test_silence_still_rolls_back_at_the_deadline_by_the_steady_clock():
    site = Site(days=10.0)
    for day, expected in ((4, Action.STAY), (9, Action.STAY), (11, Action.ROLL_BACK)):
        if day == 4:
            site.control.note_clock(at_us=2 * DAY_US, by_us=300 * DAY_US, now_us=302 * DAY_US)
        assert site.control.step((300 + day) * DAY_US).verdicts[0].action is expected


MOMENTS = st.lists(st.tuples(st.integers(1, 50), st.integers(-40, 40)), max_size=4)


@given(MOMENTS, st.integers(0, 200))
def test_nothing_looks_older_than_it_is(lives, asked_after):
    """Against a world in which the steady clock is known: what ``by_now`` returns is never earlier than the truth."""
    wall, sets, stamps = 1000, [], []
    for steps, by in lives:
        stamps += [(wall + i, sum(s for s, _ in lives[: len(sets)]) + i) for i in range(steps)]
        wall += steps
        sets.append(ClockSet(stage="s", at_us=wall, by_us=by))
        wall += by
    true_now = sum(steps for steps, _ in lives) + asked_after
    stamped = np.array([w for w, _ in stamps], dtype=np.int64)
    ages = wall + asked_after - by_now(stamped, sets=sets)
    assert all(age <= true_now - t for age, (_, t) in zip(ages.tolist(), stamps, strict=True))


@given(st.lists(st.tuples(st.integers(1, 10**8), st.integers(-(10**12), 10**12)), max_size=8))
def test_the_watch_finds_each_jump_and_nothing_else(looks):
    clock = {"wall": 10**15, "steady": 5}
    watch = ClockWatch(lambda: clock["wall"], steady_us=lambda: clock["steady"])
    for passed_us, by_us in looks:
        before = clock["wall"]
        clock = {"wall": before + passed_us + by_us, "steady": clock["steady"] + passed_us}
        found = watch.look()
        assert found == ((before + passed_us, by_us) if abs(by_us) > TOLERANCE_US else None)
