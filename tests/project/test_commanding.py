"""A command that control does not answer ends, and says what to do."""

import os
import socket

import pytest

from slipway import Project
from slipway.errors import Unavailable
from slipway.project import commanding
from slipway.serving.run_state import State, tell_state
from slipway.storage.layout import Layout


def test_a_control_that_hangs_is_named_with_the_way_out(tmp_path, monkeypatch):
    """As at night: the process lives and holds the lock, and nothing comes back."""
    project = Project.init(tmp_path / "p")
    monkeypatch.setattr(commanding, "ANSWER_S", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        run = Layout(project.folder).run
        tell_state(run, name="control", state=State.READY, host="127.0.0.1", port=deaf.getsockname()[1])
        with pytest.raises(Unavailable, match=rf"may still do what was asked.*kill -9 {os.getpid()}"):
            project.roll_back("any", why="it is late")
