"""Somebody rolls back while a step judges, or its monitors look: they do not wait, and the step stores nothing late."""

from threading import Thread

import pytest

from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.records.alert import Finding
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

LOOK_US = DAY_US // 12
PATIENCE_S = 30.0


class Site:
    """A rollout with a day of traffic, of which a command can be given in the middle of a step."""

    def __init__(self, *, error=0.1):
        self.store, self.journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.meanwhile, self.waited = None, False
        self.control = Controller(
            store=self.store,
            journal=self.journal,
            files=self.files,
            terms=Terms(),
            costs=self.costs,
            watching=_Interrupted(self),
        )
        self.control.open_route("main", arm=LIVE, salt="s", now_us=0)
        self.control.start("main", candidate=CANDIDATE, plan=plan(days=5), now_us=0)
        self.world = World(1, journal=self.journal.writer, error={"live": 0.1, "candidate": error})

    def costs(self, _):
        self.give("judging")
        return ()

    def give(self, place):
        if self.meanwhile is not None and self.meanwhile[0] == place:
            (_, command), self.meanwhile = self.meanwhile, None
            thread = Thread(target=command, daemon=True)
            thread.start()
            thread.join(PATIENCE_S)
            self.waited = thread.is_alive()

    def day(self, number):
        self.world.day(number, route=self.files.read("main"))
        return self.control.step((number + 1) * DAY_US + LOOK_US)

    def back(self):
        self.control.roll_back("candidate-1", now_us=7, why="complaints", by="ann")

    def rollout(self):
        return self.store.get(Rollout, id="candidate-1")[0]


class _Interrupted(Watching):
    def __init__(self, site):
        super().__init__(site.store, equip=lambda _: None, wait_us=LOOK_US)
        self._site = site

    def look(self, ledger, **how):
        self._site.give("monitors")
        super().look(ledger, **how)


@pytest.mark.parametrize("error", [0.1, 0.6])
def test_who_rolls_back_while_a_step_judges_does_not_wait_and_nothing_of_the_step_is_stored_after_it(error):
    site = Site(error=error)
    site.meanwhile = ("judging", site.back)
    report = site.day(0)
    assert not site.waited
    assert (report.verdicts, report.stored, report.problems) == ((), (), ())
    assert site.store.all(Verdict) == []
    assert site.store.audit()[-1].by == "ann"
    assert site.rollout().status is RolloutStatus.ROLLED_BACK
    assert site.files.read("main") == site.store.get(Route, id="main")[0]
    assert site.day(1).verdicts == ()


def test_who_rolls_back_while_the_monitors_look_does_not_wait():
    site = Site()
    site.meanwhile = ("monitors", site.back)
    report = site.day(0)
    assert not site.waited
    assert (len(report.stored), report.problems) == (1, ())
    assert site.store.audit()[-1].by == "ann"
    assert site.rollout().status is RolloutStatus.ROLLED_BACK
    assert site.store.all(Finding) == []


def test_a_verdict_is_stored_where_only_something_else_was_changed_meanwhile():
    site, other = Site(), LIVE
    site.meanwhile = ("judging", lambda: site.control.open_route("side", arm=other, salt="t", now_us=1))
    assert len(site.day(0).stored) == 1
    assert not site.waited


def test_a_rehearsal_meanwhile_leaves_the_verdict_true():
    site = Site()
    site.meanwhile = (
        "judging",
        lambda: site.control.rehearse("candidate-1", workers=lambda: (), now_us=1, by="ann"),
    )
    assert len(site.day(0).stored) == 1
    assert not site.waited
    assert site.files.read("main") == site.store.get(Route, id="main")[0]
