"""The page on adding a runtime is a package that works: it passes the exam, and a scope opens it by name."""

import asyncio
import importlib
import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from slipway.errors import BadInput
from slipway.records.arm import Arm, ArmKind
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.runtime.registry import ArmContext, open_arm
from slipway.scoping.arm_values import options

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "add-a-runtime.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
TOML = [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)]
SIGNATURE = Signature(fields=(Field(name="tailnum", kind=FieldKind.CATEGORY),), kind=TaskKind.BINARY)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package of the page as an installer leaves it."""
    (tmp_path / "lookup_runtime.py").write_text("\n\n".join(PYTHON))
    info = tmp_path / "lookup_runtime-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lookup-runtime\nVersion: 1.0\n")
    ((group, names),) = TOML[0]["project"]["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {value}" for name, value in names.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("lookup_runtime", None)


def opened(root):
    ((name, said),) = TOML[1]["arms"].items()
    arm = Arm(name=name, kind=ArmKind.PLUGIN, **said | {"options": options(said["options"])})
    return open_arm(arm, context=ArmContext(signature=SIGNATURE, blobs=None, root=root))


def test_the_file_of_the_page_passes_the_exam(installed):
    lookup_runtime = importlib.import_module("lookup_runtime")

    exam = lookup_runtime.TestLookup()
    questions = [name for name in dir(exam) if name.startswith("test_")]
    assert len(questions) >= 9
    for name in questions:
        getattr(exam, name)()


def test_the_arm_of_the_page_opens_by_name(installed):
    (installed / "scores.csv").write_text("N1,0.25\nN2,0.5\n")

    async def run():
        runtime = await opened(installed)
        return await runtime.predict({"tailnum": np.array(["N2", "N1", "none", None], object)}, rows=4)

    assert asyncio.run(run()).tolist() == pytest.approx([0.5, 0.25, np.nan, np.nan], nan_ok=True)


def test_a_field_that_is_none_is_refused_as_the_page_says(installed, monkeypatch):
    monkeypatch.setitem(TOML[1]["arms"]["nightly"]["options"], "field", "nope")
    with pytest.raises(BadInput, match=r"arm nightly: want a field of the scope, got 'nope'"):
        asyncio.run(opened(installed))
