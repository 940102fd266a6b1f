"""kill -9 of a job at random moments, twenty seeds: the output is absent or whole, no row is journalled twice."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.errors import Conflict
from slipway.records.frame import PredictionFrame
from slipway.storage.journal import SegmentReader

pytestmark = pytest.mark.faults
SEEDS, ROWS, PARTS = 20, 200_000, 49
SCORE = (
    "import sys; from slipway import Project; from slipway.batch import wish\n"
    "wish.FEWEST_ROWS = wish.MOST_ROWS = 4096\n"
    "Project.open(sys.argv[1]).score(sys.argv[2], output=sys.argv[3], id='key', keep=['mean_area'], threads=2)"
)


@pytest.fixture
def project(tmp_path):
    made = Project.init(tmp_path / "p", name="hearts")
    made.open_route()
    return made


@pytest.fixture
def source(project):
    rng = np.random.default_rng(0)
    fields = {f.name: rng.random(ROWS) for f in project.scope.fields}
    names = {n: pl.select(pl.format(n + "{}", pl.int_range(ROWS))).to_series() for n in ("sample", "key")}
    table = pl.DataFrame(names | fields).with_columns(mean_radius=pl.col("mean_radius") * 100.1)
    table.write_parquet(project.folder / "in.parquet", row_group_size=50_000)
    return project.folder / "in.parquet"


def journalled(project):
    reader = SegmentReader(project.folder / ".slipway" / "journal")
    return [i for f, _ in reader.read({}) if isinstance(f, PredictionFrame) for i in f.id]


def killed(project, source, out, *, parts, later_s):
    """Start the job, kill it some time after so many parts were done; return whether it was still at work."""
    job = subprocess.Popen([sys.executable, "-c", SCORE, project.folder, source, out], stdout=subprocess.DEVNULL)
    while job.poll() is None and len(list(out.with_name(f"{out.name}.partial").glob("*.done"))) < parts:
        time.sleep(0.001)
    time.sleep(later_s)
    alive = job.poll() is None
    job.kill()
    job.wait()
    return alive and job.returncode == -signal.SIGKILL


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_job_killed_at_a_random_moment_goes_on(seed, project, source):
    rng = random.Random(seed)  # noqa: S311 - chance for a test, not for a secret
    out = project.folder / "out.parquet"
    for parts in sorted(rng.sample(range(PARTS + 1), 2)):
        alive = killed(project, source, out, parts=parts, later_s=rng.uniform(0, 0.03))
        assert alive or out.exists()
        assert not out.exists() or pl.read_parquet(out).height > ROWS * 0.99
    before = out.exists()
    try:
        report = project.score(source, output=out, id="key", keep=["mean_area"]).report
        assert report.rows == ROWS
    except Conflict:
        assert before
    got, rejects = pl.read_parquet(out), pl.read_ndjson(project.folder / "out.parquet.rejects.jsonl")
    ids = journalled(project)
    assert len(ids) == len(set(ids)) == got.height
    assert set(ids) == set(got["id"])
    assert sorted(got["row"].to_list() + rejects["row"].to_list()) == list(range(ROWS))
    answers = (pl.read_parquet(source)["mean_radius"] > 15).cast(pl.Float64)
    assert got["score"].to_list() == answers.gather(got["row"]).to_list()


def test_a_job_that_was_killed_and_went_on_has_the_bytes_of_one_that_was_not(project, source):
    out, whole = project.folder / "out.parquet", project.folder / "whole.parquet"
    assert killed(project, source, out, parts=5, later_s=0.01)  # most is left: a busy machine may look late
    subprocess.run([sys.executable, "-c", SCORE, project.folder, source, out], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-c", SCORE, project.folder, source, whole], check=True, stdout=subprocess.DEVNULL)
    assert out.read_bytes() == whole.read_bytes()
