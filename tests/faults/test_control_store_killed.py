"""Two processes at one store, and kill -9 in the middle of a commit: no version is lost, doubled or half there."""

import subprocess
import sys
import time

import numpy as np
import pytest

from slipway.records.arm import Arm
from slipway.records.route import Route
from slipway.storage.control_store import SqlStore
from slipway.storage.routes import RouteWatch, read_route
from slipway.testing.control_store import put
from slipway.testing.records import arm

pytestmark = pytest.mark.faults

COUNT = """
import sys
from slipway.errors import Conflict
from slipway.ports import Change
from slipway.records.arm import Arm
from slipway.storage.control_store import SqlStore
from slipway.testing.records import arm

store, wins, times, tries = SqlStore(sys.argv[1]), 0, int(sys.argv[2]), 0
print("ready", flush=True)
sys.stdin.readline()  # they begin together, however long each took to start
while wins < times:
    tries += 1
    now, version = store.get(Arm, id="counter")
    change = Change(arm("counter", timeout_ms=now.timeout_ms + 1), "counter", version)
    try:
        store.commit([change], at_us=tries, by=sys.argv[3], why="count")
    except Conflict:
        continue
    wins += 1
print(wins, tries)
"""

PAIRS = """
import sys
from slipway.ports import Change
from slipway.records.arm import Arm
from slipway.storage.control_store import SqlStore
from slipway.testing.records import arm, route

store = SqlStore(sys.argv[1])
n = max([v for _, _, v in store.all(Arm)], default=0)
while True:
    n += 1
    pair = [Change(arm("a", timeout_ms=n), "a", n - 1), Change(route(n), "main", n - 1)]
    store.commit(pair, at_us=n, by="child", why="pair")
    print(n, flush=True)
"""


def test_two_processes_count_together_without_losing_or_doubling(tmp_path):
    """Each reads, adds one and commits on the version it read; every success is exactly one step of the counter."""
    url = f"sqlite:///{tmp_path}/control.db"
    store = SqlStore(url)
    put(store, arm("counter", timeout_ms=1.0), id="counter")
    command = [sys.executable, "-c", COUNT, url, "150"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    children = [subprocess.Popen([*command, name], **pipes) for name in ("one", "two", "three")]
    assert [child.stdout.readline() for child in children] == [b"ready\n"] * 3
    for child in children:
        child.stdin.write(b"go\n")
        child.stdin.flush()
    outs = [child.communicate()[0].split() for child in children]
    assert [int(out[0]) for out in outs] == [150] * 3
    assert sum(int(out[1]) for out in outs) > 450, "they never met, so nothing was tested"
    record, version = store.get(Arm, id="counter")
    assert (record.timeout_ms, version) == (451.0, 451)
    assert [v.record.timeout_ms for v in store.history(Arm, id="counter")] == [float(n) for n in range(1, 452)]
    assert len(store.audit()) == 451
    store.verify_audit()


@pytest.mark.parametrize("seed", range(20))
def test_killed_in_a_commit(tmp_path, seed):
    """Three lives on one store, each killed at a random moment: both records of a commit are there, or neither."""
    url = f"sqlite:///{tmp_path}/control.db"
    chance = np.random.default_rng(seed)
    acknowledged = 0
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", PAIRS, url], stdout=subprocess.PIPE) as child:
            lines = [child.stdout.readline()]
            time.sleep(chance.uniform(0, 0.05))
            child.kill()
            lines += child.stdout.read().splitlines(keepends=True)
        acknowledged = int([line for line in lines if line.endswith(b"\n")][-1])
        store = SqlStore(url)
        (first, version), (second, other) = store.get(Arm, id="a"), store.get(Route, id="main")
        assert version == other == first.timeout_ms == second.version
        assert acknowledged <= version <= acknowledged + 1
        assert len(store.audit()) == 2 * version
        store.verify_audit()
        store.close()


def test_killed_while_it_publishes_routes(tmp_path):
    """A reader beside a publisher that is killed sees whole routes only, and versions that only grow."""
    code = """
import sys, itertools
from pathlib import Path
from slipway.storage.routes import publish
from slipway.testing.records import route
for n in itertools.count(int(sys.argv[2])):
    publish(route(n), folder=Path(sys.argv[1]))
    print(n, flush=True)
"""
    watch, seen, acknowledged = RouteWatch(tmp_path, name="main"), [0], 0
    for seed in range(20):
        command = [sys.executable, "-c", code, str(tmp_path), str(acknowledged + 2)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            lines = [child.stdout.readline()]
            end = time.monotonic() + np.random.default_rng(seed).uniform(0, 0.05)
            while time.monotonic() < end:
                if (found := watch.poll()) is not None:
                    seen.append(found.version)
            child.kill()
            lines += child.stdout.read().splitlines(keepends=True)
        acknowledged = int([line for line in lines if line.endswith(b"\n")][-1])
        assert acknowledged <= read_route(tmp_path, name="main").version <= acknowledged + 1
    assert seen == sorted(set(seen))
    assert len(seen) > 20
