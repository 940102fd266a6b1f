"""A real project, made once by the commands themselves."""

import subprocess
import sys

import pytest


def run_slipway(*words, cwd, timeout=120):
    """Run the real entry point in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "slipway.cli.app", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="session")
def slipway():
    return run_slipway


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A folder in which a project was made, data versioned, two models trained and a rollout started."""
    folder = tmp_path_factory.mktemp("cli") / "tumours"
    steps = (
        ("init", folder),
        ("data", "make"),
        ("run", "train", "--name", "first"),
        ("run", "train", "--name", "second", "--param", "C=0.1"),
        ("rollout", "start", "first"),
        ("rollout", "step"),
    )
    for words in steps:
        done = run_slipway(*words, cwd=folder if folder.exists() else folder.parent)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
    return folder
