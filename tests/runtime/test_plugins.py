"""A runtime that another package brings along is found by name, and takes the shipped exam."""

import asyncio
import sys

import pytest

from slipway.errors import Conflict, NotFound, Refused
from slipway.records.arm import Arm, ArmKind
from slipway.runtime.registry import ArmContext, open_arm
from slipway.testing import models
from slipway.testing.runtime import RuntimeContract

CODE = """
import numpy as np

class Lookup:
    def __init__(self, factor):
        self._factor = factor

    async def predict(self, columns, *, rows):
        return np.tanh(columns["a"] * self._factor)

    async def close(self):
        pass

async def open_lookup(arm, context):
    assert [f.name for f in context.signature.fields] == ["a", "b"]
    return Lookup(dict(arm.options)["factor"])

async def open_half(arm, context):
    return object()
"""
ENTRIES = """[slipway.runtimes]
lookup = stranger_runtime:open_lookup
half = stranger_runtime:open_half
broken = stranger_runtime:nothing_there
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path, monkeypatch):
    """A package as an installer leaves it: a module, and beside it what it registers."""
    (tmp_path / "stranger_runtime.py").write_text(CODE)
    info = tmp_path / "stranger_runtime-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger-runtime\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("stranger_runtime", None)


def arm(runtime):
    return Arm(name="s", kind=ArmKind.PLUGIN, runtime=runtime, options=(("factor", 0.5),))


def opened(runtime):
    return open_arm(arm(runtime), context=ArmContext(signature=models.NUMBERS, blobs=None, root=None))


class TestStranger(RuntimeContract):
    async def open(self):
        return await opened("lookup")

    def batch(self, rows):
        return models.numbers_batch(rows)


@pytest.mark.parametrize(
    ("runtime", "error", "says"),
    [
        ("lokup", NotFound, "Did you mean 'lookup'"),
        ("half", Refused, "without predict and close"),
        ("broken", Refused, "nothing_there"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(runtime, error, says):
    with pytest.raises(error, match=says) as caught:
        asyncio.run(opened(runtime))
    assert str(caught.value).startswith(f"runtime {runtime}: want")


def test_two_packages_with_one_name_are_refused(tmp_path):
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[slipway.runtimes]\nlookup = other:open_other\n")
    with pytest.raises(Conflict, match="other:open_other"):
        asyncio.run(opened("lookup"))
