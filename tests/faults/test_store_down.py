"""The control store of a real server does not answer for a while, in a canary with traffic; a journal without room.

Locked by another writer as a backup or a hung script would, and made no database. Callers are answered all the time, a
rollback by command works, and control goes on by itself.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

from slipway import Project
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, RolloutStatus, Stage, StageKind
from slipway.storage.routes import read_route

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

DOWN_S = 30.0 if "SLIPWAY_SEEDS" in os.environ else 60.0
"""Longer than SQLite waits for a lock, than a lease lasts without a beat, and than a command waits; CI has no more."""

GATE = Gate(kind=GateKind.SERVICE, unit="row", min_units=10**6, alpha=0.01)
CANARY = Stage(name="canary", kind=StageKind.CANARY, share=0.5, gates=(GATE,), min_s=0.0, max_s=86400.0)


@pytest.fixture
def canary(tmp_path, place_of):
    made = place_of(tmp_path / "p").start()
    rollout = made.project.start_rollout("other", plan=Plan(stages=(CANARY,), maturity_s=3600.0))
    yield made, rollout
    made.stop()


def in_force(place):
    return read_route(place.layout.routes, name=place.project.scope.project.name)


def wait(condition, *, seconds=90):
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not come true within {seconds} s")


def stepped(place):
    """Whether control makes sound steps by itself."""
    try:
        return place.project.step().problems == ()
    except Exception:  # noqa: BLE001 - not yet
        return False


@pytest.mark.parametrize("how", ["locked", "no database"])
def test_callers_are_answered_a_rollback_works_and_control_goes_on(canary, record_property, how):
    place, rollout = canary
    db = place.layout.control_db
    with place.load() as load:
        time.sleep(0.5)
        if how == "locked":
            other = sqlite3.connect(db, isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            mended = lambda: (other.execute("ROLLBACK"), other.close())  # noqa: E731 - one of two
        else:
            db.rename(db.with_suffix(".away"))
            for beside in ("-wal", "-shm"):
                db.with_name(db.name + beside).rename(db.with_name(db.name + beside + ".away"))
            db.mkdir()
            os.kill(place.pid("control"), signal.SIGKILL)  # else it goes on with the file that it has open
            mended = lambda: _bring_back(db)  # noqa: E731 - the other
        began_s = time.monotonic()
        ended = Project.open(place.project.folder).roll_back(rollout.id, why="the phones ring")
        rolled_back_s = time.monotonic() - began_s
        assert ended.status is RolloutStatus.ROLLED_BACK
        assert in_force(place).share_of("other") == 0.0
        time.sleep(max(0.0, DOWN_S - rolled_back_s))
        mended()
        time.sleep(2.0)
    wait(lambda: stepped(place), seconds=180)  # it is a minute of rows behind
    resumed_s = time.monotonic() - began_s - max(DOWN_S, rolled_back_s)
    assert not load.refused
    place.settle(load, fault=f"control store {how} for {DOWN_S:.0f} s", record=record_property, within_s=60.0)
    record_property("store", {"how": how, "rolled_back_s": rolled_back_s, "resumed_s": resumed_s})
    (stored,) = place.project.rollouts()
    assert stored.status is RolloutStatus.ROLLED_BACK
    assert [v.record.status for v in place.project._parts.store.history(type(stored), id=stored.id)] == [
        RolloutStatus.RUNNING,
        RolloutStatus.ROLLED_BACK,
    ]
    place.project._parts.store.verify_audit()
    assert in_force(place) == place.project.route()


def _bring_back(db):
    db.rmdir()
    for away in sorted(db.parent.glob(f"{db.name}-*.away")):
        away.rename(away.with_suffix(""))
    db.with_suffix(".away").rename(db)


def test_a_journal_without_room_holds_the_rollout_and_it_can_be_rolled_back(tmp_path, place_of):
    place = place_of(tmp_path / "p")
    journal = place.layout.create().journal
    mount = ["mount", "-t", "tmpfs", "-o", "size=96m,mode=700", "tmpfs", str(journal)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small file system")
    try:
        place.start()
        rollout = place.project.start_rollout("other", plan=Plan(stages=(CANARY,), maturity_s=3600.0))
        with place.load():
            time.sleep(0.5)
        subprocess.run(["dd", "if=/dev/zero", f"of={journal}/ballast"], capture_output=True, check=False)
        with place.load() as load:
            wait(lambda: load.refused[503])
            wait(lambda: stepped(place))
            assert place.project.rollout(rollout.id).status is RolloutStatus.RUNNING
            began_s = time.monotonic()
            assert place.project.roll_back(rollout.id, why="no room").status is RolloutStatus.ROLLED_BACK
            assert time.monotonic() - began_s < 30.0
            (journal / "ballast").unlink()
        assert in_force(place).share_of("other") == 0.0
        place.project._parts.store.verify_audit()
        place.stop()
    finally:
        subprocess.run(["umount", "--lazy", str(journal)], check=True)
