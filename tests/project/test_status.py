"""The page for whoever is called at night says what is wrong, also where nothing has failed loudly."""

import os
import re
import time
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from slipway import Project
from slipway.control.block import Block
from slipway.control.standing import Status as ControlStatus
from slipway.control.tally import Tally
from slipway.project import status
from slipway.records.frame import OutcomeFrame
from slipway.records.usage import ArmUsage
from slipway.records.worker_config import ClockKind
from slipway.serving.metrics import Counts, path_of, save, shadow_path
from slipway.serving.pulse import beat, pulse_path
from slipway.serving.run_state import RunState, State, tell_state
from slipway.serving.use import Use
from slipway.storage.journal import SegmentWriter, room
from slipway.storage.layout import Layout
from slipway.testing.frames import prediction_frame


@pytest.fixture
def project(tmp_path):
    return Project.init(tmp_path / "p")


def test_outcomes_that_fit_no_prediction_are_said(project):
    """Whoever sends them was told that they were accepted, and would wait for ever for a verdict."""
    assert not project.status().problems
    writer = SegmentWriter(Layout(project.folder).journal, name="w")
    writer.append([OutcomeFrame(at_us=[1, 2], id=["nobody", "none"], value=[1.0, 0.0])])
    writer.close()
    (problem,) = project.status().problems
    assert "2 name no prediction" in problem


def test_a_server_without_its_control_is_said(project):
    run = Layout(project.folder).run
    for name in ("supervisor", "worker-0", "shadow"):
        tell_state(run, name=name, state=State.READY)
    (problem,) = project.status().problems
    assert problem.startswith("control: not running")
    assert "control.log" in problem
    tell_state(run, name="control", state=State.READY)
    assert not project.status().problems
    assert {p.pid for p in project.status().processes} == {os.getpid()}


def test_a_worker_that_hangs_is_said(project):
    """Its process lives and its last word was 'ready'."""
    run = Layout(project.folder).run
    long_ago_s = time.time() - 60
    state = RunState(name="worker-0", pid=os.getpid(), state=State.READY, at_us=round(long_ago_s * 1e6))
    (run / "worker-0.json").write_bytes(msgspec.json.encode(state))
    beat("worker-0", folder=run)
    assert not project.status().problems
    os.utime(pulse_path("worker-0", folder=run), (long_ago_s, long_ago_s))
    (problem,) = project.status().problems
    assert problem.startswith("worker-0: no sign of life for 1 min")
    assert f"kill -9 {os.getpid()}" in problem


def test_a_worker_over_its_budget_and_an_arm_that_is_not_where_it_was_asked_for_are_said(project):
    page = project.folder / "slipway.toml"
    page.write_text(re.sub(r"memory_mb +=.*", "memory_mb = 100\ncpu_cores = 0.5", page.read_text()))
    project = Project.open(project.folder)
    run = Layout(project.folder).run
    arms = {"trees": ArmUsage(memory_bytes=90 << 20, note="want device 'cuda', got none."), "rule": ArmUsage()}
    counts = Counts(worker="worker-0", use=Use(arms=arms, memory_bytes=250 << 20, marks=[(0.0, 0.0), (10.0, 8.0)]))
    save(counts, path=path_of("worker-0", folder=run))
    assert not project.status().problems, "nothing of the kind runs"
    tell_state(run, name="worker-0", state=State.READY)
    assert project.status().problems == (
        "worker-0: budgets.memory_mb: want at most 100, got 250. Arm trees holds most of it.",
        "budgets.cpu_cores: want at most 0.5, got 0.8.",
        "arm trees: want device 'cuda', got none.",
    )
    counts.use = Use(memory_bytes=50 << 20, marks=[(0.0, 0.0), (10.0, 1.0)])
    save(counts, path=path_of("worker-0", folder=run))
    assert not project.status().problems
    assert project.status().usage[0].cores == 0.1
    save(Counts(worker="shadow", use=Use(memory_bytes=900 << 20)), path=shadow_path(run))
    assert [u.name for u in project.status().usage] == ["worker-0"], "no shadow process runs"
    tell_state(run, name="shadow", state=State.READY)
    assert [u.name for u in project.status().usage] == ["worker-0", "shadow"]
    assert not project.status().problems, "the budget is that of a worker"


def test_a_disk_that_refuses_and_what_was_not_logged_is_said(project):
    layout = Layout(project.folder)
    tell_state(layout.run, name="worker-0", state=State.READY)
    counts = Counts(worker="worker-0", unlogged=7, disk_refuses=True)
    save(counts, path=path_of("worker-0", folder=layout.run))
    said = [p for p in project.status().problems if p.startswith("journal")]
    assert "its disk refuses rows, and requests are refused with 503" in said[0]
    assert "7 answers went out and were not logged" in said[1]


def test_a_disk_that_will_soon_be_full_is_said_before_it_is(project, monkeypatch):
    journal = Layout(project.folder).journal
    assert not [p for p in project.status().problems if "disk" in p]
    (journal / "w-00000001.seg").write_bytes(bytes(1_000_000))
    real = os.statvfs(journal)
    blocks = 2_500_000 // real.f_frsize  # two and a half days at a megabyte a day
    monkeypatch.setattr(room, "LOW_BYTES", 0)
    fields = {n: getattr(real, n) for n in dir(real) if n.startswith("f_")}
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(**fields | {"f_bavail": blocks}))
    (said,) = [p for p in project.status().problems if "its disk has" in p]
    assert "its disk has 2.5 MB left" in said
    assert "at the last day's pace for 2.5 days; then requests are refused with 503" in said
    os.utime(journal / "w-00000001.seg", (time.time() - 2 * 86400,) * 2)
    assert not [p for p in project.status().problems if "its disk has" in p]


def test_what_of_the_journal_counts_for_nothing_is_on_the_page(project):
    writer = SegmentWriter(Layout(project.folder).journal, name="w")
    asked = prediction_frame(3, rng=np.random.default_rng(0), numbers=0)
    told = OutcomeFrame(at_us=[1, 2, 3], id=["p0", "p0", "nobody"], value=[1.0, 0.0, 1.0])
    writer.append([asked, asked, told])
    writer.close()
    tally = project.status().tally
    assert (tally.predictions, tally.duplicates) == (3, 3)
    assert (tally.outcomes, tally.repeated, tally.unknown) == (1, 1, 1)


def test_what_control_does_not_get_past_is_said_with_its_name_and_no_traceback(project, monkeypatch):
    writer = SegmentWriter(Layout(project.folder).journal, name="w")
    writer.append([prediction_frame(2, rng=np.random.default_rng(0), numbers=1)])
    writer.close()

    def append(self, columns, *, bins):
        raise ValueError("could not broadcast")

    monkeypatch.setattr(Block, "append", append)
    told = project.status()
    assert told.problems == ("journal: ValueError: could not broadcast. What was read is forgotten, and read again.",)
    asked = ControlStatus(
        clock=ClockKind.SYSTEM,
        now_us=told.now_us,
        routes=(),
        running=(),
        open_findings=(),
        last_step=None,
        tally=Tally(),
        behind_s=30.0,
        held_rows=0,
        held_bytes=0,
        fault="ValueError: could not broadcast",
        failing_s=120.0,
    )
    monkeypatch.setattr(status, "ask_status", lambda _: asked)
    (problem,) = project.status().problems
    assert problem.startswith("control: ValueError: could not broadcast, at every step for 2 minutes.")
    assert "control.log" in problem
    assert "slipway rollout back" in problem
