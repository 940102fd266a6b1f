"""A stranger's life: an empty folder, the commands of the starter, real requests, a rollout that moves by itself.

Nothing is set but what a newcomer would set: the clock is the machine's, the server is ``slipway serve``, the traffic
is the starter's 569 samples, asked about one by one and then in batches, with outcomes that come after the answers.
"""

import time
from types import SimpleNamespace

import httpx
import pytest

from slipway.project import Project
from slipway.project.server import Server
from slipway.project.user_code import load_function

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]
PATIENCE_S = 150.0


class Visitors:
    """Ask the server about every sample, then tell it what was true; each answer must be an answer."""

    def __init__(self, url, *, folder):
        names = [field.name for field in Project.open(folder).scope.fields]
        table = load_function("model.py:load", folder=folder)()
        self.rows = table.select("sample", *names).to_dicts()
        self.truth = table["malignant"].to_list()
        self.acknowledged, self.told, self.arms = {}, 0, set()
        self._client = httpx.Client(base_url=url, timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.close()

    def one_by_one(self):
        ids = [f"first-{row['sample']}" for row in self.rows]
        self._note([self._post("/predict", {"id": i, **row}) for i, row in zip(ids, self.rows, strict=True)])
        time.sleep(2)  # the truth comes seconds later, as it does for whoever types the README's commands
        for i, y in zip(ids, self.truth, strict=True):
            self.told += self._post("/outcomes", {"id": i, "value": y})["accepted"]

    def at_once(self, visit):
        ids = [f"{visit}-{row['sample']}" for row in self.rows]
        rows = [{"id": i, **row} for i, row in zip(ids, self.rows, strict=True)]
        self._note(self._post("/predict", {"rows": rows})["predictions"])
        outcomes = [{"id": i, "value": y} for i, y in zip(ids, self.truth, strict=True)]
        self.told += self._post("/outcomes", {"outcomes": outcomes})["accepted"]

    def _note(self, answers):
        assert not any(a["fallback"] for a in answers)
        self.acknowledged |= {a["id"]: a["score"] for a in answers}
        self.arms |= {a["arm"] for a in answers}

    def _post(self, path, body):
        reply = self._client.post(path, json=body)
        assert reply.status_code == 200, (path, reply.status_code, reply.text[:500])
        return reply.json()


@pytest.fixture(scope="module")
def life(tmp_path_factory, terminal):
    """Live the life once; the tests below look at what was said on the way."""
    folder = tmp_path_factory.mktemp("stranger")
    type_ = terminal(folder)
    said = SimpleNamespace(folder=folder, terminal=type_)
    said.init = type_.run("init", ".", "--name", "samples")
    said.check = type_.run("scope", "check")
    said.data = type_.json("data", "make")
    said.run = type_.run("run", "train")
    with Server(folder) as server, Visitors(server.url, folder=folder) as visitors:
        said.visitors = visitors
        said.start = type_.run("rollout", "start")
        visitors.one_by_one()
        said.stages = until_everyone_is_answered_by_the_model(visitors, project=Project.open(folder))
        for words in ("rollout show", "rollout replay", "rollout list", "status", "audit", "journal tail"):
            setattr(said, words.replace(" ", "_"), (type_.run(*words.split()), type_.json(*words.split())))
        said.back = type_.run("rollout", "back", "--why", "the laboratory asked for it")
        said.again = type_.json("rollout", "start")
        said.back_json = type_.json("rollout", "back", "--why", "twice is enough")
        visitors.at_once("last")
        said.audit_after = type_.json("audit")
        said.verify = (type_.run("journal", "verify"), type_.json("journal", "verify"))
        said.report = (type_.run("report"), type_.json("report", "page.html"))
    said.status_after = type_.run("status")
    return said


def until_everyone_is_answered_by_the_model(visitors, *, project):
    """Visit again and again until the rollout has come to a share of 1, and return its stages."""
    deadline, visit = time.monotonic() + PATIENCE_S, 0
    while time.monotonic() < deadline:
        visit += 1
        visitors.at_once(f"visit{visit}")
        time.sleep(0.5)
        rollout = project.rollouts()[-1]
        if rollout.entries[-1].stage in ("full", "watch"):
            break
    return [entry.stage for entry in rollout.entries]


def test_each_step_says_what_comes_next(life):
    assert "slipway data make" in life.init
    assert "no mistake found" in life.check
    assert "slipway run train" in life.check
    assert "package" in life.run
    assert "in stage shadow" in life.start
    assert "outcomes have to come first" in life.start


def test_the_present_system_is_measured_before_anything_is_trained(life):
    assert all(check["passed"] for check in life.data["checks"])
    scores = {s["name"]: s["value"] for s in life.data["baselines"]}
    assert 0.05 < scores["present"] < scores["trivial"] < 0.5


def test_the_rollout_moves_by_itself_on_outcomes_that_come_seconds_later(life):
    assert life.stages[:4] == ["shadow", "canary", "ramp-50", "full"]
    assert {arm.split("-")[0] for arm in life.visitors.arms} == {"radius", "samples"}


def test_rollout_show_tells_each_move_with_its_evidence(life):
    page, told = life.rollout_show
    assert told["rollout"]["status"] == "running"
    moves = [v for v in told["verdicts"] if v["action"] == "advance"]
    assert [m["stage"] for m in moves][:3] == ["shadow", "canary", "ramp-50"]
    assert all(gate["decision"] == "pass" and gate["counts"] for m in moves for gate in m["gates"])
    for word in ("Last verdict", "advance", "pairs", "candidate errs on"):
        assert word in page


def test_every_verdict_comes_out_the_same_from_the_journal(life):
    page, told = life.rollout_replay
    assert told["same"] is True
    assert len(told["verdicts"]) >= len(life.rollout_show[1]["verdicts"]) >= 4  # control judges on meanwhile
    assert "bit for bit" in page


def test_status_says_that_it_serves_and_that_nothing_is_wrong(life):
    page, told = life.status
    assert told["serving"] is True
    assert told["problems"] == []
    assert told["predictions"] == len(life.visitors.acknowledged) - len(life.visitors.rows)  # one visit came later
    assert "up: " in page
    assert "down; 'slipway serve' starts it" in life.status_after


def test_rolling_back_puts_the_rule_back_and_the_audit_trail_says_why(life):
    assert "rolled back" in life.back
    assert life.again["rollout"]["status"] == "running"
    assert life.back_json["rollout"]["status"] == "rolled back"
    whys = [entry["why"] for entry in life.audit_after]
    for why in ("the laboratory asked for it", "twice is enough"):
        assert sum(why in w for w in whys) >= 1
    assert all(entry["by"] for entry in life.audit_after)
    project = Project.open(life.folder)
    assert project.route().share_of("radius-rule") == 1.0


def test_no_acknowledged_prediction_is_missing_and_none_is_there_twice(life):
    page, told = life.verify
    assert told["errors"] == []
    assert "all is what was written" in " ".join(page.split())
    rows = life.terminal.json("journal", "tail", "--rows", 10 * len(life.visitors.acknowledged))
    predictions = [(row["id"], row["value"]) for row in rows if row["kind"] == "prediction"]
    assert len(predictions) == len(life.visitors.acknowledged)
    assert dict(predictions) == life.visitors.acknowledged
    assert sum(row["kind"] == "outcome" for row in rows) == life.visitors.told == len(predictions)


def test_the_report_is_one_page_that_needs_no_network(life, outside):
    path, told = life.report
    pages = [life.folder / "report.html", life.folder / "page.html"]
    assert path.strip() == str(pages[0])
    assert told["size_bytes"] == pages[1].stat().st_size
    for page in pages:
        assert outside(page.read_text(encoding="utf-8")) == []


def test_no_process_of_the_server_had_trouble(life):
    logs = {f.name: f.read_text(encoding="utf-8") for f in (life.folder / ".slipway" / "run").glob("*.log")}
    assert logs
    assert [name for name, text in logs.items() if "Traceback" in text or '"error"' in text.lower()] == []
