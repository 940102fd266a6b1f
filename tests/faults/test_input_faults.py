"""What no table of bad inputs can do in its own process: disks that are full, files that may not be read, forks.

Kills are in ``test_dataset_killed.py`` and ``tests/project/test_training.py``.
"""

import os
import resource
import shutil
import subprocess
import sys
from functools import partial

import polars as pl
import pytest

from slipway import Project

pytestmark = pytest.mark.faults
FORKING = """
def train(X, y, params, seed):
    import os
    if os.fork() == 0:
        return None  # the child comes back as well, and must not make a run of it
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(X, y)
"""


def slipway(folder, *words, before=(), **more):
    done = subprocess.run(
        [*before, sys.executable, "-m", "slipway.cli.app", *words, "--project", str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **more,
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert "bug in Slipway" not in done.stderr
    return done.returncode, " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    project = Project.init(tmp_path_factory.mktemp("faults") / "p")
    project.make_dataset()
    project.train()
    return project.folder


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "p")


def kept(folder):
    project = Project.open(folder)
    return [d.id for d in project.datasets()], [r.id for r in project.runs()], project.verify().errors


def reading(folder, rows):
    """Let the project read a file of other rows."""
    page = folder / "slipway.toml"
    rows.write_parquet(folder / "rows.parquet")
    page.write_text(page.read_text().replace('"model.py:load"', '"rows.parquet"'))


def more_rows(folder):
    namespace = {}
    exec((folder / "model.py").read_text(), namespace)  # noqa: S102 - the starter's own
    return pl.concat([namespace["load"]()] * 40).with_columns(
        mean_radius=pl.int_range(pl.len()) / 1000, sample=pl.format("n{}", pl.int_range(pl.len()))
    )


@pytest.mark.parametrize("bytes_", [0, 1 << 12, 1 << 16, 1 << 18])
def test_a_version_that_finds_no_room_is_not_kept_and_the_next_one_is(folder, bytes_):
    before = kept(folder)
    reading(folder, more_rows(folder))
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (bytes_, bytes_))
    status, said = slipway(folder, "data", "make", preexec_fn=full)
    assert status == 1
    assert "want" in said
    assert kept(folder) == before
    assert slipway(folder, "data", "make")[0] in (0, 1)  # made, whatever its checks say of made-up rows
    assert len(kept(folder)[0]) == len(before[0]) + 1


@pytest.mark.parametrize("bytes_", [0, 1 << 12, 1 << 16])
def test_a_run_that_finds_no_room_is_not_kept_and_the_next_one_is(folder, bytes_):
    before = kept(folder)
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (bytes_, bytes_))
    status, said = slipway(folder, "run", "train", "--seed", "5", preexec_fn=full)
    assert status == 1
    assert "want" in said
    assert kept(folder) == before
    assert slipway(folder, "run", "train", "--seed", "5")[0] == 0
    assert len(kept(folder)[1]) == len(before[1]) + 1


def test_a_file_that_may_not_be_read_is_told_by_its_permissions(folder):
    before = kept(folder)
    reading(folder, pl.DataFrame({"a": [1]}))
    (folder / "rows.parquet").chmod(0)
    drop = ()
    if os.geteuid() == 0:  # root reads everything, unless it gives that right away
        if shutil.which("setpriv") is None:
            pytest.skip("root reads every file, and there is no 'setpriv' here to give that up")
        drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    status, said = slipway(folder, "data", "make", before=drop)
    assert status == 1
    assert "rows.parquet: want to read it, got 'Permission denied'. Check its permissions." in said
    assert kept(folder) == before


def test_a_training_function_that_forks_makes_one_run(folder):
    before = kept(folder)
    text = (folder / "model.py").read_text().partition("\ndef train(")[0]
    (folder / "model.py").write_text(text + FORKING)
    assert slipway(folder, "run", "train", "--seed", "9")[0] == 0
    assert len(kept(folder)[1]) == len(before[1]) + 1
    assert len([a for a in Project.open(folder).attempts() if a.standing.value == "finished"]) == 2
