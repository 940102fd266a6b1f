"""What the report shows of a real project is what the project holds."""

import numpy as np
import pytest

from slipway.errors import BadInput, NotFound
from slipway.project import Project
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.storage.journal import SegmentWriter
from slipway.storage.layout import Layout
from slipway.web.gather import gather
from slipway.web.report import render
from slipway.web.two_tables import Answer
from slipway.web.write import write_report

DAY_US = 86_400_000_000
START_US = 1_700_006_400_000_000  # 2023-11-15 00:00 UTC
ROWS = 50


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A trained model that shadowed nothing but answered three days of requests, wrong on every fifth."""
    made = Project.init(tmp_path_factory.mktemp("web") / "hearts")
    made.make_dataset()
    made.train(name="first")
    rollout = made.start_rollout("first", at_us=START_US)
    journal = Layout(made.folder).journal
    writer = SegmentWriter(journal, name="worker-1")
    for day in range(3):
        at_us = START_US + day * DAY_US
        ids = [f"d{day}-{i}" for i in range(ROWS)]
        score = np.where(np.arange(ROWS) % 2, 0.9, 0.1)
        truth = (score > 0.5) ^ (np.arange(ROWS) % 5 == 0)
        asked = PredictionFrame(
            route=rollout.route,
            route_version=2,
            at_us=[at_us + i for i in range(ROWS)],
            id=ids,
            entity=[f"e{i}" for i in range(ROWS)],
            arm=[rollout.candidate] * ROWS,
            fallback=[False] * ROWS,
            score=score.tolist(),
            latency_us=[100] * ROWS,
            x={},
        )
        told = OutcomeFrame(at_us=[at_us + 1000] * ROWS, id=ids, value=truth.astype(float).tolist())
        writer.append([asked, told])
    writer.close()
    return made


def test_realised_loss_by_day_is_what_was_journalled(project):
    (watched,) = project.watched()
    assert [d.at_us for d in watched.days] == [START_US + i * DAY_US for i in range(3)]
    assert [d.n for d in watched.days] == [ROWS] * 3
    assert [d.realised for d in watched.days] == pytest.approx([0.2] * 3)
    assert all(0 <= d.expected <= 1 for d in watched.days)


def test_everything_the_project_holds_is_gathered(project):
    data = gather(project, now_us=START_US + 10 * DAY_US)
    assert [d.id for d in data.datasets] == [d.id for d in project.datasets()]
    assert [r.id for r in data.runs] == [r.id for r in project.runs()]
    assert [s.rollout.id for s in data.rollouts] == [r.id for r in project.rollouts()]
    assert data.route == project.route()
    assert "started in stage shadow" in data.audit[0].why  # newest first, by order of entry and not by replayed clock
    page = render(data)
    assert project.rollouts()[0].candidate in page
    assert "realised and expected error by day" in page


def test_the_journal_is_held_against_what_the_model_was_packaged_with(project, tmp_path):
    name = project.rollouts()[0].candidate
    found = project.monitor_report(name)
    assert (found.rows_now, found.loss_now) == (3 * ROWS, pytest.approx(0.2))
    assert found.current == "2023-11-15 to 2023-11-17"
    assert found.roles.prediction == "score"
    page = Answer(found).save(tmp_path / "monitor.html").read_text()
    assert f"2023-11-15 to 2023-11-17 against {name} as packaged" in page
    assert project.monitor_report(name, since_us=START_US + DAY_US).rows_now == 2 * ROWS
    with pytest.raises(NotFound, match="arm nobody: want one of"):
        project.monitor_report("nobody")
    with pytest.raises(BadInput, match="found none in this window"):
        project.monitor_report(name, since_us=START_US + 30 * DAY_US)


def test_the_page_is_replaced_whole(project, tmp_path):
    out = tmp_path / "report.html"
    out.write_text("old")
    assert write_report(project, out=out, now_us=START_US) == out
    assert out.read_text().startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
