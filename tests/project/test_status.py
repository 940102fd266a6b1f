"""The page for whoever is called at night says what is wrong, also where nothing has failed loudly."""

import os
import re
import time

import msgspec
import pytest

from slipway import Project
from slipway.records.frame import OutcomeFrame
from slipway.records.usage import ArmUsage
from slipway.serving.metrics import Counts, path_of, save
from slipway.serving.pulse import beat, pulse_path
from slipway.serving.run_state import RunState, State, tell_state
from slipway.serving.use import Use
from slipway.storage.journal import SegmentWriter
from slipway.storage.layout import Layout


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
