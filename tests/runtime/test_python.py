"""A project's own function: slow, hanging, crashing and wrong ones stay in their process."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import structlog

from slipway.errors import BadInput, DeadlineExceeded, NotFound, Unavailable
from slipway.records.arm import Arm, ArmKind
from slipway.runtime.python import PythonRuntime

CODE = """
import os, time

def double(x):
    return x["a"] * 2

def moody(x):
    if x["a"][0] > 0:
        return x["a"]
    if x["a"][0] == -1:
        time.sleep(60)
    if x["a"][0] == -2:
        os._exit(3)
    if x["a"][0] == -3:
        raise ValueError("no idea")
    return [1.0, 2.0, 3.0]
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "arm.py").write_text(CODE)
    return tmp_path


def arm(function, timeout_ms=20_000):
    return Arm(name="p", kind=ArmKind.PYTHON, function=function, timeout_ms=timeout_ms)


def test_after_each_failure_the_next_batch_is_answered(project):
    async def run():
        runtime = PythonRuntime(arm("arm.py:moody", timeout_ms=1500), root=project)
        await runtime.start()
        try:
            for value, error, says in [
                (-1, DeadlineExceeded, "within 1500 ms"),
                (-2, Unavailable, "a process that ended"),
                (-3, Unavailable, "ValueError: no idea"),
                (-4, Unavailable, r"scores of shape \(3,\)"),
            ]:
                with pytest.raises(error, match=says):
                    await runtime.predict({"a": np.array([float(value)])}, rows=1)
                await runtime.start()  # begun already; a slow machine may need longer for it than one batch may take
                assert (await runtime.predict({"a": np.array([7.0])}, rows=1)).tolist() == [7.0]
        finally:
            await runtime.close()

    asyncio.run(run())


@pytest.mark.parametrize("function", ["/etc/x.py:f", "../x.py:f", "arm.py", "arm.txt:f", "arm.py:f()", "a/../b.py:f"])
def test_references_that_are_none(project, function):
    with pytest.raises(BadInput, match="inside the project"):
        PythonRuntime(arm(function), root=project)


