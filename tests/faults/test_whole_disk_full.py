"""The whole disk of a project is full in the middle of a canary: store, route file, journal and logs have no room.

Journals without room alone are the business of ``test_store_down.py``, a server's of ``test_server_disk.py``.
"""

import os
import shutil
import signal
import subprocess
import time

import pytest

from slipway.errors import SlipwayError
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, Rollout, RolloutStatus, Stage, StageKind
from slipway.storage.routes import read_route

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

GATE = Gate(kind=GateKind.SERVICE, unit="row", min_units=10**6, alpha=0.01)
CANARY = Stage(name="canary", kind=StageKind.CANARY, share=0.5, gates=(GATE,), min_s=0.0, max_s=86400.0)
SIZE = "192m"


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    """Take the last byte, and what is freed meanwhile."""
    with (folder / "ballast").open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), b"x" * size)
            except OSError:
                pass


def until(condition, *, seconds=90):
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"it did not come true within {seconds} s")


def test_a_canary_outlives_a_full_disk_and_says_what_to_do(small_disk, place_of, record_property):
    place = place_of(small_disk).start()
    try:
        rollout = place.project.start_rollout("other", plan=Plan(stages=(CANARY,), maturity_s=3600.0))
        with place.load() as load:
            time.sleep(0.5)
            fill(small_disk)
            until(lambda: load.refused[503])  # as when_full says: what cannot be kept is not answered
            fill(small_disk)
            until(lambda: any("Free space where" in told for told in _problems(place)))  # workers tell once a second
            os.kill(worker := place.pid("worker-0"), signal.SIGKILL)  # its successor has no room for a journal yet
            refused = load.refused[503]
            until(lambda: load.refused[503] > refused + 20)  # the worker beside it goes on
            _roll_back_or_be_told(place, rollout)
            (small_disk / "ballast").unlink()
            until(lambda: _sound(place))
            assert place.pid("worker-0") != worker
            if place.project.rollout(rollout.id).status is RolloutStatus.RUNNING:
                place.project.roll_back(rollout.id, why="the disk was full")
            until(lambda: _share(place) == 0.0)
            acknowledged = len(load.predictions)
            until(lambda: len(load.predictions) > acknowledged + 100)
        assert set(load.refused) == {503}
        place.settle(load, fault="whole disk full", record=record_property, within_s=120.0)
        store = place.project._parts.store
        kept = [v.record.status for v in store.history(Rollout, id=rollout.id)]
        assert kept == [RolloutStatus.RUNNING, RolloutStatus.ROLLED_BACK]
        store.verify_audit()
        assert read_route(place.layout.routes, name=place.project.scope.project.name) == place.project.route()
    finally:
        place.stop()


def _roll_back_or_be_told(place, rollout):
    """Without a byte of room a rollback is done, or nothing of it is and the message says what to do first."""
    try:
        done, told = place.project.roll_back(rollout.id, why="no room"), ""
    except SlipwayError as error:
        done, told = None, str(error)
    if done is None:
        assert "The disk is full. Free space where" in told
        assert "then try again" in told
        assert _share(place) == 0.5
    else:
        assert done.status is RolloutStatus.ROLLED_BACK
        assert _share(place) == 0.0


def _problems(place):
    try:
        return place.project.status().problems
    except SlipwayError as error:
        return (str(error),)


def _share(place):
    return read_route(place.layout.routes, name=place.project.scope.project.name).share_of("other")


def _sound(place):
    try:
        return place.project.step().problems == ()
    except Exception:  # noqa: BLE001 - not yet
        return False
