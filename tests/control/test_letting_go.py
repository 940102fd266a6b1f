"""A project does not grow with its age: days go, and nobody who decides can tell."""

import pytest

from slipway.control.checkpoint import Checkpoint, basis_of
from slipway.control.ledger import Ledger
from slipway.control.letting_go import OWED_US, SPARE_US, may_go
from slipway.control.maturity import OPEN_END_US
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.ports import Change
from slipway.records.alert import Finding
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import canonical
from slipway.records.cohort import VerdictInputs
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.rollout import Rollout, Verdict
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World
from slipway.testing.watched import watched_model

WAIT_US = 7_200_000_000
LIVE, CANDIDATE = (Arm(name=name, kind=ArmKind.MODEL, package="0" * 64) for name in ("live", "candidate"))


class Site:
    """A rollout with monitors, day by day."""

    def __init__(self, *, kept_rows, path=None, restart_every=None, drift_from=10**9):
        self.store, self.journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.kept_rows, self.path, self.restart_every, self.drift_from = kept_rows, path, restart_every, drift_from
        self.store.commit([Change(arm, arm.name, 0) for arm in (LIVE, CANDIDATE)], at_us=0, by="t", why="t")
        self.start()
        self.control.open_route("main", arm=LIVE, salt="s", now_us=0)
        self.world = World(
            3, journal=self.journal.writer, error={"live": 0.1, "candidate": 0.095}, requests=120, entities=300
        )
        self.control.start("main", candidate=CANDIDATE, plan=plan(margin=0.05, maturity_s=WAIT_US / 1e6), now_us=0)
        self.most_rows = self.most_bytes = 0

    def start(self):
        watching = Watching(self.store, equip=lambda arm: watched_model(arm.name), wait_us=WAIT_US)
        checkpoint = None
        if self.path is not None:
            checkpoint = Checkpoint(self.path, basis=basis_of("t"), sizes=self.sizes, writes=lambda: True)
        parts = {"store": self.store, "journal": self.journal, "files": self.files, "terms": Terms()}
        self.control = Controller(**parts, watching=watching, checkpoint=checkpoint, kept_rows=self.kept_rows)

    def sizes(self):
        return {position.segment: position.offset for _, position in self.journal.read({})}

    def run(self, days):
        for day in range(days):
            if self.restart_every and day and day % self.restart_every == 0:
                self.start()
            self.world.day(day, route=self.files.read("main"), shift=float(day >= self.drift_from))
            self.control.step((day + 1) * DAY_US + DAY_US // 6)
            self.most_rows = max(self.most_rows, self.control.ledger.rows)
            self.most_bytes = max(self.most_bytes, self.control.ledger.size_bytes)
        return self

    def decided(self):
        kinds = (Verdict, VerdictInputs, Rollout, Finding)
        return [(kind.__name__, id_, canonical(r)) for kind in kinds for id_, r, _ in self.store.all(kind)]


@pytest.fixture(scope="module")
def remembering():
    """What is decided where nothing is let go."""
    return Site(kept_rows=10**9, drift_from=30).run(55)


def test_verdicts_findings_and_losses_are_the_same_bit_for_bit(remembering):
    forgetting = Site(kept_rows=500, drift_from=30).run(55)
    assert forgetting.control.ledger.gone["main"] >= 45
    assert forgetting.decided() == remembering.decided()
    assert {"Verdict", "Finding"} <= {kind for kind, _, _ in forgetting.decided()}
    now_us = 55 * DAY_US + DAY_US // 6
    days = forgetting.control.days(now_us)
    assert days == remembering.control.days(now_us)
    assert {sums.model for sums in days} == {"live", "candidate"}
    tallies = [site.control.ledger.tally for site in (forgetting, remembering)]
    assert tallies[0] == tallies[1]
    names = [name for name, _, _ in forgetting.store.all(Verdict)]
    assert forgetting.control.replay_all(names) == [()] * len(names)


def test_memory_does_not_grow_with_age():
    site = Site(kept_rows=500)
    young = site.run(12).most_bytes
    assert site.run(0).most_rows <= 500 + 3 * 120
    for day in range(12, 60):
        site.world.day(day, route=site.files.read("main"))
        site.control.step((day + 1) * DAY_US + DAY_US // 6)
        assert site.control.ledger.rows <= 500 + 120
    assert site.control.ledger.size_bytes <= 1.1 * young


def test_a_restart_goes_on_from_the_checkpoint_and_decides_the_same(remembering, tmp_path):
    site = Site(kept_rows=500, path=tmp_path / "c.npz", restart_every=7, drift_from=30).run(55)
    assert site.decided() == remembering.decided()
    site.start()
    now_us = 55 * DAY_US + DAY_US // 6
    assert site.control.days(now_us) == remembering.control.days(now_us)
    assert site.control.frames_read < 0.2 * sum(site.sizes().values())


def test_while_there_is_room_nothing_goes():
    assert Site(kept_rows=10_000).run(20).control.ledger.gone == {}


def frame(id_, *, day=0):
    return PredictionFrame(
        route="main",
        route_version=2,
        at_us=[day * DAY_US],
        id=[id_],
        entity=[id_],
        arm=["live"],
        fallback=[False],
        score=[0.9],
        latency_us=[5],
        x={},
        shadows=("candidate",) if id_ == "owed" else (),
    )


def test_what_comes_for_a_day_that_went_is_late_and_counted():
    journal = MemoryJournal()
    writer, ledger = journal.writer("w"), Ledger(Terms())
    writer.append([frame("a"), frame("b", day=1), frame("c", day=9), OutcomeFrame(at_us=[1], id=["?"], value=[1.0])])
    ledger.catch_up(journal)
    ledger.let_go(list(ledger.blocks("main"))[1])
    assert (ledger.rows, ledger.gone, ledger.tally.unknown) == (1, {"main": 1}, 1)
    writer.append([frame("d"), OutcomeFrame(at_us=[5, 9 * DAY_US + 1], id=["a", "c"], value=[1.0, 1.0])])
    ledger.catch_up(journal)
    tally = ledger.tally
    assert (tally.predictions, tally.late, tally.outcomes, tally.unknown) == (3, 1, 1, 2)


def test_a_replay_holds_the_days_of_its_rollout_only():
    journal, ledger = MemoryJournal(), Ledger(Terms())
    journal.writer("w").append([frame(f"p{day}", day=day) for day in range(9)])
    ledger.leave_out("main", before_day=6)
    ledger.catch_up(journal)
    assert [block.day for block in ledger.blocks("main")] == [6, 7, 8]


@pytest.mark.parametrize(
    ("id_", "wait_us", "after_us"),
    [("a", DAY_US, SPARE_US + DAY_US), ("a", 0, SPARE_US + OPEN_END_US), ("owed", DAY_US, SPARE_US + DAY_US + OWED_US)],
)
def test_a_day_stays_until_it_was_waited_for(id_, wait_us, after_us):
    journal = MemoryJournal()
    journal.writer("w").append([frame(id_)])
    ledger = Ledger(Terms())
    ledger.catch_up(journal)
    (block,) = ledger.blocks("main")
    how = {"ledger": ledger, "waits_us": [wait_us]}
    assert not may_go(block, **how, now_us=block.end_us + after_us - 1)
    assert may_go(block, **how, now_us=block.end_us + after_us)
