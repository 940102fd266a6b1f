"""kill -9 and SIGSTOP of each process of a server under load, torn routes, shadows that die or hang: twenty seeds."""

import os
import signal
import time
from collections import Counter

import pytest

from slipway.storage.layout import Layout

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
SEEDS = range(20)
ROLES = ["worker", "shadow", "control"]
WITHIN_S = 60.0
"""Longest that anybody may wait. A machine that runs other tests beside these starts a process in several seconds."""


def victim_of(place, role, chance):
    return place.pid(f"worker-{chance.randrange(2)}" if role == "worker" else role)


def gone(pid):
    until_s = time.monotonic() + 90
    while time.monotonic() < until_s:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "fault", [*(f"kill {role}" for role in ROLES), *(f"stop {role}" for role in (*ROLES, "supervisor"))]
)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_process(place, chance, record_property, fault, seed):
    """Of those that are stopped most wake up again; the first worker stays as it is until it is replaced."""
    how, role = fault.split()
    victim = place.server.pid if role == "supervisor" else victim_of(place, role, chance)
    dies = how == "kill" or (role, seed) == ("worker", 0)
    with place.load() as load:
        time.sleep(0.1 + chance.random() * 0.4)
        os.kill(victim, signal.SIGKILL if how == "kill" else signal.SIGSTOP)
        if dies:
            assert gone(victim), "a worker that hangs was not replaced"
            time.sleep(0.2)
        else:
            time.sleep(0.1 + chance.random() * 0.5)
            os.kill(victim, signal.SIGCONT)
        time.sleep(0.1)
    told = f"{'kill -9' if how == 'kill' else 'SIGSTOP'} of {role}"
    place.settle(load, fault=told, record=record_property, within_s=WITHIN_S)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_torn_route_file(place, chance, record_property, seed):
    (path,) = Layout(place.project.folder).routes.glob("*.msgpack")
    whole = path.read_bytes()
    torn = [whole[: chance.randrange(len(whole))], chance.randbytes(len(whole)), b"", None][seed % 4]
    with place.load() as load:
        time.sleep(0.1 + chance.random() * 0.2)
        path.unlink() if torn is None else path.write_bytes(torn)
        time.sleep(0.3 + chance.random() * 0.3)
        path.write_bytes(whole)
        time.sleep(0.1)
    assert not load.refused
    place.settle(load, fault="torn or missing route file", record=record_property, within_s=WITHIN_S)


@pytest.mark.parametrize("how", ["dies", "hangs"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_shadow_that(place, chance, record_property, how, seed):
    with place.load(texture={"dies": 66.0, "hangs": 77.0}[how]) as load:
        time.sleep(0.4 + chance.random() * 0.3)
    assert not load.refused
    place.settle(load, fault=f"shadow arm {how}", record=record_property, within_s=WITHIN_S)


@pytest.mark.parametrize("seed", SEEDS)
def test_kill_9_of_the_supervisor(place, chance, record_property, seed):
    """Its processes end with it, and what they had taken is answered; then the server is started again."""
    with place.load() as load:
        time.sleep(0.1 + chance.random() * 0.4)
        place.server.kill()
        place.start()
        time.sleep(0.1)
    place.settle(load, fault="kill -9 of supervisor", record=record_property, within_s=WITHIN_S)


def test_in_the_end_every_request_was_shadowed_once(place):
    with place.load():
        time.sleep(0.2)
    place.read()
    until_s = time.monotonic() + 90
    while time.monotonic() < until_s and not place.asked.keys() <= place.shadows.keys():
        place.read()
        time.sleep(0.2)
    missing = Counter((place.asked[a], a[1]) for a in place.asked.keys() - place.shadows.keys())
    strange = Counter(arm for _, arm in place.shadows.keys() - place.asked.keys())
    assert place.asked
    assert (missing, strange) == ({}, {})
    assert set(place.shadows.values()) == {1}
