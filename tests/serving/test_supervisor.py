"""Lives of processes: a server starts, replaces what dies, drains, and leaves nothing behind."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import msgspec
import pytest
import structlog

from slipway.errors import Conflict, Unavailable
from slipway.records.arm import Arm, ArmKind
from slipway.records.frame import ShadowFrame
from slipway.records.route import Route, Share
from slipway.serving.child import Child
from slipway.serving.config_file import load_config
from slipway.serving.run_state import State, is_alive, read_states, tell_state
from slipway.serving.supervisor import Hosted, Supervisor
from slipway.serving.worker import listen
from slipway.storage.layout import Layout

OLD = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")


def wait(condition, *, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if got := condition():
            return got
        time.sleep(0.02)
    raise AssertionError(f"did not come true within {seconds} s")


def test_a_server_lives(serve_processes, place):
    route = Route(
        name="r",
        version=1,
        salt="s",
        shares=(Share(arm="old", share=1.0),),
        shadows=("new",),
        arms=(OLD, place.model()),
    )
    with serve_processes(route, workers=2) as server:
        url = f"http://127.0.0.1:{server.port}"
        for i in range(20):
            row = {"a": 1, "b": 1, "user": f"u{i}"}
            assert httpx.post(f"{url}/predict", json=row).status_code == 200
        wait(lambda: len(place.shadows()) == 20)
        worker, shadow = server.children[0], server.children[-1]
        dead = [worker.pid, shadow.pid]
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        wait(lambda: worker.pid not in (None, dead[0]) and shadow.pid not in (None, dead[1]))
        for i in range(20):  # some of these wait in the socket of the worker that is being replaced
            assert httpx.post(f"{url}/predict", json={"a": 1, "user": f"v{i}"}, timeout=30).status_code == 200
        wait(lambda: len(place.shadows()) == 40)
        with pytest.raises(Conflict, match="one server"):
            Supervisor(Hosted(server_config(server), place.root), control=False)
        pids = [child.pid for child in server.children]
    ids = [i for _, i, _ in place.shadows()]
    assert len(ids) == len(set(ids))
    assert {f.error for f in place.frames(ShadowFrame)} == {""}
    assert not any(is_alive(pid) for pid in pids)
    assert {s.name: s.state for s in read_states(place.layout.run)}["supervisor"] is State.STOPPED
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health/live")


def test_a_worker_that_hangs_is_replaced_and_its_callers_are_answered(serve_processes):
    """A stopped process keeps its socket: without a successor, whoever knocks there waits for ever."""
    with serve_processes(silence_s=3.0) as server:
        url = f"http://127.0.0.1:{server.port}"
        worker = server.children[0]
        hung, path = worker.pid, server._runs[0] / "pulse-worker-0"
        wait(path.exists)
        os.kill(hung, signal.SIGSTOP)
        reply = httpx.post(f"{url}/predict", json={"a": 1, "user": "u"}, timeout=30)
        assert reply.status_code == 200
        assert worker.pid not in (None, hung)
        assert not is_alive(hung)


def server_config(server):

    return load_config(Layout(server._runs[0].parent.parent))


def test_children_end_with_their_supervisor(serve_processes, place, tmp_path):
    """A supervisor that was killed cannot say goodbye; its children notice."""

    place.publish(Route(name="r", version=1, salt="s", shares=(Share(arm="old", share=1.0),), arms=(OLD,)))
    code = (
        "from pathlib import Path; import sys\n"
        "from slipway.serving.supervisor import Hosted, Supervisor\n"
        "from slipway.records.worker_config import WorkerConfig\n"
        "from slipway.testing import models\n"
        "c = WorkerConfig(route='r', signature=models.NUMBERS, entity='user', port=0)\n"
        "Supervisor(Hosted(c, Path(sys.argv[1])), control=False).run()\n"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code, str(place.root)])
    try:
        states = wait(lambda: [s for s in read_states(place.layout.run) if s.route_version])
        supervisor.kill()
        supervisor.wait()
        wait(lambda: not any(is_alive(s.pid) for s in states))
    finally:
        for state in read_states(place.layout.run):
            with contextlib.suppress(ProcessLookupError):
                if state.pid != os.getpid():
                    os.kill(state.pid, signal.SIGKILL)


def test_a_port_that_is_taken_is_said(config):

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Unavailable, match="Address already in use"):
            listen("127.0.0.1", other.getsockname()[1])


def test_two_projects_do_not_share_a_port(serve_processes, place, tmp_path):
    """Workers share their port with one another; a stranger's workers must not be let in among them."""
    with serve_processes(workers=2) as server:
        config = server_config(server)
        for taken in (server.port, server.port - 1):  # its own, and the one that control would take
            # somebody else may have the port before it; then that one is named
            with pytest.raises(Unavailable, match=f"({server.port}|{taken}): want to listen here"):
                Supervisor(Hosted(msgspec.structs.replace(config, port=taken), tmp_path / "other"))


def test_the_id_of_a_stranger_in_an_old_file_refuses_nobody(serve_processes, place):
    """After a power cut the id that the last supervisor had may be anybody's."""
    place.layout.create()
    tell_state(place.layout.run, name="supervisor", state=State.READY, host="127.0.0.1", port=1)  # this process's id
    with serve_processes() as server:
        assert server.port


def test_of_a_process_that_ends_by_itself_the_reason_is_said(tmp_path):
    """The person at the terminal should not have to find the log first."""
    child = Child("control", arguments=["nonsense"], log=tmp_path / "control.log")
    child.look(time.monotonic())
    wait(child.gone)
    with structlog.testing.capture_logs() as said:
        child.look(time.monotonic())
    (line,) = said
    assert (line["name"], line["status"], line["log"]) == ("control", 2, str(tmp_path / "control.log"))
    assert "invalid choice: 'nonsense'" in line["says"]


def test_one_that_lived_a_while_is_started_again_at_once_and_one_that_did_not_waits(tmp_path):
    child = Child("c", arguments=["no-such-role"], log=tmp_path / "log")

    def dies(at_s):
        """Start it, if it is due, and return whether it was."""
        child.look(at_s)
        if child.pid is None:
            return False
        while not child.gone():
            time.sleep(0.01)
        return True

    assert dies(0.0)
    child.look(5.0)
    assert dies(5.0)  # the first time it died
    child.look(6.0)
    assert not dies(6.05)
    assert dies(6.2)
    child.look(6.2 + 10.1)
    assert dies(6.2 + 10.1)


def test_what_cannot_be_started_is_tried_again_and_ends_nobody(tmp_path, monkeypatch):
    """No memory for a process, no room for its log: the supervisor goes on, for it holds the sockets."""
    (tmp_path / "log").mkdir()
    child = Child("worker-0", arguments=["worker", "--help"], log=tmp_path / "log")
    with structlog.testing.capture_logs() as said:
        for now_s in (0.0, 0.0, 0.05, 0.1, 0.5):
            child.look(now_s)
    assert [line["again_in_s"] for line in said] == [0.0, 0.1, 0.5]
    assert child.pid is None
    (tmp_path / "log").rmdir()
    child.look(1.0)
    assert child.pid is not None
    child.tell(signal.SIGKILL)
    wait(child.gone)


def test_a_log_that_somebody_took_away_ends_nobody(tmp_path):
    child = Child("worker-0", arguments=["no such role"], log=tmp_path / "log")
    child.look(0.0)
    wait(child.gone)
    (tmp_path / "log").unlink()
    with structlog.testing.capture_logs() as said:
        child.look(1.0)
    assert [line["says"] for line in said] == [""]
