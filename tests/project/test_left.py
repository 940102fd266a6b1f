"""Beside a ``slipway.toml`` that nobody can read control goes on, and an alert is taken through it."""

import subprocess
import sys
import threading
import time

import pytest

from slipway import Project
from slipway.errors import BadFile
from slipway.project.commanding import control
from slipway.project.left import Left
from slipway.records.trouble import AlertState
from slipway.serving.config_file import config_of, save_config
from slipway.storage.layout import Layout
from slipway.wiring.control import run_control


@pytest.fixture
def left(tmp_path):
    """A project with an alert and a control process, whose scope somebody broke meanwhile."""
    folder, layout = tmp_path / "p", Layout(tmp_path / "p")
    page = Project.init(folder).folder / "slipway.toml"
    page.write_text(page.read_text() + '\n[arms.other]\nrule = "mean_radius > 14"\n')
    made = Project.open(folder)
    made.roll_back(made.start_rollout("other").id, why="a test")
    made.step()
    save_config(config_of(made.scope), layout=layout)
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    running = threading.Thread(target=run_control, args=(folder,), kwargs={"parent": parent.pid, "port": 0})
    running.start()
    try:
        until = time.monotonic() + 90
        while control(layout) is None:
            assert time.monotonic() < until, "control is not ready within 90 s"
            time.sleep(0.05)
        page.write_text("[project\n")
        yield Left(folder, fault=BadFile("slipway.toml", ["line 1: want ]."]), by="night")
    finally:
        parent.communicate(b"\n")
        running.join(90)


def test_control_takes_an_alert_and_tells_of_the_service(left):
    (alert,) = left.alerts()
    taken = left.act_on_alert(alert.id, "ack", why="mine")
    assert (taken.state, taken.events[-1].by) == (AlertState.ACKNOWLEDGED, "night")
    assert left.alerts() == [taken]
    assert left.service().budgets
