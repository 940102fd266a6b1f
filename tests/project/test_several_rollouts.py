"""Two projects behind one port, a rollout in each at once: what one candidate does is never counted in the other."""

import random

import httpx
import pytest

from slipway import Project
from slipway.errors import Conflict
from slipway.project.server import Server
from slipway.records.gate import Better, Gate, GateKind
from slipway.records.rollout import Plan, RolloutStatus, Stage, StageKind

pytestmark = pytest.mark.slow

GATES = (
    Gate(kind=GateKind.HARM, unit="row", alpha=0.01),
    Gate(kind=GateKind.SERVICE, unit="row", alpha=0.01),
    Gate(kind=GateKind.METRIC, metric="saved", better=Better.HIGHER, margin=0.5, unit="row", alpha=0.01),
)
CANARY = Stage(name="canary", kind=StageKind.CANARY, share=0.5, gates=GATES, min_s=86_400, max_s=864_000)
PLAN = Plan(stages=(CANARY,), maturity_s=0)
RULES = '[arms.near]\nrule = "mean_radius > 14"\n\n[arms.far]\nrule = "mean_radius > 25"\n\n[data]'


def make(folder, name):
    project = Project.init(folder / name, name=name)
    page = project.folder / "slipway.toml"
    page.write_text(page.read_text().replace("[data]", RULES).replace("memory_mb      = 500\n", ""))
    project = Project.open(project.folder)
    project.open_route()
    return project


def test_only_the_harmful_one_rolls_back_and_no_evidence_is_the_others(tmp_path):
    good, bad = make(tmp_path, "good"), make(tmp_path, "bad")
    chance = random.Random(7)  # noqa: S311 - chance for a test, not for a secret
    with Server(good.folder, beside=[bad.folder]) as server:
        started = {"good": good.start_rollout("near", plan=PLAN), "bad": bad.start_rollout("far", plan=PLAN)}
        with pytest.raises(
            Conflict, match=r"one rollout at a time, but near-1 of near runs\. Wait for its end, or roll"
        ):
            good.start_rollout("far", plan=PLAN)
        asked = {"good": 0, "bad": 0}
        with httpx.Client(base_url=server.url, timeout=30) as client:
            for turn in range(6):
                for name, many in (("good", 100), ("bad", 140)):
                    rows = [
                        {"sample": f"s{turn}-{i}", "id": f"{turn}-{i}", "mean_radius": chance.uniform(5, 25)}
                        for i in range(many)  # the same samples and ids in both projects
                    ]
                    assert client.post(f"/predict/{name}", json={"rows": rows}).status_code == 200
                    told = [{"id": row["id"], "value": int(row["mean_radius"] > 14)} for row in rows]
                    assert client.post(f"/outcomes/{name}", json={"outcomes": told}).status_code == 200
                    saved = [{"id": row["id"], "metric": "saved", "value": row["mean_radius"]} for row in rows]
                    assert client.post(f"/outcomes/{name}", json={"metrics": saved}).status_code == 200
                    asked[name] += many
                assert good.step().problems == bad.step().problems == ()
    ended = {"good": good.rollout("near-1"), "bad": bad.rollout("far-1")}
    assert ended["good"].status is RolloutStatus.RUNNING
    assert ended["bad"].status is RolloutStatus.ROLLED_BACK
    assert [share.arm for share in bad.route().shares] == ["radius-rule"]
    assert {share.arm for share in good.route().shares} == {"near", "radius-rule"}
    for project, name in ((good, "good"), (bad, "bad")):
        verdicts = project.verdicts(started[name].id)
        inputs = project.verdict_inputs(f"{started[name].id}-{len(verdicts)}")
        counted = sum(c.candidate.n + c.live.n for c in inputs.cohorts)
        labelled = sum(c.candidate.labelled + c.live.labelled for c in inputs.cohorts)
        assert 0 < labelled == counted <= asked[name]
        (saved,) = inputs.facts.metrics
        assert sum(s.candidate.n + s.live.n for s in saved.strata) == counted
        assert project.replay(started[name].id).same
