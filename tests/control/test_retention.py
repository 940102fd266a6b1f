"""What retention lets go is noted, what anybody needs stays, and a verdict whose rows are gone says so."""

from contextlib import closing, nullcontext

import msgspec
import pytest

from slipway.control.housekeeping import keep_house
from slipway.control.retention import carry_out, plan
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.errors import NotFound
from slipway.project.engine import Project
from slipway.records.frame import OutcomeFrame
from slipway.records.removal import RemovedSegment
from slipway.records.rollout import Verdict
from slipway.records.scope import Journal
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.journal.sealing import seal_closed
from slipway.storage.layout import Layout
from slipway.storage.lock import ControllerLock
from slipway.testing import rollouts
from slipway.testing.memory import MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE
from slipway.testing.traffic import DAY_US, MemoryRoutes, World
from slipway.wiring.control import controller

STARTED = 4
LAST = 16
NOW_US = (LAST + 1) * DAY_US


class Site:
    """A project with a journal on the disk, some days before its rollout began, and some of it."""

    def __init__(self, folder):
        self.layout = Layout(folder).create()
        scope = Project.init(folder / "scope").scope
        waits = msgspec.structs.replace(scope.rollout, maturity_s=7200.0)
        self.scope = msgspec.structs.replace(scope, rollout=waits)
        self.store, self.files = MemoryStore(), MemoryRoutes()

        def writer(name):
            return SegmentWriter(self.layout.journal, name=name, segment_bytes=10_000)

        world = World(1, journal=writer, error={"live": 0.1, "candidate": 0.09}, requests=200)
        control = self.control()
        control.open_route("main", arm=LIVE, salt="s", now_us=0)
        for day in range(LAST + 1):
            if day == STARTED:
                template = rollouts.plan(margin=0.02, maturity_s=7200.0)
                self.rollout = control.start("main", candidate=CANDIDATE, plan=template, now_us=STARTED * DAY_US)
            world.day(day, route=self.files.read("main"))
            control.step((day + 1) * DAY_US)
        self.read = control.ledger.upto
        self.verdicts = [name for name, _, _ in self.store.all(Verdict)]
        assert len(self.verdicts) > 2
        seal_closed(self.layout.journal, sealed=self.layout.sealed)

    def control(self):
        journal = SegmentReader(self.layout.journal)
        return Controller(store=self.store, journal=journal, files=self.files, terms=Terms())

    def keep(self, **rule):
        self.scope = msgspec.structs.replace(self.scope, journal=Journal(**rule))

    def plan(self):
        return plan(self.layout, scope=self.scope, store=self.store, read=self.read, now_us=NOW_US)

    def house(self):
        return keep_house(self.layout, scope=self.scope, store=self.store, read=self.read, now_us=NOW_US)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_a_scope_that_says_nothing_keeps_everything(site):
    before = sorted(site.layout.journal.rglob("*"))
    assert site.house() == []
    assert sorted(site.layout.journal.rglob("*")) == before


def test_a_rollout_that_runs_keeps_its_rows_and_the_days_before_it_go(site):
    site.keep(keep_s=1.0)
    found = site.plan()
    assert found.remove
    assert max(r.last_us for r in found.remove) < STARTED * DAY_US
    reasons = {k.why for k in found.keep}
    assert any("rollout candidate-1 runs since 1970-01-05" in why for why in reasons)
    assert site.house() == []
    noted = site.store.all(RemovedSegment)
    assert [r for _, r, _ in noted] == list(found.remove)
    entries = [e for e in site.store.audit() if e.kind == "removed-segment"]
    assert {(e.by, e.why) for e in entries} == {("retention", "older than 1 second")}
    assert [site.control().replay(name) for name in site.verdicts] == [()] * len(site.verdicts)
    assert site.plan().remove == ()


def test_a_verdict_whose_rows_are_gone_says_so(site):
    site.control().roll_back(site.rollout.id, now_us=NOW_US, why="test")
    site.keep(keep_s=3 * 86400.0)
    assert site.house() == []
    told = r"retention removed them \(older than 3 days; rows until 1970-01-\d\d\)"
    with pytest.raises(NotFound, match=told) as said:
        site.control().replay(site.verdicts[-1])
    assert f"verdict {site.verdicts[-1]}" in str(said.value)
    assert "set keep" in str(said.value)
    report = site.control().step(NOW_US)  # and control goes on with what is left
    assert report.problems == ()
    assert report.frames > 0


def test_a_shadow_that_lags_keeps_what_it_has_not_answered(site):
    """The shadow's segments are lost with a disk, say; it will have to read its requests again."""
    site.keep(keep_s=1.0)
    for path in site.layout.journal.rglob("shadow-*"):
        path.unlink()
    last = max((k for k in site.plan().keep if "shadow" in k.why), key=lambda k: k.segment)
    assert last.why == "shadow candidate has not answered all of it"


def test_what_does_not_fit_and_is_needed_is_a_problem(site):
    site.keep(keep_gb=0.00001)
    (problem,) = site.house()
    assert problem.startswith("journal: want at most 1e-05 GB (journal.keep_gb), got ")
    assert "the oldest because rollout candidate-1 runs" in problem


def test_outcomes_that_may_still_come_keep_their_requests(site):
    site.control().roll_back(site.rollout.id, now_us=NOW_US, why="test")
    site.keep(keep_s=1.0)
    site.scope = msgspec.structs.replace(
        site.scope, rollout=msgspec.structs.replace(site.scope.rollout, maturity_s=86400.0)
    )
    found = site.plan()
    assert max(r.last_us for r in found.remove) < NOW_US - DAY_US
    assert {k.why for k in found.keep} == {"outcomes of it may still come (rollout.maturity is 1 day)"}


