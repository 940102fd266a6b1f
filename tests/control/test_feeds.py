"""Feeds under control: what is broken upstream is one finding, also across a restart, until it is mended."""

import msgspec
import numpy as np
import pytest

from slipway.control.checkpoint import Checkpoint, basis_of
from slipway.control.ledger import Ledger
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.control.watching import Watching
from slipway.monitoring.finding_troubles import finding_troubles
from slipway.monitoring.retrain import asks
from slipway.monitoring.watch import SETTLED_US
from slipway.ports import Change
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.arm import Arm, ArmKind
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.quality import Fault, Quality
from slipway.records.refused_rows import RefusedRows
from slipway.records.trouble import AlertKind
from slipway.stats.evidence import EValue
from slipway.storage.columns import encode_columns
from slipway.testing.fed import HOUR_US, fed_model, hour_of_traffic
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.traffic import MemoryRoutes

MODEL = Arm(name="model-1", kind=ArmKind.MODEL, package="0" * 64)
BEGIN = 24 * 100


class Site:
    """A project whose traffic is told hour by hour, with a control that can be killed."""

    def __init__(self, tmp_path):
        self.store, self.journal, self.files = MemoryStore(), MemoryJournal(), MemoryRoutes()
        self.checkpoint = Checkpoint(
            tmp_path / "checkpoint.npz",
            basis=basis_of(),
            sizes=lambda: {"worker-00000001": 10**9},
            writes=lambda: True,
        )
        self.writer, self.rng, self.hour = self.journal.writer("worker"), np.random.default_rng(3), BEGIN
        self.refused = None
        self.restart()
        self.control.open_route("main", arm=MODEL, salt="s", now_us=0)

    def restart(self):
        watching = Watching(
            self.store, equip=lambda arm: fed_model(arm.name), wait_us=4 * HOUR_US, refused=lambda: self.refused
        )
        self.control = Controller(
            store=self.store,
            journal=self.journal,
            files=self.files,
            terms=Terms(),
            watching=watching,
            checkpoint=self.checkpoint,
        )

    def hours(self, count, *, fault="", wrong=0.1):
        for _ in range(count):
            x = hour_of_traffic(self.rng, hour=self.hour, fault=fault)
            rows = len(x["rank"])
            at_us = [self.hour * HOUR_US + i for i in range(rows)]
            ids = [f"{self.hour}-{i}" for i in range(rows)]
            y = (self.rng.random(rows) < 0.4).astype(float)
            said = np.where(self.rng.random(rows) < wrong, 1 - y, y) * 0.8 + 0.1
            self.writer.append(
                [
                    PredictionFrame(
                        route="main", route_version=1, at_us=at_us, id=ids, entity=ids, arm=["model-1"] * rows,
                        fallback=[False] * rows, score=said.tolist(), latency_us=[1] * rows, x=encode_columns(x),
                    ),
                    OutcomeFrame(at_us=[at + 1000 for at in at_us], id=ids, value=y.tolist()),
                ]
            )  # fmt: skip
            self.hour += 1

    def step(self, hours_later=0):
        return self.control.step((self.hour + hours_later) * HOUR_US)

    def findings(self):
        return [finding for _, finding, _ in self.store.all(Finding)]


