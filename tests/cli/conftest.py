"""A real project, made once by the commands themselves."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from slipway.cli.app import run


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


@pytest.fixture
def here(monkeypatch, capfd):
    """Run a command in this process, where no start-up is waited for; called and answering as ``slipway`` does."""

    def run_here(*words, cwd):
        monkeypatch.chdir(cwd)
        capfd.readouterr()
        status = run([*map(str, words)])
        said = capfd.readouterr()
        return SimpleNamespace(returncode=status, stdout=said.out, stderr=said.err)

    return run_here


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A folder in which a project was made, data versioned, two models trained and a rollout started.

    Each command but the first runs in this process: five more start-ups show nothing that other tests do not.
    """
    folder = tmp_path_factory.mktemp("cli") / "tumours"
    done = run_slipway("init", folder, cwd=folder.parent)
    assert done.returncode == 0, (done.stdout, done.stderr)
    steps = (
        ("data", "make"),
        ("run", "train", "--name", "first"),
        ("run", "train", "--name", "second", "--param", "C=0.1"),
        ("rollout", "start", "first"),
        ("rollout", "step"),
    )
    for words in steps:
        assert run([*words, "--project", str(folder)]) == 0, words
    return folder
