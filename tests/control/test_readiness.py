"""Control asks for readiness only where a plan does, keeps what it was told, and gathers it from the store."""

import msgspec
import pytest

from slipway.control.readiness import candidate_score, gather
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.ports import Change
from slipway.records.arm import Arm, ArmKind
from slipway.records.cohort import VerdictInputs
from slipway.records.field import Field, FieldKind
from slipway.records.model import Manifest, Provenance, Signature
from slipway.records.readiness import Attestation, Item
from slipway.records.rollout import Rollout, Verdict
from slipway.records.task import TaskKind
from slipway.scoping.init import starter_files
from slipway.scoping.parse import parse
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

SCOPE = parse(starter_files("tumours")["slipway.toml"])


class Site:
    """A project in memory whose rollout demands readiness; each question is noted."""

    def __init__(self, *, wanted):
        self.store, self.journal, self.files, self.asked = MemoryStore(), MemoryJournal(), MemoryRoutes(), []
        self.score = 2.5
        self.world = World(1, journal=self.journal.writer, error={"live": 0.1, "candidate": 0.09})
        self.control = Controller(
            store=self.store, journal=self.journal, files=self.files, terms=Terms(), ready=self.ready
        )
        self.control.open_route("main", arm=LIVE, salt="secret", now_us=0)
        demanding = msgspec.structs.replace(plan(margin=0.02, maturity_s=7200.0), readiness=wanted)
        self.rollout = self.control.start("main", candidate=CANDIDATE, plan=demanding, now_us=0)

    def ready(self, rollout, now_us):
        self.asked.append((rollout.stage().name, now_us))
        return self.score

    def days(self, first, last, *, until="never"):
        for number in range(first, last):
            self.world.day(number, route=self.files.read("main"))
            self.control.step((number + 1) * DAY_US + DAY_US // 12)
            if self.stage() == until:
                return number + 1
        return last

    def stage(self):
        return self.store.get(Rollout, id=self.rollout.id)[0].stage().name


def test_a_canary_waits_for_readiness_and_goes_on_with_it():
    site = Site(wanted=3.0)
    at = site.days(0, 60, until="canary")
    at = site.days(at, at + 12)
    assert site.stage() == "canary"
    assert {stage for stage, _ in site.asked} == {"canary"}
    held = [v for _, v, _ in site.store.all(Verdict) if v.readiness == 2.5]
    assert any("wants a readiness of 3, and it is 2.5: hold." in v.reason for v in held)
    assert all(i.readiness == 2.5 for _, i, _ in site.store.all(VerdictInputs) if i.rollout.stage().name == "canary")
    site.score = 3.0
    site.days(at, at + 1)
    assert site.stage() == "ramp"
    names = [name for name, _, _ in site.store.all(Verdict)]
    assert site.control.replay_all(names) == [()] * len(names)


def test_a_plan_that_demands_none_asks_nobody():
    site = Site(wanted=None)
    site.days(0, 60, until="ramp")
    assert (site.stage(), site.asked) == ("ramp", [])


@pytest.fixture
def store():
    store = MemoryStore()
    signature = Signature(fields=(Field(name="mean_radius", kind=FieldKind.NUMBER),), kind=TaskKind.BINARY)
    for name in ("old", "new"):
        made = Manifest(
            name=name, signature=signature, files={}, parity=0.0, parity_rows=9, scores=(),
            provenance=Provenance(), created_us=0,
        )  # fmt: skip
        arm = Arm(name=f"{name}-arm", kind=ArmKind.MODEL, package=name.encode().hex().ljust(64, "0"))
        changes = [Change(made, arm.package, 0), Change(arm, arm.name, 0)]
        store.commit(changes, at_us=0, by="test", why="so")
    return store


def test_the_model_in_question_is_the_one_named_else_the_newest(store):
    old, new = (b"old".hex().ljust(64, "0"), b"new".hex().ljust(64, "0"))
    assert gather(store, scope=SCOPE, now_us=1).package == new
    assert gather(store, scope=SCOPE, now_us=1, arm="old-arm").package == old
    assert gather(store, scope=SCOPE, now_us=1, arm="radius-rule").package == ""


def test_the_score_of_a_candidate_counts_what_people_attested(store):
    site_plan = plan()
    control = Controller(store=store, journal=MemoryJournal(), files=MemoryRoutes(), terms=Terms())
    control.open_route("main", arm=LIVE, salt="secret", now_us=0)
    rollout = control.start("main", candidate=CANDIDATE, plan=site_plan, now_us=0)
    assert candidate_score(rollout, store=store, scope=SCOPE, now_us=1) == 0.0
    for item in Item:
        word = Attestation(item=item, by="Ada", why="Done.", at_us=0)
        store.commit([Change(word, item.value, 0)], at_us=0, by="Ada", why="Done.")
    assert candidate_score(rollout, store=store, scope=SCOPE, now_us=1) == 3.5
