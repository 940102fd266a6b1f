"""One load test of a real server: kept, held against the budgets, told apart from what callers asked."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from slipway import Project
from slipway.bench.ladder import Climb
from slipway.cli.app import run
from slipway.errors import Conflict, NotFound, Refused, Unavailable
from slipway.project import benching
from slipway.project.benching import BenchPlan
from slipway.project.server import Server
from slipway.records.access import May
from slipway.records.frame import PredictionFrame
from slipway.records.load_test import ID_PREFIX, Hold, Limits
from slipway.records.worker_config import ClockKind
from slipway.serving.config_file import load_config
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout
from slipway.testing.certificates import Authority

LENIENT = Limits(latency_p99_ms=1000.0)
CLIMB = Climb(qps=600, for_s=2.0)
PLAN = BenchPlan(climb=CLIMB, limits=LENIENT, warm_s=0.2, connections=8)


REACH = """[serving]
tls_certificate = "server.pem"
tls_key = "server.key"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One whose server speaks TLS and lets in only who has a key, which the load test must then show."""
    folder = tmp_path_factory.mktemp("bench")
    made = Project.init(folder / "tumours")
    page = made.folder / "slipway.toml"
    page.write_text(page.read_text().replace("[serving]\n", REACH))
    authority = Authority(folder, now=datetime.now(UTC))
    authority.sign(made.folder / "server.pem", key=made.folder / "server.key")
    made = Project.open(made.folder)
    made.make_key("app", may=[May.PREDICT])
    made.make_dataset()
    return made


@pytest.fixture(scope="module")
def server(project):
    with Server(project.folder) as running:
        yield running


def test_without_a_server_it_says_how_to_start_one(project):
    with pytest.raises(NotFound, match="slipway serve"):
        project.bench(PLAN)
    assert {str(j.standing) for j in project.judge_load(None)} == {"unknown"}


def test_what_was_found_is_kept_and_held_against_the_budgets(project, server, capsys):
    told = []
    test = project.bench(PLAN, told=told.append)
    assert test.held_qps == 600, test.rungs[0].reason
    assert test.url.startswith("https://127.0.0.1:")
    assert list(test.rungs) == told
    assert project.load_tests() == [test]
    assert "600 requests a second held" in project.audit()[-1].why
    assert {j.promise: str(j.standing) for j in project.judge_load(test)}["memory"] == "holds"
    assert {"worker-0", "supervisor", "control"} <= {u.name for u in test.rungs[0].usage}
    assert run(["bench", "show", "--project", str(project.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["held_qps"] == 600
    assert run(["scope", "check", "--project", str(project.folder), "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["load_test"] == test.id
    assert [(b["promise"], b["standing"]) for b in checked["budgets"]] == [
        (j.promise, j.standing) for j in project.judge_load(test)
    ]


def test_every_row_of_it_is_journalled_under_a_name_of_its_own(project, server):
    frames = [f for f, _ in SegmentReader(project.folder / ".slipway" / "journal").read({})]
    ids = [i for f in frames if isinstance(f, PredictionFrame) for i in f.id]
    (test,) = project.load_tests()
    assert len(ids) == len(set(ids)) >= test.rungs[0].latency.n
    assert all(i.startswith(test.id) and i.startswith(ID_PREFIX) for i in ids)


def test_who_shows_another_certificate_is_not_asked(project, server, monkeypatch):
    authority = project.folder.parent / "ca.pem"
    other = msgspec.structs.replace(load_config(Layout(project.folder)), tls_certificate=str(authority))
    monkeypatch.setattr(benching, "load_config", lambda _: other)
    with pytest.raises(Unavailable, match="another certificate"):
        project.bench(PLAN)


def test_the_command_prints_draws_and_ends_with_1_where_nothing_holds(project, server, tmp_path, capsys):
    words = ["--p99-ms", "0.001", "--qps", "2000", "--for", "0.7s", "--chart", str(tmp_path / "page.html")]
    assert run(["bench", *words, "--project", str(project.folder)]) == 1
    out = capsys.readouterr().out
    assert "No rate was found that holds" in out
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert run(["bench", "list", "--project", str(project.folder)]) == 0
    assert capsys.readouterr().out.count(ID_PREFIX) == 2


def test_a_server_that_replays_is_not_asked(project, server, monkeypatch):
    """Load would move its clock. The facts of the running server are replaced, since it may not be started twice."""
    replaying = msgspec.structs.replace(load_config(Layout(project.folder)), clock=ClockKind.EVENT)
    monkeypatch.setattr(benching, "load_config", lambda _: replaying)
    with pytest.raises(Refused, match="clock"):
        project.bench(PLAN)


@pytest.mark.slow
def test_real_callers_of_a_rollout_are_not_slowed_unasked(project, server):
    project.train(name="first")
    project.start_rollout()
    with pytest.raises(Conflict, match="--during-rollout"):
        project.bench(PLAN)
    plan = BenchPlan(climb=CLIMB, limits=LENIENT, warm_s=0.2, connections=8, during_rollout=True)
    assert project.bench(plan).rungs[0].hold is not Hold.BREAKS
