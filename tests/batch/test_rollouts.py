"""Rollouts by batch jobs alone, no server: a good candidate goes from shadow to full, harmful ones are rolled back."""

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.records.gate import Better, Gate, GateKind
from slipway.records.rollout import Plan, RolloutStatus, Stage, StageKind

DAY_US = 86_400_000_000
FIRST_US = 1_700_006_400_000_000  # a midnight
ROWS = 1500

SHADOW = Stage(
    name="shadow", kind=StageKind.SHADOW, share=0, min_s=0, max_s=9e6,
    gates=(Gate(kind=GateKind.NOT_WORSE, margin=0.02, unit="row", alpha=0.01, min_units=100),),
)  # fmt: skip
DEALT = (
    Gate(kind=GateKind.SERVICE, unit="row", alpha=0.01, min_units=50),
    Gate(kind=GateKind.HARM, unit="row", alpha=0.01, min_units=50),
    Gate(kind=GateKind.METRIC, metric="saved", better=Better.HIGHER, margin=0.2, unit="row", alpha=0.01, min_units=50),
)
CANARY = Stage(name="canary", kind=StageKind.CANARY, share=0.1, gates=DEALT, min_s=130_000, max_s=9e6)
RAMP = Stage(name="ramp", kind=StageKind.RAMP, share=0.5, gates=DEALT, min_s=0, max_s=9e6)
FULL = Stage(name="full", kind=StageKind.FULL, share=1, gates=(SHADOW.gates[0],), min_s=0, max_s=9e6)


@pytest.fixture
def project(tmp_path):
    made = Project.init(tmp_path / "p", name="hearts")
    page = made.folder / "slipway.toml"
    rules = '[arms.near]\nrule = "mean_radius > 14"\n\n[arms.far]\nrule = "mean_radius > 20"\n\n[data]'
    # no server runs that would take memory, so no budget for it can be kept or broken
    page.write_text(page.read_text().replace("[data]", rules).replace("memory_mb      = 500\n", ""))
    made = Project.open(made.folder)
    made.open_route()
    return made


def a_day(project, day, *, rows=ROWS, saved=True):
    """Score a day's table, tell what came of it, and let control look; return the answers."""
    rng = np.random.default_rng(day)
    radius = rng.uniform(5, 25, rows)
    truth = (radius > 14) ^ (rng.random(rows) < 0.05)
    fields = {f.name: np.full(rows, 0.5) for f in project.scope.fields} | {"mean_radius": radius}
    table = pl.DataFrame({"sample": [f"s{day}-{i}" for i in range(rows)], **fields})
    at_us = FIRST_US + day * DAY_US
    answers = project.score(table, at_us=at_us).answers
    told = answers.select("id", "label", value=pl.Series(truth[answers["row"]].astype(int)))
    project.take_outcomes(told.select("id", "value"), at_us=at_us + 1)
    if saved:
        right = (told["label"] == told["value"]).cast(pl.Float64)
        project.take_metrics(told.select("id", metric=pl.lit("saved"), value=right * 2.0), at_us=at_us + 1)
    report = project.step(now_us=at_us + 2)
    assert report.problems == ()
    return answers


def test_a_good_candidate_goes_from_shadow_to_full_by_jobs_alone(project):
    before = FIRST_US - DAY_US
    started = project.start_rollout("near", plan=Plan(stages=(SHADOW, CANARY, RAMP, FULL), maturity_s=0), at_us=before)
    stages, shares = [], []
    for day in range(20):
        stage = project.rollout(started.id).stage().name
        answers = a_day(project, day)
        stages.append(stage)
        shares.append((answers["arm"] == "near").mean())
        if project.rollout(started.id).status is not RolloutStatus.RUNNING:
            break
    assert project.rollout(started.id).status is RolloutStatus.COMPLETED
    assert list(dict.fromkeys(stages)) == ["shadow", "canary", "ramp", "full"]
    assert stages.count("canary") >= 2  # a job and a look a night are enough for a stay of a day and a half
    for stage, share in zip(stages, shares, strict=True):
        assert share == pytest.approx({"shadow": 0, "canary": 0.1, "ramp": 0.5, "full": 1}[stage], abs=0.05)
    assert set(a_day(project, 30)["arm"]) == {"near"}
    assert project.replay(started.id).same, project.replay(started.id).sentence


@pytest.mark.parametrize("stages", [(SHADOW, CANARY), (CANARY,)], ids=["found in the shadow", "found in the canary"])
def test_a_harmful_candidate_is_rolled_back_and_the_next_job_is_lives_alone(stages, project):
    started = project.start_rollout("far", plan=Plan(stages=stages, maturity_s=0), at_us=FIRST_US - DAY_US)
    for day in range(10):
        a_day(project, day)
        if project.rollout(started.id).status is not RolloutStatus.RUNNING:
            break
    assert project.rollout(started.id).status is RolloutStatus.ROLLED_BACK
    assert project.rollout(started.id).stage().name == stages[0].name
    assert set(a_day(project, 30)["arm"]) == {"radius-rule"}
    assert project.replay(started.id).same


def test_a_metric_alone_rolls_back_where_errors_are_not_told(project):
    """No outcome ever comes; what the answers brought about does."""
    canary = Stage(name="canary", kind=StageKind.CANARY, share=0.2, gates=DEALT[2:], min_s=0, max_s=9e6)
    started = project.start_rollout("far", plan=Plan(stages=(canary,), maturity_s=0), at_us=FIRST_US - DAY_US)
    a_day(project, 0, saved=False)
    (verdict,) = project.verdicts(started.id)
    assert "no value of saved of a request that was dealt to candidate" in verdict.reason
    for day in range(1, 4):
        a_day(project, day)
    assert project.rollout(started.id).status is RolloutStatus.ROLLED_BACK
    assert "saved: candidate" in project.verdicts(started.id)[-1].reason
    assert project.replay(started.id).same


def test_a_shadow_by_jobs_holds_until_the_shadow_has_answered(project):
    """Before the first job there is nothing, and nothing is no success."""
    started = project.start_rollout("near", plan=Plan(stages=(SHADOW,), maturity_s=0), at_us=FIRST_US - DAY_US)
    project.step(now_us=FIRST_US)
    assert project.rollout(started.id).status is RolloutStatus.RUNNING
