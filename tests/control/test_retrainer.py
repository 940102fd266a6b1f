"""Control starts a retraining once, goes on with one that was killed, and holds no step for it."""

from slipway.control.retraining import Retrainer
from slipway.errors import Unavailable
from slipway.ports import Change
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.retraining import Retrain, Retraining
from slipway.records.route import Route, Share
from slipway.stats.evidence import EValue
from slipway.testing.memory import MemoryStore
from slipway.testing.rollouts import LIVE

S = 1_000_000


class Site:
    def __init__(self, *, when=Retrain.RUN, began=False):
        self.store, self.spawned, self.busy, self.now_us = MemoryStore(), [], False, 0
        found = Finding(
            id="f1", model=LIVE.name, kind=FindingKind.CONCEPT_DRIFT, opened_us=5, evidence=EValue(log_e=9.0, n=9),
            relevant=True, go_back_to=Step.MODELING, sentence="It moved.",
        )  # fmt: skip
        route = Route(
            name="main",
            version=1,
            shares=(Share(arm=LIVE.name, share=1.0),),
            arms=(LIVE,),
            salt="s",
            fallback=None,
        )
        records = [Change(found, "f1", 0), Change(route, "main", 0)]
        if began:
            one = Retraining(id="retraining-1", finding="f1", model=LIVE.name, by="ada", began_us=0)
            records.append(Change(one, one.id, 0))
        self.store.commit(records, at_us=0, by="test", why="test")
        self.retrainer = Retrainer(
            self.store,
            when=when,
            pause_s=60.0,
            spawn=self.spawned.append,
            busy=lambda: self.busy,
            machine_us=lambda: self.now_us,
        )

    def steps(self, count, *, seconds=1):
        for _ in range(count):
            self.now_us += seconds * S
            self.retrainer.step(self.now_us)
        return self.spawned


def test_it_is_started_once_while_it_begins_and_while_it_runs():
    site = Site()
    assert site.steps(50) == ["f1"]
    site.busy = True
    assert site.steps(500) == ["f1"]


def test_one_that_was_killed_is_gone_on_with_a_minute_later_whatever_the_scope_says():
    site = Site(when=Retrain.ASK, began=True)
    assert site.steps(60) == ["f1"]
    assert site.steps(50) == ["f1", "f1"]


def test_where_people_decide_nothing_is_started_and_they_are_told():
    site = Site(when=Retrain.ASK)
    assert site.steps(5) == []
    (told,) = site.retrainer.source().troubles(0)
    assert told.command == "slipway retrain start f1"


def test_a_process_that_cannot_be_started_is_tried_again():
    site = Site()

    def refuses(_):
        raise Unavailable("no memory")

    site.retrainer._spawn = refuses
    for _ in range(2):
        site.now_us += 61 * S
        try:
            site.retrainer.step(site.now_us)
        except Unavailable:
            continue
        raise AssertionError("it was not tried")
