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
WITHIN_S = 20.0
"""A rollback takes three seconds beside a control that hangs; on a busy machine more, and a command that waits half a
minute for the parent to replace it would be told from it still."""


def wait(condition, *, seconds=90):
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


def test_those_that_hang_are_replaced(project):
    """Both at once: each is replaced for itself, after the same half minute."""
    names = ("control", "shadow")
    with Server(project.folder) as server:
        hung = {name: wait(lambda name=name: process(project, name)) for name in names}
        time.sleep(1.0)  # they have given signs
        for pid in hung.values():
            os.kill(pid, signal.SIGSTOP)
        assert httpx.post(f"{server.url}/predict", json=ROW | {"sample": "s"}, timeout=60).status_code == 200
        new = {n: wait(lambda n=n: (p := process(project, n)) != hung[n] and p) for n in names}
        assert not any(is_alive(pid) for pid in hung.values())
        project.start_rollout("other")
        for i in range(20):
            assert httpx.post(f"{server.url}/predict", json=ROW | {"sample": f"s{i}"}, timeout=60).status_code == 200
        wait(lambda: not project.step().shadow_lag)
        assert {name: process(project, name) for name in names} == new


@pytest.mark.parametrize("seed", range(5))
def test_a_rollback_does_not_wait_for_a_control_that_hangs(project, seed):
    """Whenever it fell silent: long before, just before, or while it was asked."""
    with Server(project.folder) as server:
        rollout = project.start_rollout("other")
        hung = wait(lambda: process(project, "control"))
        time.sleep(seed * 0.07)
        os.kill(hung, signal.SIGSTOP)
        time.sleep((0, 0.05, 1.0, 3.0, 0.5)[seed])
        began = time.monotonic()
        ended = project.roll_back(rollout.id, why="it is late")
        took_s = time.monotonic() - began
        assert took_s < WITHIN_S
        assert ended.status is RolloutStatus.ROLLED_BACK
        route = project.route()
        assert [s.arm for s in route.shares] == ["radius-rule"]
        assert route.shadows == ()
        wait(lambda: httpx.get(f"{server.url}/health/ready", timeout=60).json()["version"] >= route.version)
        wait(lambda: not is_alive(hung))  # by whoever rolled back if it stood in the way, else by its parent
        wait(lambda: process(project, "control") not in (None, hung))
        wait(lambda: project.step().problems == ())  # its successor goes on where it was left
        again = [e for e in project.audit() if e.kind == "rollout" and e.id == rollout.id]
        assert [e.version for e in again] == [1, 2]  # started and rolled back, once each
        assert "did not answer" in again[-1].why
