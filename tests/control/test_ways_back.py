"""A rollback leads to the last model that worked: not to one that was rolled back itself, nor to a damaged one."""

import msgspec
import pytest

from slipway.control.emergency import Emergency
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.ways_back import WaysBack
from slipway.deployment.transition import follow
from slipway.deployment.way_back import way_back
from slipway.errors import Conflict
from slipway.ports import Change
from slipway.records.arm import Arm, ArmKind
from slipway.records.rollout import Action, Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes

ARMS = tuple(Arm(name=f"v{n}", kind=ArmKind.RULE, rule=f"x > {n}") for n in (1, 2, 3))


class Site:
    """A route that began with ``live`` and got v1, v2 by completed rollouts; v3 comes."""

    def __init__(self):
        self.store, self.files, self.bad = MemoryStore(), MemoryRoutes(), {}
        self.ways = WaysBack(self.store, stated=(LIVE, *ARMS), whole=lambda arm: self.bad.get(arm.name, ""))
        self.control = Controller(
            store=self.store, journal=MemoryJournal(), files=self.files, terms=Terms(), ways=self.ways
        )
        self.control.open_route("main", arm=LIVE, salt="s", now_us=0)
        self.at = 0
        for arm in ARMS[:2]:
            self.complete(self.start(arm))

    def start(self, arm, **how):
        self.at += 1
        return self.control.start("main", candidate=arm, plan=plan(**how), now_us=self.at).id

    def complete(self, id_):
        """As a last verdict does."""
        rollout, version = self.store.get(Rollout, id=id_)
        route, route_version = self.store.get(Route, id="main")
        done = Verdict(
            rollout=id_,
            stage="watch",
            at_us=self.at,
            decision="pass",
            action=Action.COMPLETE,
            reason="done",
            gates=(),
        )
        after = follow(done, rollout=rollout, route=route)
        changes = [Change(after.rollout, id_, version), Change(after.route, "main", route_version)]
        self.store.commit(changes, at_us=self.at, by="test", why="done")
        self.files.publish(after.route)

    def back(self, id_):
        self.control.roll_back(id_, now_us=self.at + 1, why="enough", by="ann")
        return self.whole()

    def whole(self):
        route = self.files.read("main")
        assert {s.share for s in route.shares} == {1.0}
        return route.shares[0].arm

    def status(self, id_):
        return self.store.get(Rollout, id=id_)[0].status


def test_it_leads_to_who_was_live_and_again_to_who_was_before():
    site = Site()
    assert site.back(site.start(ARMS[2])) == "v2"
    assert site.files.read("main").fallback == "v1"
    assert site.back("v2-1") == "v1"
    assert site.back("v1-1") == "live"


def test_a_damaged_package_is_passed_over_and_the_trail_says_so():
    site = Site()
    id_ = site.start(ARMS[2])
    site.bad = {"v2": "arm v2: blob changed by the disk."}
    assert site.back(id_) == "v1"
    assert site.files.read("main").fallback == "live"
    assert site.store.audit()[-1].why == (
        "rolled back by command: enough arm v2: blob changed by the disk: back to v1 instead."
    )


def test_where_two_are_damaged_it_goes_on_to_the_third_and_with_none_left_stays_with_live():
    site = Site()
    id_ = site.start(ARMS[2])
    site.bad = {"v2": "damaged", "v1": "damaged"}
    assert site.back(id_) == "live"
    none = Site()
    id_ = none.start(ARMS[2])
    none.bad = dict.fromkeys(["v2", "v1", "live"], "damaged")
    assert none.back(id_) == "v2"  # the workers that hold it go on answering
    assert "nobody is left who is better" in none.store.audit()[-1].why


def test_a_verdict_goes_the_same_way():
    site = Site()
    id_ = site.start(ARMS[2], days=1.0)
    site.bad = {"v2": "arm v2: gone"}
    report = site.control.step(2 * DAY_US)  # silence, and the deadline is over
    assert report.verdicts[0].action is Action.ROLL_BACK
    assert site.status(id_) is RolloutStatus.ROLLED_BACK
    assert site.whole() == "v1"
    assert "arm v2: gone: back to v1 instead." in site.store.audit()[-1].why


def test_while_a_rollout_runs_a_damaged_way_back_is_told_at_each_step():
    site = Site()
    id_ = site.start(ARMS[2])
    assert site.control.step(DAY_US).problems == ()
    site.bad = {"v2": "arm v2: gone"}
    assert site.control.step(DAY_US + 1).problems == (f"way back of {id_}: arm v2: gone",)


def test_a_model_that_is_withdrawn_takes_with_it_what_was_measured_against_it():
    site = Site()
    id_ = site.start(ARMS[2])
    assert site.back("v2-1") == "v1"
    assert (site.status("v2-1"), site.status(id_)) == (RolloutStatus.ROLLED_BACK, RolloutStatus.ROLLED_BACK)
    assert [e.by for e in site.store.audit()[-3:]] == ["ann"] * 3


def test_what_took_the_place_of_a_withdrawn_model_stays_and_is_not_rolled_back_to_it():
    site = Site()
    id_ = site.start(ARMS[2])
    site.complete(id_)
    assert site.back("v2-1") == "v3"
    assert site.status(id_) is RolloutStatus.COMPLETED
    assert site.back(id_) == "v1"
    with pytest.raises(Conflict, match="rolled back"):
        site.back("v2-1")


def test_what_nobody_has_beside_it_any_more_cannot_be_withdrawn():
    site = Site()
    site.back("v2-1")
    site.complete(site.start(ARMS[2]))
    with pytest.raises(Conflict, match="rolled back"):
        site.back("v2-1")
    site.back("v3-1")
    assert site.whole() == "v1"


def test_the_newest_rollout_of_a_name_says_whether_it_is_any_good():
    """A model that was rolled back once, tried again and completed, is good again."""
    site = Site()
    site.back("v2-1")
    site.complete(site.start(ARMS[1]))
    id_ = site.start(ARMS[2])
    known = [r for _, r, _ in site.store.all(Rollout)]
    rollout = site.store.get(Rollout, id=id_)[0]
    assert way_back(rollout, known=known, trouble=lambda _: "")[:2] == ("v2", "v1")
    bad = [msgspec.structs.replace(r, status=RolloutStatus.ROLLED_BACK) if r.id == "v2-2" else r for r in known]
    assert way_back(rollout, known=bad, trouble=lambda _: "").arm == "v1"


def test_with_the_store_down_it_leads_where_it_would_have_led_and_the_store_is_told_the_same(tmp_path):
    site = Site()
    id_ = site.start(ARMS[2])
    site.bad["v2"] = "arm v2: damaged"
    emergency = Emergency(tmp_path, files=site.files)
    control = Controller(
        store=site.store,
        journal=MemoryJournal(),
        files=site.files,
        terms=Terms(),
        ways=site.ways,
        emergency=emergency,
    )
    control.step(site.at)
    emergency.roll_back(id_, now_us=site.at + 1, by="ann", why="the phones ring")
    assert site.files.read("main").share_of("v1") == 1.0
    site.bad.clear()  # mended meanwhile: the store says what was put in force
    assert control.step(site.at + 2).problems == ()
    assert site.store.get(Route, id="main")[0].share_of("v1") == 1.0
    assert site.files.read("main") == site.store.get(Route, id="main")[0]
