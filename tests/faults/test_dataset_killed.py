"""kill -9 while a dataset version is made: it is there whole or not at all, and what was there before still is."""

import random
import re
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from slipway import Project
from slipway.project import datasets

pytestmark = pytest.mark.faults
MAKE = "import sys; from slipway import Project; Project.open(sys.argv[1]).make_dataset('main')"
SEEDS = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed") / "p"
    once = datasets.load(Project.init(folder)._parts, params=None).table
    rows = pl.concat([once] * 300).with_row_index("at").with_columns(pl.format("s{}", "at").alias("sample"))
    page = folder / "slipway.toml"
    text = re.sub(r'(?m)^source( *)= "model.py:load".*$', 'source = "rows.parquet"', page.read_text(encoding="utf-8"))
    page.write_text(text, encoding="utf-8")
    rows.drop("at").write_parquet(folder / "rows.parquet")
    assert Project.open(folder).scope.data.source == "rows.parquet"
    return folder


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_version_is_whole_or_not_there(seed, folder):
    rng = random.Random(seed)  # noqa: S311 - chance for a test, not for a secret
    rows = pl.read_parquet(folder / "rows.parquet")
    rows[rng.randrange(rows.height), "mean_radius"] += 1.0  # a new version each time
    rows.write_parquet(folder / "rows.parquet")
    before = {v.id for v in Project.open(folder).datasets()}
    pieces = len(list((folder / ".slipway" / "blobs").glob("??/*")))
    making = subprocess.Popen([sys.executable, "-c", MAKE, folder])
    while making.poll() is None and len(list((folder / ".slipway" / "blobs").glob("??/*"))) == pieces:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 0.3))
    making.kill()
    assert making.wait() in (-signal.SIGKILL, 0)
    project = Project.open(folder)
    assert before <= {v.id for v in project.datasets()}
    assert project.verify().errors == ()
    made = project.make_dataset("main")
    assert datasets.rows_of(project._parts, made).drop("answer_of_radius-rule").equals(rows)
