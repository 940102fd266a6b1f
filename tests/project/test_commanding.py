"""A command that control does not answer ends soon, and a rollback is done all the same."""

import os
import socket
import subprocess
import sys
import time

import pytest

from slipway import Project
from slipway.errors import NotFound, Unavailable
from slipway.project import commanding
from slipway.serving.pulse import beat
from slipway.serving.run_state import State, tell_state
from slipway.storage.layout import Layout
from slipway.storage.lock import ControllerLock, holder_of

HOLDS = (
    "import sys, time; from pathlib import Path; from slipway.storage.lock import ControllerLock\n"
    "ControllerLock(Path(sys.argv[1])).acquire(); print(flush=True); time.sleep(600)"
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr(commanding, "HUNG_S", 0.3)
    made = Project.init(tmp_path / "p")
    made.open_route()
    return made


@pytest.fixture
def layout(project):
    return Layout(project.folder)


@pytest.fixture
def deaf(layout):
    """A socket that takes callers and never answers, told to be control's; this process is its."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        tell_state(layout.run, name="control", state=State.READY, host="127.0.0.1", port=sock.getsockname()[1])
        beat("control", folder=layout.run)
        yield sock


def test_a_control_that_hangs_is_named_with_the_way_out(project, deaf):
    began = time.monotonic()
    with pytest.raises(Unavailable, match=rf"may still do what was asked.*kill -9 {os.getpid()}"):
        project.step()
    assert time.monotonic() - began < 12


def test_a_rollback_does_not_wait_for_who_holds_no_lock(project, deaf):
    """Whoever control was, the lock says that it is no more."""
    with pytest.raises(NotFound, match="any"):
        project.roll_back("any", why="it is late")


def test_who_does_not_hang_is_not_ended(project, layout, deaf, monkeypatch):
    """A slow answer is none, but the process works: two at once would be two controllers."""
    monkeypatch.setattr(commanding, "ANSWER_S", 0.2)
    with ControllerLock(layout.controller_lock):
        assert holder_of(layout.controller_lock) == os.getpid()
        with pytest.raises(Unavailable, match="want an answer within"):
            project.roll_back("any", why="it is late")


def test_who_hangs_with_the_lock_is_ended_before_anything_is_done_in_its_place(project, layout, deaf):
    command = [sys.executable, "-c", HOLDS, str(layout.controller_lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as hung:
        hung.stdout.readline()
        assert holder_of(layout.controller_lock) == hung.pid
        state = (layout.run / "control.json").read_text()
        (layout.run / "control.json").write_text(state.replace(f'"pid":{os.getpid()}', f'"pid":{hung.pid}'))
        with pytest.raises(NotFound, match="any"):
            project.roll_back("any", why="it is late")
        assert hung.wait(5) == -9
    assert holder_of(layout.controller_lock) is None