def test_a_link_out_of_the_project_is_refused(project, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "evil.py"
    outside.write_text(CODE)
    (project / "link.py").symlink_to(outside)
    with pytest.raises(BadInput, match="leads out"):
        PythonRuntime(arm("link.py:double"), root=project)


def test_a_missing_file_and_a_missing_function(project):
    with pytest.raises(NotFound, match=r"nope\.py"):
        PythonRuntime(arm("nope.py:f"), root=project)

    async def run():
        runtime = PythonRuntime(arm("arm.py:nope"), root=project)
        with pytest.raises(Unavailable, match="nope"):
            await runtime.predict({"a": np.zeros(1)}, rows=1)
        await runtime.close()

    asyncio.run(run())


LIMITS = """
import os, subprocess, sys, time
import numpy as np

held = []

def behave(x):
    what = int(x["a"][0])
    if what == 1:
        held.append(np.ones(40_000_000 // 8))
    if what == 2:
        np.ones(2_000_000_000 // 8)
    if what == 3:
        while True:
            pass
    if what == 4:
        print("to stdout")
        print("to stderr", file=sys.stderr)
        print("x" * 100_000)
    if what == 5:
        for i in range(5000):
            print("line", i)
    if what == 6:
        return [float("SECRET_TOKEN" in os.environ) + 2 * ("SHOWN" in os.environ) + 4 * ("PATH" in os.environ)]
    if what == 7:
        time.sleep(60)
    if what == 8:
        os._exit(1)
    if what == 9:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open("grandchild", "w").write(str(child.pid))
        time.sleep(60)
    return np.full(len(x["a"]), float(os.getpid()))
"""


@pytest.fixture
def limits(tmp_path):
    (tmp_path / "arm.py").write_text(LIMITS)

    def use(scenario, monotonic=time.monotonic, **more):
        async def run():
            made = Arm(name="p", kind=ArmKind.PYTHON, function="arm.py:behave", **{"timeout_ms": 30_000} | more)
            runtime = PythonRuntime(made, root=tmp_path, monotonic=monotonic)
            await runtime.start()
            try:
                return await scenario(runtime)
            finally:
                await runtime.close()

        return asyncio.run(run())

    return use


async def tell(runtime, what):
    return float((await runtime.predict({"a": np.array([float(what)])}, rows=1))[0])


def test_memory_over_the_limit_is_refused_to_the_function_and_the_process_lives(limits):
    async def scenario(runtime):
        first = await tell(runtime, 0)
        with pytest.raises(Unavailable, match="MemoryError"):
            await tell(runtime, 2)
        assert await tell(runtime, 0) == first
        assert runtime.usage().memory_bytes > 10 << 20

    limits(scenario, memory_mb=400)


def test_a_process_that_leaks_is_replaced_between_two_batches_and_no_row_is_lost(limits):
    async def scenario(runtime):
        pids = {await tell(runtime, 1) for _ in range(20)}
        assert len(pids) >= 2
        used = runtime.usage()
        assert used.cpu_s > 0
        assert len(pids) - 1 <= used.restarts["memory"] <= len(pids)
        assert used.failures == {}

    limits(scenario, memory_mb=500, processes=1)


@pytest.mark.faults
def test_processor_time_over_the_limit_ends_the_process(limits):
    """The clock of the wall would be patient here; the kernel is not."""

    async def scenario(runtime):
        runtime._all[0]._arm = Arm(name="p", kind=ArmKind.PYTHON, function="arm.py:behave", timeout_ms=60_000)
        with pytest.raises(Unavailable, match="more processor time"):
            await tell(runtime, 3)

    limits(scenario, timeout_ms=100)


def test_a_batch_that_hangs_costs_only_its_own_rows(limits):
    async def scenario(runtime):
        hung = asyncio.create_task(tell(runtime, 7))
        await asyncio.sleep(0.05)
        answers = await asyncio.gather(*(tell(runtime, 0) for _ in range(10)))
        assert not hung.done(), "they did not wait for the one that hangs"
        assert len(set(answers)) == 1
        with pytest.raises(DeadlineExceeded):
            await hung
        assert runtime.usage().restarts == {"timeout": 1}

    limits(scenario, timeout_ms=4000)


def test_one_that_dies_again_and_again_is_left_alone_then_tried_again(limits):
    now_s = [0.0]

    async def scenario(runtime):
        for _ in range(3):
            with pytest.raises(Unavailable, match=r"a process that ended \(status 1\)"):
                await tell(runtime, 8)
        begun_s = time.monotonic()
        for _ in range(10):
            with pytest.raises(Unavailable, match=r"3 that died in a row; the next one is started in 0\.5 s"):
                await tell(runtime, 0)
        assert time.monotonic() - begun_s < 4, "ten pauses are 5 s, and the fallback must not wait"
        now_s[0] += 0.6
        assert await tell(runtime, 0) > 0
        assert runtime.usage().restarts == {"death": 3}

    limits(scenario, monotonic=lambda: now_s[0], processes=1)


def test_what_it_prints_is_logged_by_line_and_cannot_fill_the_log(limits):
    async def scenario(runtime):
        for what in (4, 5):
            await tell(runtime, what)
        await asyncio.sleep(0.1)

    with structlog.testing.capture_logs() as logs:
        limits(scenario)
    said = [log["line"] for log in logs if log["event"] == "the arm says"]
    assert "to stdout" in said
    assert "to stderr" in said
    assert max(map(len, said)) <= 2000
    assert len(said) < 300
    dropped = [log["lines"] for log in logs if log["event"] == "the arm says more than is logged"]
    assert sum(dropped) + sum(line.startswith("line ") for line in said) == 5000
    assert {log["arm"] for log in logs if "arm" in log} == {"p"}


def test_it_sees_no_secret_unless_it_was_declared(limits, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    monkeypatch.setenv("SHOWN", "1")

    async def scenario(runtime):
        return await tell(runtime, 6)

    assert limits(scenario) == 4
    assert limits(scenario, env=("SHOWN",)) == 6


@pytest.mark.faults
def test_what_it_started_ends_with_it(limits, tmp_path):
    async def scenario(runtime):
        with pytest.raises(DeadlineExceeded):
            await tell(runtime, 9)

    limits(scenario, timeout_ms=1500)
    pid = int((tmp_path / "grandchild").read_text())
    until_s = time.monotonic() + 60
    while alive(pid) and time.monotonic() < until_s:
        time.sleep(0.02)
    assert not alive(pid)


def alive(pid):
    """Whether it runs; one that nobody waited for is dead, whoever keeps its number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


HANGS = """
import os, time

def f(x):
    open("pid", "w").write(str(os.getpid()))
    time.sleep(600)
"""


@pytest.mark.faults
def test_its_process_ends_when_the_worker_is_killed_while_it_hangs(tmp_path):
    (tmp_path / "arm.py").write_text(HANGS)
    code = (
        "import asyncio, pathlib, numpy as np\n"
        "from slipway.records.arm import Arm, ArmKind\n"
        "from slipway.runtime.python import PythonRuntime\n"
        "arm = Arm(name='p', kind=ArmKind.PYTHON, function='arm.py:f', timeout_ms=600000)\n"
        "runtime = PythonRuntime(arm, root=pathlib.Path('.'))\n"
        "asyncio.run(runtime.predict({'a': np.zeros(1)}, rows=1))\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    until_s = time.monotonic() + 90
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()) and time.monotonic() < until_s:
        time.sleep(0.02)
    pid = int((tmp_path / "pid").read_text())
    worker.kill()
    worker.wait()
    while alive(pid) and time.monotonic() < until_s:
        time.sleep(0.02)
    assert not alive(pid)
