"""What a newcomer waits for first: imports bring no training tools, and the two commands of the README are there."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAINING = {"sklearn", "skl2onnx", "onnx", "scipy", "pandas"}
ENGINE = TRAINING | {"onnxruntime", "numpy", "polars", "sqlalchemy", "httpx"}


def imported_by(code, *, cwd):
    """Return the top-level modules that a fresh interpreter holds after running the code."""
    tail = "import sys; print('MODULES', *{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tail}"], cwd=cwd, capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.rpartition("MODULES")[2].split())


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import slipway", ENGINE),
        ("from slipway.cli.app import run; run(['--help'])", ENGINE),
        ("from slipway import Project; Project", TRAINING | {"polars", "httpx", "onnxruntime", "uvloop"}),
        ("from slipway import Project; Project.init('p', name='p').status()", TRAINING),
        ("import slipway.serving.worker, slipway.serving.shadow", TRAINING),
        ("import slipway.wiring.control, slipway.control.run", TRAINING),
    ],
)
def test_nothing_is_imported_that_is_not_needed(code, forbidden, tmp_path):
    modules = imported_by(code, cwd=tmp_path)
    assert "slipway" in modules
    assert modules & forbidden == set()


@pytest.mark.parametrize("target", ["demo", "test", "check", "fix", "bench", "docs"])
def test_make_knows_the_command_and_can_read_its_own_recipe(target):
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed here; the Makefile cannot be read by it")
    done = subprocess.run([make, "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_make_says_what_it_can_do():
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed here")
    done = subprocess.run([make], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    commands = {line.split()[0] for line in done.stdout.splitlines()}
    assert {"demo", "test", "check", "fix", "bench", "docs"} <= commands
