"""A project's own function: slow, hanging, crashing and wrong ones stay in their process."""

import asyncio

import numpy as np
import pytest

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
        try:
            for value, error, says in [
                (-1, DeadlineExceeded, "within 1500 ms"),
                (-2, Unavailable, "a process that ended"),
                (-3, Unavailable, "ValueError: no idea"),
                (-4, Unavailable, r"scores of shape \(3,\)"),
            ]:
                with pytest.raises(error, match=says):
                    await runtime.predict({"a": np.array([float(value)])}, rows=1)
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
