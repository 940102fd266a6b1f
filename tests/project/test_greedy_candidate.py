"""A candidate that takes more memory than the scope allows, through the real server: it answers well, and goes back."""

import time

import httpx
import pytest

from slipway import Project
from slipway.project.server import Server
from slipway.records.rollout import Action, RolloutStatus

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

PATIENCE_S = 90.0
GREEDY = """
import numpy as np

held = np.ones(350_000_000 // 8)


def f(x):
    return (np.asarray(x["mean_radius"], float) > 15) * 1.0
"""
ARM = '[arms.greedy]\nfunction = "greedy.py:f"\nmemory_mb = 1500\ntimeout_ms = 5000\n\n[data]'
STAGES = 'stages = [{ name = "canary", share = 0.5, min = "0s", max = "30d" }, "full"]\n\n'


@pytest.fixture
def project(tmp_path):
    """The starter with a canary first, a function that holds 334 MB, and a budget that live keeps and it does not."""
    folder = Project.init(tmp_path / "p").folder
    (folder / "greedy.py").write_text(GREEDY)
    page = (folder / "slipway.toml").read_text()
    begin, end = page.index("stages   = ["), page.index("[monitoring]")
    page = page[:begin] + STAGES + page[end:]
    page = page.replace("[data]", ARM, 1).replace("memory_mb      = 500", "memory_mb      = 300")
    (folder / "slipway.toml").write_text(page.replace("latency_p99_ms = 20\n", ""))
    return Project.open(folder)


def ask_and_tell(client, *, visit):
    """Ask a few hundred rows, and tell of each that the answer was right."""
    rows = [{"sample": f"s{i}", "mean_radius": 10.0 + i % 9, "id": f"{visit}-{i}"} for i in range(200)]
    answers = client.post("/predict", json={"rows": rows}).json()["predictions"]
    outcomes = [{"id": a["id"], "value": a["label"]} for a in answers]
    assert client.post("/outcomes", json={"outcomes": outcomes}).status_code == 200


def test_it_is_rolled_back_by_the_budget_and_by_nothing_else(project):
    with Server(project.folder) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        rollout, until_s, visit = project.start_rollout("greedy"), time.monotonic() + PATIENCE_S, 0
        while project.rollout(rollout.id).status is RolloutStatus.RUNNING and time.monotonic() < until_s:
            ask_and_tell(client, visit=visit)
            visit += 1
            time.sleep(0.2)
        metrics = client.get("/metrics").text
    assert project.rollout(rollout.id).status is RolloutStatus.ROLLED_BACK
    last = project.verdicts(rollout.id)[-1]
    assert (last.stage, last.action) == ("canary", Action.ROLL_BACK)
    assert "budgets.memory_mb allows 300, with the candidate serving takes" in last.reason
    assert "the candidate costs too much: fail" in last.reason
    assert 'slipway_worker_memory_bytes{worker="shadow"}' in metrics
    assert 'slipway_arm_cores{arm="radius-rule"}' in metrics
    assert [s.arm for s in project.route().shares if s.share] == ["radius-rule"]
    assert project.replay(rollout.id).same
