"""Whole rollouts, killed before every operation on the world: what comes out is the undisturbed run's, byte for byte.

Where the world is the same after a step, what follows is the same: a controller that starts has nothing but the world.
So each step is killed at each of its operations from the world as it stood before, and compared as it stood after.
"""

import copy

import pytest

from slipway.control.checkpoint import Checkpoint
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.errors import Conflict
from slipway.ports import Change
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import canonical
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.stats.evidence import EValue
from slipway.testing.crash import Crash, Killed
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World
from slipway.testing.watched import watched_model

HOUR_US = DAY_US // 24
LIVE = Arm(name="live", kind=ArmKind.MODEL, package="0" * 64)
CANDIDATE = Arm(name="candidate", kind=ArmKind.MODEL, package="1" * 64)
MODELS = {name: watched_model(name) for name in ("live", "candidate")}
PLAN = plan(margin=0.05, maturity_s=7200.0, unit="row", min_units=12, alpha=0.4)
OPEN = Finding(
    id="live-finding-1",
    model="live",
    kind=FindingKind.DATA_DRIFT,
    opened_us=0,
    evidence=EValue(log_e=5.0, n=9),
    relevant=True,
    go_back_to=Step.DATA,
    sentence="It moved.",
)


class Site:
    """The world of a controller: store, journal and route files, and a checkpoint; each can be set back."""

    def __init__(self, folder, *, candidate):
        self.store, self.journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.checkpoint = folder / "checkpoint.npz"
        errors = {"live": 0.1, "candidate": candidate}
        self.world = World(3, journal=self.journal.writer, error=errors, requests=120, entities=100_000)
        self.number = 0

    def controller(self, crash=None):
        crash = crash or Crash()
        store, checkpoint = (
            crash.part(self.store),
            Checkpoint(self.checkpoint, basis="b", sizes=self._sizes, writes=lambda: True),
        )
        return Controller(
            store=store,
            journal=crash.part(self.journal),
            files=crash.part(self.files),
            terms=Terms(),
            watching=Watching(store, equip=lambda arm: MODELS[arm.name], wait_us=2 * HOUR_US),
            checkpoint=crash.part(checkpoint),
            monotonic=lambda: 0.0,
        )

    def _sizes(self):
        return {position.segment: position.offset for _, position in self.journal.read({})}

    def stand(self):
        kept = self.checkpoint.read_bytes() if self.checkpoint.exists() else None
        return copy.deepcopy((self.store, self.files)), kept

    def set_back(self, stand):
        (store, files), kept = copy.deepcopy(stand[0]), stand[1]
        self.store, self.files = store, files
        self.checkpoint.unlink(missing_ok=True) if kept is None else self.checkpoint.write_bytes(kept)

    def seen(self):
        return canonical((self.store.audit(), self.store.all(Verdict), self.store.all(Finding), self.files.routes))

    def rollout(self):
        return self.store.get(Rollout, id="candidate-1")[0]


def step(control, now_us):
    control.step(now_us)
    control.save()


def begin(control, now_us):
    """Ask as somebody does who asks again after the answer was lost, and is told that it was done."""
    try:
        control.start("main", candidate=CANDIDATE, plan=PLAN, now_us=now_us, by="ann")
    except Conflict as told:
        assert "candidate-1 of candidate runs" in str(told)  # noqa: PT017 - only one of two outcomes is a refusal
    control.step(now_us)


def end(control, now_us):
    try:
        control.roll_back("candidate-1", now_us=now_us, why="complaints", by="ann")
    except Conflict as told:
        assert "that is rolled back" in str(told)  # noqa: PT017 - as above
    control.step(now_us)


def killed_at_each(site, do, now_us):
    """Do it undisturbed, then killed before each operation and done again; return how often it was killed."""
    before, crash = site.stand(), Crash()
    do(site.controller(crash), now_us)
    after, wanted, calls = site.stand(), site.seen(), crash.calls
    for number in range(1, calls + 1):
        site.set_back(before)
        with pytest.raises(Killed):
            do(site.controller(Crash(at=number)), now_us)
        site.store.verify_audit()
        do(site.controller(), now_us)
        assert site.seen() == wanted, f"killed before operation {number} of {calls} at {now_us}"
    site.set_back(after)
    return calls


@pytest.mark.parametrize(("candidate", "status"), [(0.08, RolloutStatus.COMPLETED), (0.25, RolloutStatus.ROLLED_BACK)])
def test_killed_before_every_operation_of_a_whole_rollout(tmp_path, candidate, status):
    site = Site(tmp_path, candidate=candidate)
    site.controller().open_route("main", arm=LIVE, salt="secret", now_us=0)
    site.store.commit([Change(OPEN, OPEN.id, 0)], at_us=0, by="monitor", why="it moved")
    kills = killed_at_each(site, begin, 0)
    for day in range(30):
        site.world.day(day, route=site.files.read("main"), frames=2, shift=1.0)
        kills += killed_at_each(site, step, (day + 1) * DAY_US + 3 * HOUR_US)
        if site.rollout().status is not RolloutStatus.RUNNING:
            break
    assert site.rollout().status is status
    if status is RolloutStatus.COMPLETED:
        kills += killed_at_each(site, end, 40 * DAY_US)
    assert site.files.read("main").share_of("live") == 1.0
    assert [e.stage for e in site.rollout().entries] == [s.name for s in PLAN.stages][: len(site.rollout().entries)]
    told = [version.record.closed_us for version in site.store.history(Finding, id=OPEN.id)]
    assert told == [None, 0]  # its monitor has read the journal and does not tell it: closed at once, and once only
    assert kills > 30
