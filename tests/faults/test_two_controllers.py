"""Two real controllers on one project: killed, stopped and woken up, one of them is in charge within seconds."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial

import pytest

from slipway import Project
from slipway.control.tenure import Tenure
from slipway.errors import Unavailable
from slipway.project.commanding import control
from slipway.project.server import Server
from slipway.records.rollout import RolloutStatus, StageKind
from slipway.serving.run_state import State, is_alive, read_states
from slipway.storage.control_store import SqlStore
from slipway.storage.lock import ControllerLock, end_holder

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

ROUNDS = 3
"""How often each fault strikes, at whoever is in charge."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A project that is served, with a rollout that runs, and a second controller that stands by."""
    folder = tmp_path_factory.mktemp("two") / "p"
    project = Project.init(folder)
    page = folder / "slipway.toml"
    page.write_text(page.read_text().replace("[data]", '[arms.other]\nrule = "mean_radius > 10"\n\n[data]', 1))
    project = Project.open(folder)
    with Server(folder), (folder / "standby.log").open("wb") as log:
        project.start_rollout("other")
        words = [sys.executable, "-m", "slipway.cli.app", "control", "--project", str(folder)]
        started = []
        project.stand_by = lambda: started.append(subprocess.Popen(words, stdout=log, stderr=log))
        yield project
        for process in started:
            process.terminate()
            process.send_signal(signal.SIGCONT)  # a test that failed may have left it stopped: it would never hear
            assert process.wait(60) in (0, -signal.SIGKILL)  # it ends in order, or a test has killed it


def wait(condition, *, seconds=90):
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"it did not come true within {seconds} s")


def states(project):
    return [s for s in read_states(project._parts.layout.run) if s.name.startswith("control") and is_alive(s.pid)]


def in_charge(project):
    return wait(lambda: control(project._parts.layout))


def standing_by(project):
    """Return once somebody stands by beside the one in charge."""
    if len(states(project)) < 2:
        project.stand_by()
    return wait(lambda: [s for s in states(project) if s.state is State.STANDBY])


def wake(project, *, pid):
    """Let whoever was stopped go on: it stands by; if it was stopped in a commit, it has been ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    wait(lambda: not is_alive(pid) or (pid, State.STANDBY) in [(s.pid, s.state) for s in states(project)])


def heir(project, *, of):
    """Return who took over and after how many seconds; it steps, and answers commands."""
    began_s = time.monotonic()
    new = wait(lambda: next((s for s in states(project) if s.state is State.READY and s.token > of.token), None))
    seconds = time.monotonic() - began_s
    wait(lambda: project.step().problems == ())
    return new, seconds


def nothing_doubled(project):
    project._parts.store.verify_audit()
    (rollout,) = project.rollouts()
    assert [e.stage for e in rollout.entries] == [rollout.plan.stages[0].name]
    assert rollout.plan.stages[0].kind is StageKind.SHADOW
    names = [v.rollout for v in project.verdicts(rollout.id)]
    assert len(names) == len(project._parts.store.history(type(rollout), id=rollout.id)) * len(names)
    assert project.replay(rollout.id).same


@pytest.mark.parametrize("fault", ["kill -9 of the controller in charge", "SIGSTOP of the controller in charge"])
def test_another_takes_over(served, record_property, fault):
    for _ in range(ROUNDS):
        standing_by(served)
        old = in_charge(served)
        how = signal.SIGKILL if fault.startswith("kill") else signal.SIGSTOP
        os.kill(old.pid, how)
        new, seconds = heir(served, of=old)
        record_property("takeover", {"fault": fault, "seconds": seconds})
        assert new.token > old.token
        assert seconds < 45.0
        if how is signal.SIGSTOP:
            wake(served, pid=old.pid)
            assert in_charge(served).pid == new.pid
        nothing_doubled(served)


def test_who_rolls_back_while_the_one_in_charge_is_stopped_need_not_wait_for_it(served, record_property):
    """Last, for it ends the rollout: the command finds whoever is in charge by then, or does it itself."""
    standing_by(served)
    old = in_charge(served)
    os.kill(old.pid, signal.SIGSTOP)
    began_s = time.monotonic()
    (rollout,) = served.rollouts()
    ended = served.roll_back(rollout.id, why="the phones ring")
    seconds = time.monotonic() - began_s
    record_property("takeover", {"fault": "rollback by command, controller stopped", "seconds": seconds})
    assert ended.status is RolloutStatus.ROLLED_BACK
    assert seconds < 45.0
    assert [v.record.status for v in served._parts.store.history(type(ended), id=ended.id)] == [
        RolloutStatus.RUNNING,
        RolloutStatus.ROLLED_BACK,
    ]
    served._parts.store.verify_audit()
    wake(served, pid=old.pid)


STOPS_IN_A_COMMIT = """
import os, signal, sys
from pathlib import Path
from slipway.control.tenure import Tenure
from slipway.storage.control_store import SqlStore
from slipway.storage.engine import open_engine, writing
from slipway.storage.lock import ControllerLock

assert Tenure(SqlStore(sys.argv[1]), lock=ControllerLock(Path(sys.argv[2])), holder="the stopped").look()
with writing(open_engine(sys.argv[1])):
    print("holds", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""


def test_who_is_stopped_in_a_commit_is_ended_for_it_lets_nobody_write(tmp_path):
    url, lock = f"sqlite:///{tmp_path}/control.db", tmp_path / "lock"
    store = SqlStore(url, busy_timeout_s=0.2)
    with subprocess.Popen([sys.executable, "-c", STOPS_IN_A_COMMIT, url, lock], stdout=subprocess.PIPE) as stopped:
        assert stopped.stdout.readline() == b"holds\n"
        heir = Tenure(store, lock=ControllerLock(lock), holder="heir", end=partial(end_holder, lock), silence_s=0.4)

        def looks():
            try:
                return heir.look()
            except Unavailable:
                assert stopped.wait(60) == -signal.SIGKILL
                return False

        try:
            wait(looks)
        finally:
            stopped.kill()  # a test that failed does not wait for one that is stopped
        assert store.lease().holder == "heir"
