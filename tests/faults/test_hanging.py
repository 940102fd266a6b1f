"""SIGSTOP of control and of the shadow process: the server replaces them, and a rollback does not wait for it."""

import os
import signal
import time

import httpx
import pytest

from slipway import Project
from slipway.project.server import Server
from slipway.records.rollout import RolloutStatus
from slipway.serving.run_state import State, is_alive, read_states
from slipway.storage.layout import Layout

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

OTHER = '[arms.other]\nrule = "mean_radius > 5"\n\n[data]'
ROW = {"mean_radius": 8.0}


def wait(condition, *, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if got := condition():
            return got
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds} s")


@pytest.fixture
def project(tmp_path):
    made = Project.init(tmp_path / "p")
    page = made.folder / "slipway.toml"
    page.write_text(page.read_text().replace("[data]", OTHER, 1))
    return Project.open(made.folder)


def process(project, name):
    states = read_states(Layout(project.folder).run)
    return next((s.pid for s in states if s.name == name and s.state is State.READY and is_alive(s.pid)), None)


@pytest.mark.parametrize("name", ["control", "shadow"])
def test_one_that_hangs_is_replaced(project, name):
    with Server(project.folder) as server:
        hung = wait(lambda: process(project, name), seconds=10)
        time.sleep(1.0)  # it has given signs
        os.kill(hung, signal.SIGSTOP)
        assert httpx.post(f"{server.url}/predict", json=ROW | {"sample": "s"}).status_code == 200
        successor = wait(lambda: (p := process(project, name)) != hung and p, seconds=60)
        assert not is_alive(hung)
        project.start_rollout("other")
        for i in range(20):
            assert httpx.post(f"{server.url}/predict", json=ROW | {"sample": f"s{i}"}).status_code == 200
        wait(lambda: not project.step().shadow_lag, seconds=30)
        assert process(project, name) == successor


@pytest.mark.parametrize("seed", range(5))
def test_a_rollback_does_not_wait_for_a_control_that_hangs(project, seed):
    """Whenever it fell silent: long before, just before, or while it was asked."""
    with Server(project.folder) as server:
        rollout = project.start_rollout("other")
        hung = process(project, "control")
        time.sleep(seed * 0.07)
        os.kill(hung, signal.SIGSTOP)
        time.sleep((0, 0.05, 1.0, 3.0, 0.5)[seed])
        began = time.monotonic()
        ended = project.roll_back(rollout.id, why="it is late")
        took_s = time.monotonic() - began
        assert took_s < 6
        assert ended.status is RolloutStatus.ROLLED_BACK
        route = project.route()
        assert [s.arm for s in route.shares] == ["radius-rule"]
        assert route.shadows == ()
        ready = lambda: httpx.get(f"{server.url}/health/ready").json()["version"] >= route.version  # noqa: E731
        wait(ready, seconds=5)
        wait(
            lambda: not is_alive(hung), seconds=45
        )  # by whoever rolled back if it stood in the way, else by its parent
        wait(lambda: process(project, "control") not in (None, hung), seconds=30)
        assert project.step().problems == ()  # its successor goes on where it was left
        again = [e for e in project.audit() if e.kind == "rollout" and e.id == rollout.id]
        assert [e.version for e in again] == [1, 2]  # started and rolled back, once each
        assert "did not answer" in again[-1].why
