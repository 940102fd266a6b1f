"""Facts: gathered for the gates that ask, stored with the verdict, replayed from what was stored, absent on error."""

import msgspec

from slipway.control.fact_book import FactBook
from slipway.control.facts import gather
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.deployment.replay import replay
from slipway.ports import Change
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import canonical
from slipway.records.cohort import VerdictInputs
from slipway.records.facts import NONE, Approval
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Action, Plan, Rollout, Stage, StageKind, Verdict
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.traffic import DAY_US, MemoryRoutes, World
from slipway.testing.watched import watched_model

LIVE, CANDIDATE = (
    Arm(name=name, kind=ArmKind.MODEL, package=x * 64) for name, x in (("live", "0"), ("candidate", "1"))
)


def asking(*gates):
    stages = (("shadow", StageKind.SHADOW, 0.0), ("full", StageKind.FULL, 1.0))
    return Plan(
        stages=tuple(
            Stage(name=name, kind=kind, share=share, gates=gates, min_s=0.0, max_s=90 * 86400.0)
            for name, kind, share in stages
        ),
        maturity_s=7200.0,
    )


class Site:
    """Two watched models, one of them on its way."""

    def __init__(self, *gates, equip=watched_model):
        self.store, journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.watching = Watching(self.store, equip=lambda arm: equip(arm.name), wait_us=7_200_000_000)
        self.control = Controller(
            store=self.store, journal=journal, files=self.files, terms=Terms(), watching=self.watching
        )
        self.control.open_route("main", arm=LIVE, salt="s", now_us=0)
        self.rollout = self.control.start("main", candidate=CANDIDATE, plan=asking(*gates), now_us=0, by="Ada")
        self.world = World(1, journal=journal.writer, error={"live": 0.1, "candidate": 0.1})

    def day(self, number):
        self.world.day(number, route=self.files.read("main"))
        return self.control.step((number + 1) * DAY_US + DAY_US // 12)

    def approve(self, at_us):
        said = Approval(
            rollout=self.rollout.id, stage="shadow", by="Ben", approved=True, why="read the cases", at_us=at_us
        )
        self.store.commit([Change(said, "a-1", 0)], at_us=at_us, by="Ben", why="read the cases")

    def stage(self):
        return self.store.get(Rollout, id=self.rollout.id)[0].stage().name

    def same(self):
        names = [name for name, _, _ in self.store.all(Verdict)]
        return self.control.replay_all(names) == [()] * len(names)


def test_an_approval_in_the_store_moves_the_rollout_and_is_replayed():
    site = Site(Gate(kind=GateKind.APPROVAL))
    assert site.day(0).verdicts[0].action is Action.STAY
    site.approve(DAY_US + DAY_US // 2)
    assert site.day(1).verdicts[0].action is Action.ADVANCE
    assert site.stage() == "full"
    assert site.day(2).verdicts[0].action is Action.STAY  # the word was on the shadow
    kept = [inputs.facts.approvals for _, inputs, _ in site.store.all(VerdictInputs)]
    assert [len(a) for a in kept] == [0, 1, 1]
    assert site.same()


def test_a_word_that_nobody_gave_is_found_by_the_replay():
    site = Site(Gate(kind=GateKind.APPROVAL))
    site.approve(DAY_US // 2)
    site.day(0)
    name, inputs, version = site.store.all(VerdictInputs)[0]
    (said,) = inputs.facts.approvals
    forged = msgspec.structs.replace(inputs.facts, approvals=(msgspec.structs.replace(said, by="Cem"),))
    changed = msgspec.structs.replace(inputs, facts=forged)
    site.store.commit([Change(changed, name, version)], at_us=9 * DAY_US, by="t", why="forged")
    (differences,) = site.control.replay_all([name])
    assert "what Cem said of shadow: not in the store." in differences


def test_monitors_are_asked_before_the_verdict_and_replayed():
    site = Site(Gate(kind=GateKind.DRIFT, min_units=3))
    reports = [site.day(number) for number in range(3)]
    assert [r.verdicts[0].action for r in reports] == [Action.STAY, Action.STAY, Action.ADVANCE]
    _, inputs, _ = site.store.all(VerdictInputs)[-1]
    assert [(w.arm, w.inputs_upto_us) for w in inputs.facts.watches] == [
        ("live", 3 * DAY_US),
        ("candidate", 3 * DAY_US),
    ]
    assert site.same()


def test_a_monitor_that_fails_unforeseen_holds_and_keeps_no_deadline():
    site = Site(Gate(kind=GateKind.DRIFT, min_units=1))
    site.watching._feed = lambda *_, **__: 1 / 0
    route = site.files.read("main")
    terms = {"store": site.store, "ledger": site.control.ledger, "watching": site.watching, "now_us": DAY_US}
    terms |= {"book": FactBook(), "problems": []}
    assert route.version == 2
    assert gather(site.rollout, **terms) == NONE


def test_plans_that_ask_for_nothing_gather_nothing_and_old_inputs_replay():
    site = Site(Gate(kind=GateKind.HARM))
    site.approve(10)
    site.day(0)
    _, inputs, _ = site.store.all(VerdictInputs)[0]
    assert inputs.facts == NONE
    old = msgspec.msgpack.decode(canonical(inputs))
    del old["facts"], old["rollout"]["started_by"]
    for stage in old["rollout"]["plan"]["stages"]:
        for gate in stage["gates"]:
            for name in ("metric", "better", "level", "tolerance", "by"):
                del gate[name]
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=VerdictInputs)
    verdict = site.store.all(Verdict)[0][1]
    assert replay(verdict, inputs=read) == ()
