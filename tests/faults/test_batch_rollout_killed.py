"""kill -9 of a job in the middle of a canary, while it answers and while it asks the shadows: nothing counts twice."""

import random
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.records.frame import PredictionFrame, ShadowFrame
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, Stage, StageKind
from slipway.storage.journal import SegmentReader

pytestmark = pytest.mark.faults
ROWS, PARTS = 30_000, 8
SCORE = (
    "import sys; from slipway import Project; from slipway.batch import wish\n"
    "wish.FEWEST_ROWS = wish.MOST_ROWS = 4096\n"
    "Project.open(sys.argv[1]).score(sys.argv[2], output=sys.argv[3], threads=2)"
)


@pytest.fixture
def project(tmp_path):
    made = Project.init(tmp_path / "p", name="hearts")
    page = made.folder / "slipway.toml"
    rule = '[arms.near]\nrule = "mean_radius > 14"\n\n[data]'
    page.write_text(page.read_text().replace("[data]", rule).replace("memory_mb      = 500\n", ""))
    made = Project.open(made.folder)
    made.open_route()
    rng = np.random.default_rng(0)
    fields = {f.name: np.full(ROWS, 0.5) for f in made.scope.fields} | {"mean_radius": rng.uniform(5, 25, ROWS)}
    table = pl.DataFrame({"sample": [f"s{i}" for i in range(ROWS)], **fields})
    table.write_parquet(made.folder / "in.parquet", row_group_size=10_000)
    return made


def frames(project):
    return [f for f, _ in SegmentReader(project.folder / ".slipway" / "journal").read({})]


@pytest.mark.parametrize("seed", range(3))
def test_a_canary_by_jobs_counts_each_row_once(seed, project):
    rng = random.Random(seed)  # noqa: S311 - chance for a test, not for a secret
    gates = (Gate(kind=GateKind.HARM, unit="row"), Gate(kind=GateKind.AGREEMENT, level=0.9, unit="row"))
    canary = Stage(name="canary", kind=StageKind.CANARY, share=0.3, gates=gates, min_s=0, max_s=9e6)
    started = project.start_rollout("near", plan=Plan(stages=(canary,), maturity_s=0))
    out = project.folder / "out.parquet"
    for parts in (rng.randrange(PARTS), PARTS):  # once while rows are answered, once when all are, and shadows asked
        command = [sys.executable, "-c", SCORE, project.folder, project.folder / "in.parquet", out]
        job = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while job.poll() is None and len(list(out.with_name("out.parquet.partial").glob("*.done"))) < parts:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.2))
        job.kill()
        job.wait()
    if not out.exists():
        project.score(project.folder / "in.parquet", output=out)
    asked = Counter(i for f in frames(project) if isinstance(f, PredictionFrame) for i in f.id)
    said = Counter((f.arm, i) for f in frames(project) if isinstance(f, ShadowFrame) for i in f.id)
    answers = pl.read_parquet(out)
    assert set(asked.values()) == {1}
    assert set(asked) == set(answers["id"])
    other = {"near": "radius-rule", "radius-rule": "near"}
    assert set(said) == {(other[arm], id_) for id_, arm in answers.select("id", "arm").iter_rows()}
    project.step()
    (verdict,) = project.verdicts(started.id)
    counts = verdict.gates[1].counts
    assert (counts["pairs"], counts["unpaired"]) == (ROWS, 0)  # asked again or not, each pair is one
    inputs = project.verdict_inputs(f"{started.id}-1")
    assert sum(c.candidate.n + c.live.n for c in inputs.cohorts) == ROWS
    assert sum(c.candidate.n for c in inputs.cohorts) == (answers["arm"] == "near").sum()
    assert project.replay(started.id).same
