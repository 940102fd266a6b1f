"""The machine's clock is set under a real server in a canary: an hour back, a year ahead, and back again."""

import shutil
import subprocess
import time

import httpx
import pytest

from slipway import Project
from slipway.project.server import Server
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, RolloutStatus, Stage, StageKind

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

SETTABLE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The machine's time, moved by as many seconds as the file $CLOCK_SET holds. The steady clocks stay as they are. */
int clock_gettime(clockid_t which, struct timespec *told) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(which, told);
    if (which == CLOCK_REALTIME) {
        long by = 0;
        FILE *file = fopen(getenv("CLOCK_SET"), "r");
        if (file) { if (fscanf(file, "%ld", &by) != 1) by = 0; fclose(file); }
        told->tv_sec += by;
    }
    return status;
}
"""
HOUR_S, YEAR_S = 3600, 365 * 86400


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server in a canary of two days, and a function that sets its clock to so many seconds beside the machine's."""
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler to make the settable clock with")
    folder = tmp_path_factory.mktemp("clock")
    (folder / "clock.c").write_text(SETTABLE)
    build = [compiler, "-shared", "-fPIC", "-O1", "-o", folder / "clock.so", folder / "clock.c", "-ldl"]
    subprocess.run(build, check=True)
    project = Project.init(folder / "p")
    page = folder / "p" / "slipway.toml"
    page.write_text(page.read_text().replace("[data]", '[arms.other]\nrule = "mean_radius > 10"\n\n[data]', 1))
    project = Project.open(folder / "p")
    (folder / "set").write_text("0")
    gate = Gate(kind=GateKind.SERVICE, unit="row", min_units=1, alpha=0.05)
    canary = Stage(name="canary", kind=StageKind.CANARY, share=0.5, gates=(gate,), min_s=86400.0, max_s=2 * 86400.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(folder / "clock.so"))
        patch.setenv("CLOCK_SET", str(folder / "set"))
        server = Server(folder / "p")
        server.__enter__()
    try:
        project.start_rollout("other", plan=Plan(stages=(canary,), maturity_s=3600.0, pair=False))
        yield project, server, lambda seconds: (folder / "set").write_text(str(seconds))
    finally:
        server.__exit__(None, None, None)


def ask(server, number):
    rows = [{"mean_radius": 1.0 * i, "mean_texture": 20.0, "sample": f"{number}-{i}"} for i in range(50)]
    with httpx.Client(timeout=60) as client:
        assert [client.post(f"{server.url}/predict", json=row).status_code for row in rows] == [200] * 50


def sets(project, *, count, seconds=90):
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        (rollout,) = project.rollouts()
        if len(rollout.clock_sets) >= count:
            return [round(s.by_us / 1e6) for s in rollout.clock_sets]
        time.sleep(0.05)
    raise AssertionError(f"want {count} notes that the clock was set, got {rollout.clock_sets}")


def test_no_stage_ends_and_no_deadline_trips(served, record_property):
    project, server, set_clock = served
    seen = []
    for number, (seconds, by_s) in enumerate([(-HOUR_S, -HOUR_S), (YEAR_S, YEAR_S + HOUR_S), (0, -YEAR_S)], start=1):
        ask(server, number)
        set_clock(seconds)
        found = sets(project, count=number)
        assert found[-1] == pytest.approx(by_s, abs=60)
        ask(server, f"after {number}")
        before = httpx.get(f"{server.control_url}/status", timeout=60).json()["last_step"]["now_us"]
        until_s = time.monotonic() + 90
        while httpx.get(f"{server.control_url}/status", timeout=60).json()["last_step"]["now_us"] <= before + 2_000_000:
            assert time.monotonic() < until_s, "control does not step any more"
            time.sleep(0.1)
        (rollout,) = project.rollouts()
        seen.append((rollout.status, [e.stage for e in rollout.entries]))
    assert seen == [(RolloutStatus.RUNNING, ["canary"])] * 3
    assert project.replay(rollout.id).same
    project._parts.store.verify_audit()
    assert project.roll_back(rollout.id, why="enough").status is RolloutStatus.ROLLED_BACK
