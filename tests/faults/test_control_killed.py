"""kill -9 of control at any moment of a step: it goes on from the store, and nothing is done twice."""

import multiprocessing
import os
import signal
import time

import numpy as np
import pytest

from slipway.control.folder_routes import FolderRoutes
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.records.base import canonical
from slipway.records.rollout import Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.storage.control_store import SqlStore
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.layout import Layout
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, World

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

DAYS = 30
FORK = multiprocessing.get_context("fork")


def controller(layout):
    return Controller(
        store=SqlStore(layout.control_url),
        journal=SegmentReader(layout.journal),
        files=FolderRoutes(layout.routes),
        terms=Terms(),
    )


def begin(folder, seed):
    layout = Layout(folder).create()
    world = World(
        seed,
        journal=lambda name: SegmentWriter(layout.journal, name=name),
        error={"live": 0.1, "candidate": 0.08},
        requests=400,
    )
    control = controller(layout)
    control.open_route("main", arm=LIVE, salt="secret", now_us=0)
    control.start("main", candidate=CANDIDATE, plan=plan(margin=0.03, maturity_s=7200.0), now_us=0)
    control.store.close()
    return layout, world


def step(layout, now_us):
    controller(layout).step(now_us)
    os._exit(0)


def in_child(layout, now_us, *, kill_after_s=None):
    """Make one step in a child, and return how long it took."""
    child = FORK.Process(target=step, args=(layout, now_us))
    began = time.monotonic()
    child.start()
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == 0 or kill_after_s is not None
    return time.monotonic() - began, child.exitcode


def run(folder, seed, *, kills):
    layout, world = begin(folder, seed)
    rng = np.random.default_rng(seed)
    killed, typical_s = 0, 0.1
    for day in range(DAYS):
        world.day(day, route=FolderRoutes(layout.routes).read("main"), frames=4)
        now_us = (day + 1) * DAY_US + DAY_US // 12
        for _ in range(kills):
            killed += in_child(layout, now_us, kill_after_s=rng.uniform(0.2, 1.1) * typical_s)[1] == -signal.SIGKILL
        typical_s = in_child(layout, now_us)[0]
        store = SqlStore(layout.control_url)
        assert FolderRoutes(layout.routes).read("main") == store.get(Route, id="main")[0]
        store.verify_audit()
        store.close()
    store = SqlStore(layout.control_url)
    return canonical(store.all(Verdict)), store.all(Rollout), killed


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments_it_ends_where_the_undisturbed_run_ends(tmp_path, seed):
    verdicts, rollouts, _ = run(tmp_path / "quiet", seed, kills=0)
    again, same, killed = run(tmp_path / "killed", seed, kills=3)
    assert killed >= DAYS  # most of the steps died on the way
    assert again == verdicts
    assert same == rollouts
    assert len(rollouts[0][1].entries) > 2 or rollouts[0][1].status is not RolloutStatus.RUNNING