def test_a_dry_run_of_the_command_removes_nothing_and_the_command_does(tmp_path):
    project = Project.init(tmp_path / "p")
    text = (project.folder / "slipway.toml").read_text()
    (project.folder / "slipway.toml").write_text(text + '\n[journal]\nkeep = "1d"\n')
    project = Project.open(project.folder)
    layout = Layout(project.folder)
    writers = {name: SegmentWriter(layout.journal, name=name) for name in ("worker", "shadow")}
    World(1, journal=writers.__getitem__, error={"live": 0.1}).day(3, route=rollouts.ROUTE)
    for writer in writers.values():
        writer.close()
    seal_closed(layout.journal, sealed=layout.sealed)
    dry = project.prune(dry_run=True)
    assert [r.segment for r in dry.plan.remove] == ["worker-00000001"]
    assert (dry.removed, dry.sentence.split(",")[0]) == ((), "1 segment with 592 rows")
    assert (layout.journal / "worker-00000001.seg").exists()
    assert project.prune().removed == ("worker-00000001",)
    assert not list(layout.journal.rglob("worker*"))
    assert project.audit()[-1].kind == "removed-segment"


def test_carrying_out_a_plan_twice_notes_it_once(site):
    site.keep(keep_s=1.0)
    found = site.plan()
    for _ in range(2):
        carry_out(found, layout=site.layout, store=site.store, now_us=NOW_US)
    assert len(site.store.all(RemovedSegment)) == len(found.remove)


def test_what_control_has_not_read_to_its_end_stays(site):
    site.keep(keep_s=1.0)
    first, second, *_ = (r.segment for r in site.plan().remove)
    site.read[first] -= 1
    del site.read[second]
    assert {k.segment for k in site.plan().keep if k.why == "control has not read all of it"} == {first, second}
    assert site.house() == []
    assert {first, second}.isdisjoint(r.segment for _, r, _ in site.store.all(RemovedSegment))
    assert {first, second} <= {p.stem for p in site.layout.journal.glob("*.seg")}


def test_where_outcomes_are_not_waited_for_rows_stay_as_long_as_the_ledger_holds_them(site):
    site.keep(keep_s=1.0)
    site.control().roll_back(site.rollout.id, now_us=NOW_US, why="test")
    assert site.plan().remove
    site.scope = msgspec.structs.replace(
        site.scope, rollout=msgspec.structs.replace(site.scope.rollout, maturity_s=0.0)
    )
    found = site.plan()
    assert found.remove == ()
    assert {k.why for k in found.keep} == {
        "outcomes of it may still come (rollout.maturity is 0, so they count for 35 days at least)"
    }


class _Kept:
    """A project with a sealed segment that is due to go."""

    def __init__(self, folder):
        Project.init(folder)
        with (folder / "slipway.toml").open("a") as scope:
            scope.write('\n[journal]\nkeep = "1d"\n')
        self.project, self.layout = Project.open(folder), Layout(folder)
        self.write("worker")

    def write(self, name):
        writers = {one: SegmentWriter(self.layout.journal, name=one) for one in (name, f"shadow-of-{name}")}
        names = {"worker": name, "shadow": f"shadow-of-{name}"}
        World(1, journal=lambda one: writers[names[one]], error={"live": 0.1}).day(3, route=rollouts.ROUTE)
        for writer in writers.values():
            writer.close()
        seal_closed(self.layout.journal, sealed=self.layout.sealed)


def test_by_hand_nothing_goes_that_a_control_which_runs_may_not_have_read(tmp_path):
    """It is stopped, say, or far behind: nobody but its checkpoint tells how far it came."""
    kept = _Kept(tmp_path)
    with ControllerLock(kept.layout.controller_lock):
        found = kept.project.prune()
        assert found.removed == ()
        assert {k.why for k in found.plan.keep} == {
            "the control process that runs has not saved that it read all of it; it prunes by itself"
        }
        assert (kept.layout.journal / "worker-00000001.seg").exists()
        assert not kept.layout.checkpoint.exists()


def test_by_hand_what_the_checkpoint_of_a_control_covers_goes_while_it_runs(tmp_path):
    kept = _Kept(tmp_path)
    control = controller(kept.project._parts, guard=nullcontext, writes=lambda: True)
    control.catch_up([])
    control.save()
    kept.write("later")
    with ControllerLock(kept.layout.controller_lock):
        assert kept.project.prune().removed == ("worker-00000001",)


def test_by_hand_where_no_control_runs_the_next_one_goes_on_behind_what_went(tmp_path):
    kept = _Kept(tmp_path)
    with closing(SegmentWriter(kept.layout.journal, name="young")) as young:  # with none left, a checkpoint is in doubt
        young.append([OutcomeFrame(at_us=[kept.project.now_us()], id=["a"], value=[1.0])])
    dry = kept.project.prune(dry_run=True)
    assert dry.plan.remove
    assert not kept.layout.checkpoint.exists()  # a dry run leaves nothing
    assert kept.project.prune().removed == ("worker-00000001",)
    after = controller(kept.project._parts)
    after.catch_up([])
    assert after.ledger.tally.predictions == 300


def test_by_hand_where_the_checkpoint_cannot_be_written_what_it_does_not_cover_stays(tmp_path):
    kept = _Kept(tmp_path)
    kept.layout.checkpoint.mkdir()  # whatever is wrong with the disk
    found = kept.project.prune()
    assert (found.removed, {k.why for k in found.plan.keep}) == ((), {"control has not read all of it"})
    assert found.errors[0].startswith("checkpoint: ")
