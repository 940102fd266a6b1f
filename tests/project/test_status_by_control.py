"""Who asks how things stand asks control, which has read the journal already; only without it is the journal read."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from slipway.control.reading import SAVED_ROWS
from slipway.control.step import Controller
from slipway.project.engine import Project
from slipway.serving.config_file import config_of, save_config
from slipway.serving.run_state import State, read_states
from slipway.storage.journal import SegmentWriter
from slipway.storage.layout import Layout
from slipway.testing.frames import outcome_frame, prediction_frame
from slipway.wiring import open_parts
from slipway.wiring.control import controller, run_control

ROWS = 50_000


@pytest.fixture
def folder(tmp_path):
    """A project whose journal holds more rows than control keeps without a checkpoint."""
    project = Project.init(tmp_path / "p")
    layout = Layout(project.folder)
    save_config(config_of(project.scope), layout=layout)
    writer = SegmentWriter(layout.journal, name="w")
    rng = np.random.default_rng(0)
    for n in range(SAVED_ROWS // ROWS):
        asked = prediction_frame(ROWS, rng=rng, first=n * ROWS, numbers=1)
        writer.append([asked, outcome_frame(asked)])
    writer.close()
    return project.folder


def read_by(monkeypatch):
    """Count the times that this process reads the journal for itself."""
    reads = []
    catch_up = Controller.catch_up

    def counted(self, problems):
        reads.append(threading.current_thread().name)
        return catch_up(self, problems)

    monkeypatch.setattr(Controller, "catch_up", counted)
    return reads


def test_status_asks_control_and_control_leaves_a_checkpoint(folder, monkeypatch):
    reads = read_by(monkeypatch)
    layout = Layout(folder)
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    control = threading.Thread(target=run_control, args=(folder,), kwargs={"parent": parent.pid})
    control.start()
    try:
        until = time.monotonic() + 90
        while not layout.checkpoint.exists() or "control" not in {s.name for s in read_states(layout.run)}:
            assert time.monotonic() < until, "no checkpoint within 90 s"
            time.sleep(0.05)
        status = Project.open(folder).status()
        assert (status.predictions, status.outcomes) == (SAVED_ROWS // ROWS * ROWS,) * 2
        assert threading.main_thread().name not in reads
        assert [s.state for s in read_states(layout.run) if s.name == "control"] == [State.READY]
    finally:
        parent.communicate(b"\n")
        control.join(20)
    fresh = controller(open_parts(folder))
    problems = []
    fresh.catch_up(problems)
    assert (fresh.ledger.tally.outcomes, fresh.frames_read, problems) == (SAVED_ROWS // ROWS * ROWS, 0, [])
    assert Project.open(folder).status().predictions == SAVED_ROWS // ROWS * ROWS


def test_without_a_checkpoint_the_same_is_read_from_the_journal(folder):
    status = Project.open(folder).status()
    assert status.predictions == status.outcomes == SAVED_ROWS // ROWS * ROWS
    assert not Layout(folder).checkpoint.exists(), "only control may write it"
