"""A finding about the model that answers starts a retraining: a whole life through the real server, and one killed."""

import itertools
import random
import shutil
import time

import httpx
import pytest

from slipway import Project
from slipway.errors import Conflict, NotFound
from slipway.ports import Change
from slipway.project import runs
from slipway.project.server import Server
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.dataset import DatasetVersion
from slipway.records.retraining import RetrainingState
from slipway.records.rollout import StageKind
from slipway.records.run import Run
from slipway.stats.evidence import EValue
from slipway.storage.lock import ControllerLock, holder_of

DAY_US = 86_400_000_000
FIRST_US = 1_700_006_400_000_000  # a midnight


def make(folder, **keys):
    """A project whose packaged model answers everybody."""
    project = Project.init(folder)
    version = project.make_dataset()
    run = project.train()
    settings = "\n".join(f"{key} = {value}" for key, value in {"retrain_rows": 300, **keys}.items())
    page = (folder / "slipway.toml").read_text().replace('live = "radius-rule"', 'live = "trees"')
    page = page.replace('maturity = "0s" ', 'maturity = "1d" ').replace("kill_above = 0.2", "kill_above = 0.99")
    head, _, tail = page.partition("[monitoring]\n")
    kept = [line for line in tail.splitlines() if line.partition("=")[0].strip() not in keys]
    page = "\n".join([head, "[arms.trees]", f'package = "{run.package}"', "[monitoring]", settings, *kept, ""])
    (folder / "slipway.toml").write_text(page)
    project = Project.open(folder)
    project.open_route()
    from slipway.project.datasets import rows_of  # noqa: PLC0415 - the rows of the version, as callers have them

    return project, run, rows_of(project._parts, version).to_dicts()


def ask(server, rows, *, day, contrary, per_day=200):
    """Ask about samples on a day, and tell what came true: what it says in the data, or the contrary."""
    chance = random.Random(day)  # noqa: S311 - a test's
    asked = [chance.choice(rows) for _ in range(per_day)]
    ids = [f"d{day}-{n}" for n in range(per_day)]
    x = [{k: v for k, v in row.items() if k.startswith("mean_") or k == "sample"} for row in asked]
    told = [{"id": i, "value": abs(contrary - int(r["malignant"]))} for i, r in zip(ids, asked, strict=True)]
    with httpx.Client(base_url=server.url, timeout=60) as client:
        at = {"Slipway-Time-Us": str(FIRST_US + day * DAY_US)}
        body = {"rows": [{**one, "id": i} for one, i in zip(x, ids, strict=True)]}
        reply = client.post("/predict", json=body, headers=at)
        assert reply.status_code == 200, reply.text
        at = {"Slipway-Time-Us": str(FIRST_US + (day + 1) * DAY_US - 1)}
        reply = client.post("/outcomes", json={"outcomes": told}, headers=at)
        assert reply.status_code == 200, reply.text


def until(ready, seconds):
    """Wait until something is so; a machine under load takes its time."""
    end_s = time.monotonic() + seconds
    while not ready() and time.monotonic() < end_s:
        time.sleep(0.2)


def finding(*, model="trees", kind=FindingKind.CONCEPT_DRIFT, step=Step.MODELING):
    evidence = EValue(log_e=9.0, n=9)
    return Finding(
        id="f1", model=model, kind=kind, opened_us=FIRST_US, evidence=evidence, relevant=True, go_back_to=step,
        sentence="It moved.",
    )  # fmt: skip


