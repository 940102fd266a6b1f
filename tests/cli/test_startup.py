"""``slipway --help`` answers at once, because it imports nothing that it does not need."""

import subprocess
import sys

import pytest

from slipway.cli.commands import COMMANDS

HEAVY = {
    "numpy",
    "polars",
    "pandas",
    "sklearn",
    "onnx",
    "onnxruntime",
    "skl2onnx",
    "sqlalchemy",
    "uvloop",
    "uvicorn",
    "starlette",
    "httpx",
    "httptools",
    "jinja2",
    "msgspec",
    "cryptography",
    "structlog",
}
PROBE = """
import sys
from slipway.cli.app import run
status = run({words!r})
print("MODULES", *sorted(m.split(".")[0] for m in sys.modules if "." not in m), file=sys.stderr)
sys.exit(status)
"""


def modules_after(*words):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(words=list(words))], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("MODULES")[2].split()), done.stdout


@pytest.mark.parametrize("words", [["--help"], ["--version"], []])
def test_the_first_page_imports_nothing_heavy(words):
    modules, out = modules_after(*words)
    assert not modules & HEAVY
    assert out.strip()


def test_importing_the_package_brings_neither_training_tools_nor_the_table_engine():
    code = "import sys, slipway; print(*(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert not set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("name", [name for name, _, _ in COMMANDS])
def test_help_of_a_command_waits_for_neither_the_table_engine_nor_a_model_runtime(name):
    modules, _ = modules_after(name, "--help")
    assert not modules & {"polars", "pandas", "sklearn", "onnx", "onnxruntime", "uvloop", "starlette", "uvicorn"}