@pytest.mark.parametrize(
    ("fault", "column"),
    [("another unit", "distance"), ("empty column", "temp"), ("constant column", "rank"), ("duplicate rows", "")],
)
def test_a_broken_feed_is_one_finding_that_says_fix_the_feed(tmp_path, fault, column):
    """Ten days: long enough for drift of the same column, and for its errors, to be seen as well."""
    site = Site(tmp_path)
    site.hours(24 * 5)
    site.step()
    assert site.findings() == []
    site.hours(24 * 10, fault=fault, wrong=0.4)
    site.step(hours_later=5)
    (finding,) = site.findings()
    assert finding.kind is FindingKind.QUALITY
    assert [(q.fault, q.column) for q in finding.quality] == [(Fault(fault), column)]
    assert finding.relevant
    assert finding.go_back_to is Step.DATA
    assert "fix the feed" in finding.sentence
    assert abs(finding.since_us // HOUR_US - (BEGIN + 24 * 5)) <= 12
    (trouble,) = finding_troubles([finding])
    assert trouble.kind is AlertKind.FEED
    assert fault in trouble.sentence
    assert asks([finding], answering={"model-1"}) == []  # nobody learns from a feed that is broken


def test_once_the_feed_is_mended_the_finding_is_closed_and_what_it_spoiled_is_no_drift(tmp_path):
    site = Site(tmp_path)
    site.hours(24 * 5)
    site.hours(24 * 2, fault="empty column", wrong=0.5)
    site.step()
    assert [f.closed_us for f in site.findings()] == [None]
    assert [looked.spoiled for looked in site.control.looked] == [True], "drift is not judged meanwhile"
    site.hours(24 * 20)
    site.step(hours_later=5)
    assert [looked.spoiled for looked in site.control.looked] == [False]
    (finding,) = site.findings()
    assert finding.closed_us is not None
    assert finding.closed_us // HOUR_US - (BEGIN + 24 * 7) <= 12
    assert finding_troubles([finding]) == []


def test_a_restart_in_the_middle_comes_to_the_same_and_tells_nothing_twice(tmp_path):
    ends = []
    for number, killed in enumerate(("", "anew", "from the checkpoint")):
        (tmp_path / str(number)).mkdir()
        site = Site(tmp_path / str(number))
        for _ in range(12):
            site.hours(6, fault="missing values")
            site.step()
            if killed == "from the checkpoint":
                site.control.save()
                assert site.checkpoint.load(Ledger(Terms())) is not None
            if killed:
                site.restart()
        ends.append(site.findings())
    assert ends[0] == ends[1] == ends[2]
    assert len(ends[0]) == 1


def test_a_feed_that_falls_silent_is_told_until_rows_come_again(tmp_path):
    site = Site(tmp_path)
    site.hours(24 * 4)
    assert site.step(hours_later=5).findings == ()
    site.step(hours_later=7)
    (finding,) = site.findings()
    assert [q.fault for q in finding.quality] == [Fault.STALE]
    assert site.step(hours_later=9).findings == ()  # it is told once
    site.hour += 12
    site.hours(2)
    site.step()
    (finding,) = site.findings()
    assert finding.closed_us is not None


@pytest.mark.parametrize("restarts", [False, True])
def test_a_fault_after_a_silence_is_told_though_control_restarted_without_its_checkpoint(tmp_path, restarts):
    site = Site(tmp_path)
    site.hours(50)
    site.step(hours_later=24)
    site.hour += 24
    site.hours(8)
    site.step()
    (silence,) = site.findings()
    assert silence.closed_us is not None
    if restarts:
        site.restart()
    assert site.step().findings == ()
    site.hours(24, fault="empty column")
    site.step()
    assert [[q.fault for q in f.quality] for f in site.findings() if f.closed_us is None] == [[Fault.EMPTY]]
    if restarts:
        site.restart()
    site.hours(24)
    site.step()
    assert [f.closed_us is None for f in site.findings()] == [False, False]


def test_a_silence_is_told_from_the_journal_at_the_same_moment_whenever_somebody_looked(tmp_path):
    told = []
    for number, looks in enumerate((range(30), range(0, 30, 7), ())):
        (tmp_path / str(number)).mkdir()
        site = Site(tmp_path / str(number))
        site.hours(50)
        for hour in looks:
            site.step(hours_later=hour)
        site.hour += 30
        site.hours(2)
        site.step()
        told.append([(f.id, f.opened_us, f.since_us, f.closed_us is None) for f in site.findings()])
    assert told[0] == told[1] == told[2]
    assert [(at // HOUR_US, since // HOUR_US) for _, at, since, _ in told[0]] == [(BEGIN + 56, BEGIN + 50)]


def test_a_fault_that_stays_does_not_end_monitoring(tmp_path):
    site = Site(tmp_path)
    site.hours(24 * 5)
    site.hours(24 * 40, fault="empty column", wrong=0.5)
    site.step(hours_later=5)
    fault, drift = site.findings()
    assert (fault.kind, fault.closed_us) == (FindingKind.QUALITY, None)
    assert drift.kind in (FindingKind.BOTH, FindingKind.CONCEPT_DRIFT)
    assert drift.closed_us is None
    assert drift.since_us >= fault.opened_us + SETTLED_US - 24 * HOUR_US
    assert "for 7 days at most" in fault.sentence


def test_a_clock_that_was_ahead_leaves_no_silence_open(tmp_path):
    site = Site(tmp_path)
    site.hours(50)
    site.step(hours_later=24 * 365)
    assert [f.closed_us for f in site.findings()] == [None]
    site.restart()
    site.hours(2)
    site.step()
    assert [f.closed_us is None for f in site.findings()] == [False]


def test_what_an_older_release_named_by_a_number_is_closed_and_lives_on_under_its_own_name(tmp_path):
    site = Site(tmp_path)
    site.hours(50)
    site.hours(24, fault="empty column")
    site.step()
    (told,) = site.findings()
    numbered = msgspec.structs.replace(told, id="model-1-finding-1")
    site.store.commit([Change(numbered, numbered.id, 0)], at_us=site.hour * HOUR_US, by="t", why="t")
    site.restart()
    site.step()
    assert [f.id for f in site.findings() if f.closed_us is None] == [told.id]


def test_a_sound_feed_has_no_finding(tmp_path):
    site = Site(tmp_path)
    site.hours(24 * 30)
    site.step(hours_later=2)
    assert site.findings() == []


def refused_since(hour):
    remark = Quality(
        fault=Fault.REFUSED, column="distance", serious=True, detail="37 % of the rows are refused: distance is text."
    )
    return RefusedRows(
        since_us=hour * HOUR_US + 300_000_000,
        remarks=(remark,),
        shares=(0.37,),
        usual=0.02,
        evidence=EValue(log_e=25.0, n=500),
    )


def test_refused_rows_are_one_finding_that_names_the_field_and_is_over_when_they_are(tmp_path):
    site = Site(tmp_path)
    site.hours(48)
    site.step()
    site.refused = refused_since(site.hour)
    site.hours(24)
    site.step()
    site.restart()
    site.hours(1)
    site.step()
    (finding,) = site.findings()
    assert (finding.kind, finding.go_back_to, finding.closed_us) == (FindingKind.QUALITY, Step.DATA, None)
    assert finding.since_us == site.refused.since_us
    assert [c.name for c in finding.columns] == ["distance"]
    assert "37 % of the rows are refused: distance is text. Go back to data: fix the feed." in finding.sentence
    (trouble,) = finding_troubles([finding])
    assert trouble.kind is AlertKind.FEED
    assert trouble.sentence.endswith("37 % of the rows are refused: distance is text. Fix the feed.")
    site.refused = None
    site.step()
    (closed,) = site.findings()
    assert closed.closed_us == site.hour * HOUR_US
    site.hours(24 * 5, fault="empty column")
    site.step()
    (broken,) = (f for f in site.findings() if f.closed_us is None)
    assert broken.id.startswith("model-1-feed-")


def test_refused_rows_that_are_over_before_a_rebuild_do_not_stay_open(tmp_path):
    site = Site(tmp_path)
    site.hours(48)
    site.refused = refused_since(site.hour)
    site.step()
    (tmp_path / "checkpoint.npz").unlink(missing_ok=True)
    site.refused = None
    site.restart()
    site.step()
    (finding,) = site.findings()
    assert finding.closed_us == site.hour * HOUR_US


@pytest.mark.parametrize("first", ["refused", "empty"])
def test_refused_rows_and_a_broken_column_are_one_finding_whichever_came_first(tmp_path, first):
    site = Site(tmp_path)
    site.hours(48)
    site.step()
    if first == "refused":
        site.refused = refused_since(site.hour)
    site.hours(24, fault="empty column")
    site.step()
    site.refused = site.refused or refused_since(site.hour)
    site.hours(1, fault="empty column")
    site.step()
    (finding,) = site.findings()
    assert [(q.fault, q.column) for q in finding.quality] == [(Fault.REFUSED, "distance"), (Fault.EMPTY, "temp")]
    site.refused = None
    site.step()
    (finding,) = site.findings()
    assert [(q.fault, finding.closed_us) for q in finding.quality] == [(Fault.EMPTY, None)]