def store_finding(project, found=None):
    found = found or finding()
    project._parts.store.commit([Change(found, found.id, 0)], at_us=0, by="test", why="a finding")
    return found.id


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A project with three days of rows in its journal, of which the contrary is true now."""
    project, _, rows = make(tmp_path_factory.mktemp("retrain") / "p")
    with Server(project.folder, clock="event") as server:
        for day in range(3):
            ask(server, rows, day=day, contrary=True)
    store_finding(project)
    return project.folder


@pytest.fixture
def project(kept, tmp_path):
    return Project.open(shutil.copytree(kept, tmp_path / "p"))


@pytest.mark.slow
def test_a_model_of_newer_rows_enters_by_shadow_and_a_second_one_waits(project):
    live = project.runs()[0]
    done = project.retrain("f1")
    assert done.state is RetrainingState.ENTERED, done.why
    (rollout,) = project.rollouts()
    assert rollout.stage().kind is StageKind.SHADOW
    assert project.route().share_of(rollout.candidate) == 0.0
    run = runs.find(project._parts, done.run)
    assert (run.code, run.params_hash, run.seed) == (live.code, live.params_hash, live.seed)
    (made,) = [v for v in project.datasets() if v.id == done.dataset]
    assert made.name == done.id
    whys = [e.why for e in project.audit() if e.kind == "retraining"]
    assert len(whys) == 4
    assert whys[-1] == done.why

    again = project.retrain("f1")
    assert again.state is RetrainingState.REFUSED
    assert "rollout: want none that runs" in again.why
    assert len(project.rollouts()) == 1


@pytest.mark.slow
def test_killed_before_any_change_it_goes_on_with_what_is_there(project, monkeypatch):
    store = project._parts.store
    real = type(store).commit

    class Killed(BaseException):
        """As kill -9 would end it: nothing behind it is done."""

    for place in itertools.count(1):  # killed before the n-th change of the store that is left to do
        left = [place]

        def commit(self, changes, *, left=left, **words):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            real(self, changes, **words)

        monkeypatch.setattr(type(store), "commit", commit)
        try:
            done = Project.open(project.folder).retrain("f1")
        except Killed:
            continue
        break
    monkeypatch.setattr(type(store), "commit", real)
    assert done.state is RetrainingState.ENTERED, done.why
    assert place >= 3
    assert len(project.retrainings()) == 1
    assert len([v for _, v, _ in store.all(DatasetVersion) if v.name == done.id]) == 1
    assert len([r for _, r, _ in store.all(Run) if r.data == done.dataset]) == 1
    assert len(project.rollouts()) == 1


@pytest.mark.slow
def test_too_few_labels_and_other_code_are_said(project):
    page = project.folder / "slipway.toml"
    page.write_text(page.read_text().replace("retrain_rows = 300", "retrain_rows = 3000"))
    done = Project.open(project.folder).retrain("f1")
    assert done.state is RetrainingState.REFUSED
    assert "labels: want at least 3,000 rows with an outcome since the journal begins" in done.why
    assert "got 400" in done.why
    code = project.folder / "model.py"
    code.write_text(code.read_text() + "\nMORE = 1\n")
    assert "want the code that trained trees, got another" in Project.open(project.folder).retrain("f1").why


@pytest.mark.slow
def test_an_alarm_retrains_by_itself_and_its_model_enters_by_shadow(tmp_path):
    """Days as they were, then days on which the contrary is true: monitors, control and a process of its own do it."""
    project, _, rows = make(tmp_path / "p", retrain='"run"', unit='"row"')
    with Server(project.folder, clock="event") as server:
        for day in range(20):
            ask(server, rows, day=day, contrary=day >= 2)
            project.step()
            if project.retrainings():
                break
        assert [f.go_back_to for f in project.findings()][-1] in (Step.DATA, Step.MODELING, Step.SCOPING)
        until(lambda: project.retrainings() and project.retrainings()[-1].state is not RetrainingState.RUNNING, 90)
        done = project.retrainings()[-1]
        assert done.state is RetrainingState.ENTERED, (done.why, project.findings())
        assert done.by == "control"
        (rollout,) = project.rollouts()
        assert rollout.stage().kind is StageKind.SHADOW
        assert project.route().share_of("trees") == 1.0
        project.step()  # nothing starts another one beside it
        assert len(project.retrainings()) == 1


def test_only_one_process_retrains(tmp_path):
    project = Project.init(tmp_path / "p")
    with ControllerLock(project._parts.layout.retrain_lock), pytest.raises(Conflict):
        project.retrain("f1")
    assert holder_of(project._parts.layout.retrain_lock) is None
    with pytest.raises(NotFound, match="no such finding"):
        project.retrain("f1")


def test_what_cannot_be_retrained_says_why(tmp_path):
    project = Project.init(tmp_path / "p")
    project.open_route()
    done = project.retrain(store_finding(project, finding(model="radius-rule")))
    assert done.state is RetrainingState.REFUSED
    assert "want one that was trained here" in done.why
    assert project.retrainings() == [done]
