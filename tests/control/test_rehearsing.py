"""A rehearsal times the way back, says why it would fail, and changes nothing that anybody could notice."""

import msgspec
import pytest

from slipway.control.rehearsing import rehearse
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.ways_back import WaysBack
from slipway.errors import Conflict, NotFound
from slipway.records.rehearsal import Rehearsal
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.serving.run_state import RunState, State
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World


class Site:
    def __init__(self, *, seed=1, **how):
        self.store, self.files, journal = MemoryStore(), MemoryRoutes(), MemoryJournal()
        self.world = World(seed, journal=journal.writer, error={"live": 0.1, "candidate": 0.09})
        self.control = Controller(store=self.store, journal=journal, files=self.files, terms=Terms(), **how)
        self.control.open_route("main", arm=LIVE, salt="secret", now_us=0)
        self.rollout = self.control.start(
            "main", candidate=CANDIDATE, plan=plan(margin=0.02, maturity_s=7200.0), now_us=0
        )
        self.clock_us, self.slept_s, self.behind = 1_000_000, 0.0, 0

    def workers(self):
        version = self.files.read("main").version - self.behind
        states = {"state": State.READY, "route": "main", "route_version": version}
        return [RunState(name=f"worker-{n}", pid=1, at_us=1_050_000 + n * 1000, **states) for n in range(2)]

    def machine_us(self):
        self.clock_us += 5_000
        return self.clock_us

    def sleep(self, seconds):
        self.slept_s += seconds

    def rehearse(self, *, sound=lambda _: "", id_=None, now_us=0):
        return rehearse(
            id_ or self.rollout.id,
            store=self.store,
            files=self.files,
            sound=sound,
            ways=WaysBack(self.store),
            workers=self.workers,
            now_us=now_us,
            by="ann",
            machine_us=self.machine_us,
            sleep=self.sleep,
        )

    def day(self, number):
        self.world.day(number, route=self.files.read("main"))
        return self.control.step((number + 1) * DAY_US + DAY_US // 12)


def test_each_leg_is_timed_from_the_word():
    site = Site()
    found = site.rehearse()
    assert found.holds
    assert (found.back_to, found.cold, found.checked) == ("live", (), ("live can be loaded and asked.",))
    assert (found.stored_ms, found.published_ms) == (5.0, 10.0)
    assert [(w.name, w.took_ms) for w in found.workers] == [("worker-0", 45.0), ("worker-1", 46.0)]
    assert found.last_ms == 46.0
    assert site.store.get(Rehearsal, id=site.rollout.id)[0] == found


def test_who_answers_stays_as_it_was_and_the_trail_says_who_rehearsed():
    site = Site()
    before, rollout = site.files.read("main"), site.store.get(Rollout, id=site.rollout.id)
    site.rehearse()
    after = site.files.read("main")
    assert after.version == before.version + 1
    assert msgspec.structs.replace(after, version=before.version) == before
    assert site.store.get(Rollout, id=site.rollout.id) == rollout
    assert [(e.by, e.kind) for e in site.store.audit()[-2:]] == [("ann", "route"), ("ann", "rehearsal")]
    assert "rehearsed: who answers stays as it was" in site.store.audit()[-2].why
    site.rehearse()  # as often as one likes
    assert site.store.get(Rehearsal, id=site.rollout.id)[1] == 2


def test_evidence_and_verdicts_are_as_if_nobody_had_rehearsed():
    quiet, busy = Site(), Site()
    for day in range(40):
        quiet.day(day)
        if day % 3 == 1:
            busy.rehearse(now_us=day * DAY_US)
        busy.day(day)
    said = [
        [(v.stage, v.at_us, v.decision, v.action, v.gates) for _, v, _ in site.store.all(Verdict)]
        for site in (quiet, busy)
    ]
    assert len({stage for stage, *_ in said[0]}) > 2  # it went through several stages
    assert said[0] == said[1]
    names = [name for name, _, _ in busy.store.all(Verdict)]
    assert busy.control.replay_all(names) == [()] * len(names)


def test_it_says_why_the_way_back_would_fail():
    site = Site()
    found = site.rehearse(sound=lambda arm: f"arm {arm.name}: damaged.")
    assert not found.holds
    assert (found.troubles, found.checked) == (("arm live: damaged.",), ())
    assert "arm live: damaged." in site.store.audit()[-1].why


def test_a_worker_that_does_not_follow_in_time_is_named():
    site = Site()
    site.behind = 1
    found = site.rehearse()
    assert [w.took_ms for w in found.workers] == [None, None]
    assert found.last_ms is None
    assert found.troubles[0] == "worker-0 did not take the route over within 2 s."
    assert site.slept_s == pytest.approx(2.0, abs=0.01)


def test_what_completed_can_be_rehearsed_and_what_was_rolled_back_cannot():
    site = Site()
    for day in range(90):
        site.day(day)
        if site.store.get(Rollout, id=site.rollout.id)[0].status is RolloutStatus.COMPLETED:
            break
    assert site.rehearse().back_to == "live"
    site.control.roll_back(site.rollout.id, now_us=91 * DAY_US, why="enough")
    version = site.store.get(Route, id="main")[1]
    with pytest.raises(Conflict, match="rolled back"):
        site.rehearse()
    with pytest.raises(NotFound):
        site.rehearse(id_="nobody-1")
    assert site.store.get(Route, id="main")[1] == version
