"""Searching through a project: on validation folds only, each trial kept, killed and gone on with."""

import os
import signal
import subprocess
import sys
import time

import msgspec
import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, Conflict
from slipway.ports import Change
from slipway.project.attempts import Standing
from slipway.project.searching import SearchPlan
from slipway.project.user_code import load_function
from slipway.records.look import Look
from slipway.records.trial import Trial, TrialEnd

SPACE = "[model]\nsearch = { C = { low = 1e-5, high = 100.0, log = true } }\n"
COLUMN = "[data]\nsplit = 'column'\nsplit_by = 'later'\n"
REPORTING = """
def train(X, y, params, seed, report):
    for step in range(6):
        try:
            report(step, params["C"])
        except Exception:
            pass
        with Path("steps").open("a") as f:
            f.write("x")
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=params["C"]))
    return model.fit(X, y)
"""


def make(folder, *, space=SPACE, code=None):
    project = Project.init(folder, name="hearts")
    page = project.folder / "slipway.toml"
    page.write_text(page.read_text(encoding="utf-8").replace("[model]\n", space), encoding="utf-8")
    if code is not None:
        model = project.folder / "model.py"
        head = model.read_text(encoding="utf-8").partition("\ndef train(")[0]
        model.write_text(head.replace("import numpy", "from pathlib import Path\nimport numpy", 1) + code, "utf-8")
    project = Project.open(project.folder)
    project.make_dataset()
    return project


@pytest.fixture
def project(tmp_path, monkeypatch):
    made = make(tmp_path / "p")
    monkeypatch.chdir(made.folder)
    return made


def tried(found):
    return [(t.number, t.drawn, t.end, t.value, t.folds) for t in found.trials]


def test_a_search_finds_what_validation_rows_say_and_never_looks_at_the_test_rows(project):
    told = []
    found = project.search(plan=SearchPlan(trials=6), told=told.append)
    assert [p.trial.number for p in told] == list(range(1, 7))
    complete = [t for t in found.trials if t.end is TrialEnd.COMPLETE]
    assert found.best.value == min(t.value for t in complete)
    assert all(len(t.folds) == 3 for t in complete)
    assert found.best.params["C"] > 1e-4  # a penalty that strong answers as the trivial rule does
    assert not project._parts.store.all(Look)
    run = project.train(params=found.best.params, search=found.search)
    assert (run.look, run.search, run.params) == (1, found.search, found.best.params)
    assert "6 trials" in found.sentences[0]
    assert "As the best of many it flatters" in found.sentences[1]


def test_a_search_that_goes_on_finds_what_it_would_have_found(project, tmp_path, monkeypatch):
    whole = project.search(plan=SearchPlan(trials=5))
    other = make(tmp_path / "q")
    monkeypatch.chdir(other.folder)
    assert other.search(plan=SearchPlan(trials=3)).kept == 0
    parted = other.search(plan=SearchPlan(trials=5))
    assert parted.kept == 3
    assert tried(parted) == tried(whole)
    assert other.search(plan=SearchPlan(trials=5)).kept == 5  # nothing is tried twice
    assert other.search(plan=SearchPlan(trials=2, seed=1)).kept == 0  # another seed is another search


def test_trials_that_report_worse_than_the_median_are_pruned_even_if_the_function_catches_everything(
    tmp_path, monkeypatch
):
    project = make(tmp_path / "p", code=REPORTING)
    monkeypatch.chdir(project.folder)
    found = project.search(plan=SearchPlan(trials=12))
    pruned = [t for t in found.trials if t.end is TrialEnd.PRUNED]
    assert pruned
    assert all(t.value is None and len(t.reported) < 6 for t in pruned)
    assert min(t.drawn["C"] for t in pruned) > min(
        t.drawn["C"] for t in found.trials
    )  # the lowest report is never pruned
    assert (project.folder / "steps").stat().st_size < 12 * 3 * 6


def test_a_space_may_be_a_function_with_conditions(tmp_path, monkeypatch):
    code = """
def space(trial):
    strong = trial.suggest_categorical("strong", [True, False])
    return {"C": trial.suggest_float("C", 1e-3, 1e-2)} if strong else {"C": 1.0}


def train(X, y, params, seed):
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(**params)).fit(X, y)
"""
    project = make(tmp_path / "p", space='[model]\nsearch = "model.py:space"\n', code=code)
    monkeypatch.chdir(project.folder)
    project.search(plan=SearchPlan(trials=3))
    found = project.search(plan=SearchPlan(trials=6))
    assert found.kept == 3
    assert {len(t.drawn) for t in found.trials} == {1, 2}


def test_a_trial_that_fails_is_kept_as_failed_and_others_go_on(tmp_path, monkeypatch):
    code = """
def train(X, y, params, seed):
    if params["C"] < 0.03:
        raise ValueError("too small")
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(**params)).fit(X, y)
"""
    project = make(tmp_path / "p", code=code)
    monkeypatch.chdir(project.folder)
    found = project.search(plan=SearchPlan(trials=6, seed=1))
    failed = [t for t in found.trials if t.end is TrialEnd.FAILED]
    assert failed
    assert all("ValueError: too small" in t.detail for t in failed)
    assert found.best.end is TrialEnd.COMPLETE


def test_a_search_without_hope_ends(tmp_path, monkeypatch):
    project = make(tmp_path / "p", code="\ndef train(X, y, params, seed):\n    return None\n")
    monkeypatch.chdir(project.folder)
    with pytest.raises(BadInput, match=r"got 3 failures in a row\. The last: train: want a fitted estimator"):
        project.search()
    assert project.attempts()[-1].standing is Standing.FAILED


def test_no_trial_begins_after_the_time(project):
    found = project.search(plan=SearchPlan(trials=10_000, time_s=0.5))
    assert 0 < len(found.trials) < 200


def test_without_a_space_the_way_out_is_said(tmp_path):
    project = Project.init(tmp_path / "p")
    project.make_dataset()
    with pytest.raises(BadInput, match=r"Write a table \[model.search\] into slipway.toml"):
        project.search()
    for wrong in ({"trials": 0}, {"time_s": 0.0}):
        with pytest.raises(BadInput, match="want"):
            SearchPlan(**wrong)


def test_two_who_search_the_same_do_not_overwrite_each_other(project):
    project.search(plan=SearchPlan(trials=1))
    (_, first, _), *_ = project._parts.store.all(Trial)

    def meddle(progress):
        parts, trial = project._parts, msgspec.structs.replace(first, number=progress.trial.number + 1)
        parts.store.commit([Change(trial, f"{trial.search[:32]}-{trial.number:06d}", 0)], at_us=1, by="b", why="w")

    with pytest.raises(Conflict, match="somebody else has made trial 3"):
        project.search(plan=SearchPlan(trials=3), told=meddle)


@pytest.mark.faults
@pytest.mark.parametrize("seed", range(2))
def test_a_search_killed_at_any_moment_goes_on(seed, project, tmp_path, monkeypatch):
    run = "from slipway import Project; from slipway.project.searching import SearchPlan as S; "
    job = subprocess.Popen([sys.executable, "-c", run + "Project.open('.').search(plan=S(trials=30))"])
    deadline = time.monotonic() + 60
    while len(project._parts.store.all(Trial)) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.03 * seed)
    os.kill(job.pid, signal.SIGKILL)
    job.wait()
    assert project.attempts()[-1].standing is Standing.INTERRUPTED
    kept = len(project._parts.store.all(Trial))
    found = project.search(plan=SearchPlan(trials=kept + 3))
    assert found.kept == kept
    whole = make(tmp_path / "q")
    monkeypatch.chdir(whole.folder)
    assert tried(whole.search(plan=SearchPlan(trials=kept + 3))) == tried(found)


def test_a_trial_that_failed_is_tried_again_at_its_point_and_under_its_number(tmp_path, monkeypatch):
    code = """
def train(X, y, params, seed):
    if params["C"] < 0.03 and not Path("mended").exists():
        raise MemoryError("none left")
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(**params)).fit(X, y)
"""
    project = make(tmp_path / "p", code=code)
    monkeypatch.chdir(project.folder)
    first = project.search(plan=SearchPlan(trials=6, seed=1))
    failed = {t.number: t.drawn for t in first.trials if t.end is TrialEnd.FAILED}
    assert failed
    still = project.search(plan=SearchPlan(trials=6, seed=1))  # trouble that stays is tried, said, and ends nothing
    assert [(t.number, t.tries) for t in still.trials if t.end is TrialEnd.FAILED] == [(n, 2) for n in failed]
    (project.folder / "mended").touch()
    told = []
    found = project.search(plan=SearchPlan(trials=6, seed=1), told=told.append)
    assert {p.trial.number: p.trial.drawn for p in told} == failed
    assert [p.done for p in told] == [6] * len(failed)
    assert all(t.end is not TrialEnd.FAILED and t.tries == 3 for t in found.trials if t.number in failed)
    assert (len(found.trials), found.kept, found.again) == (6, 6, len(failed))
    assert f"6 of them kept from before, {len(failed)} of these failed then and tried again" in found.sentences[0]


def test_a_search_where_a_column_says_who_is_held_out_deals_folds_by_the_entity(tmp_path, monkeypatch):
    project = make(tmp_path / "p")
    monkeypatch.chdir(project.folder)
    page = project.folder / "slipway.toml"
    page.write_text(page.read_text("utf-8").replace("[data]\n", COLUMN), "utf-8")
    project = Project.open(project.folder)
    table = load_function("model.py:load", folder=project.folder)()
    project.make_dataset("main", table.with_columns(later=pl.int_range(table.height) % 4 == 0))
    found = project.search(plan=SearchPlan(trials=2))
    assert all(len(t.folds) == 3 for t in found.trials)
