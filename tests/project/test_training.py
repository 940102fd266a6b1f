"""Training through a project: reports, seeds, looks, attempts, and every way in which a user's function goes wrong."""

import os
import signal
import subprocess
import sys
import time
import types

import msgspec
import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.data.version import row_hashes
from slipway.errors import BadInput, DeadlineExceeded
from slipway.ports import Change
from slipway.project import datasets
from slipway.project.attempts import Standing
from slipway.project.user_code import load_function
from slipway.records.look import Look
from slipway.records.run import CellAnswers
from slipway.scoping.judge import Standing as Kept

TRAIN = "def train(X, y, params, seed{more}):\n{body}"
FIT = "    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=1.0)).fit(X, y)\n"
FOREST = """    from sklearn.ensemble import RandomForestClassifier
    with Path("calls").open("a") as calls:
        calls.write(f"{seed}\\n")
    model = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=seed)
    return make_pipeline(SimpleImputer(), model).fit(X, y)
"""


def write(project, body, *, more=""):
    page = project.folder / "model.py"
    head = page.read_text(encoding="utf-8").partition("\ndef train(")[0]
    if "from pathlib" not in head:
        head = head.replace("import numpy as np", "from pathlib import Path\nimport numpy as np", 1)
    page.write_text(f"{head}\n{TRAIN.format(more=more, body=body)}", encoding="utf-8")


@pytest.fixture
def project(tmp_path, monkeypatch):
    made = Project.init(tmp_path / "p", name="hearts")
    monkeypatch.chdir(made.folder)
    made.make_dataset()
    return made


def test_reports_are_told_as_they_come_and_kept_with_the_run(project):
    write(project, "    for step in range(3):\n        report(step, 1.0 / (step + 1))\n" + FIT, more=", report")
    told = []
    run = project.train(told=told.append)
    assert [(r.step, r.value) for r in run.reported] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert tuple(told) == run.reported == project.runs()[-1].reported


def test_seeds_are_trained_once_and_the_first_is_packaged(project):
    write(project, FOREST)
    calls = project.folder / "calls"
    run = project.train(seeds=3, seed=10, params={})
    assert [r.seed for r in run.repeats] == [10, 11, 12]
    assert calls.read_text().split() == ["10", "11", "12"]
    first = next(s.value for s in run.scores if (s.name, s.metric, s.split) == ("model", "error", "test"))
    assert run.repeats[0].value == pytest.approx(first)
    assert len({r.value for r in run.repeats}) > 1
    again = project.train(seeds=4, seed=10, params={})
    assert calls.read_text().split()[3:] == ["10", "13"]  # 11 and 12 were kept
    assert again.repeats[:3] == run.repeats
    with pytest.raises(BadInput, match="seeds: want at least 1, got 0"):
        project.train(seeds=0)


def test_every_look_at_the_test_rows_is_counted_and_judgements_pay_for_it(project):
    runs = [project.train(seed=seed) for seed in range(3)]
    assert [r.look for r in runs] == [1, 2, 3] == [r.look for r in project.runs()]
    looks = [look for _, look, _ in project._parts.store.all(Look)]
    assert [(look.number, look.run, look.by) for look in looks] == [(i, r.id, "project") for i, r in enumerate(runs, 1)]
    width = []
    for run in runs:  # the same model each time: logistic regression knows no chance
        by = {j.promise: j for j in project.judge_run(run)}
        assert by["better than trivial"].standing is Kept.HOLDS
        assert "paired difference" in by["better than simple"].reason
        width.append(by["target"].reason)
    assert len(set(width)) == 3


def test_rows_that_were_seen_stay_seen_in_another_version(project):
    project.train()
    rows = load_function("model.py:load", folder=project.folder)()
    flipped = rows.with_columns(malignant=1 - rows["malignant"])
    other = project.make_dataset("flipped", flipped)
    assert project.train(dataset=other.id).look == 2  # the same rows with other labels


def looks_of(project):
    return [(look.number, look.run, look.what) for _, look, _ in project._parts.store.all(Look)]


def test_a_test_set_made_smaller_and_a_field_more_are_no_fresh_rows(project):
    version = project.make_dataset()
    for seed in range(3):
        project.train(dataset=version.id, seed=seed)
    ready = datasets.kept(project._parts, version)
    learn, held = (ready.labelled[side].drop("answer_of_radius-rule") for side in (ready.split.train, ready.split.test))
    page = project.folder / "slipway.toml"
    text = page.read_text(encoding="utf-8").replace("test_share = 0.3", 'split = "column"\nsplit_by = "held"')
    page.write_text(text, encoding="utf-8")
    project = Project.open(project.folder)
    parted = pl.concat([learn.with_columns(held=False), held.with_columns(held=pl.int_range(pl.len()) < 80)])
    assert project.train(dataset=project.make_dataset("smaller", parted).id).look == 4
    more = parted.with_columns(fresh=pl.int_range(pl.len()).cast(pl.Float64))
    page.write_text(text.replace("[fields]\n", '[fields]\nfresh = { kind = "number" }\n'), encoding="utf-8")
    project = Project.open(project.folder)
    assert project.train(dataset=project.make_dataset("wider", more).id).look == 5


def test_a_test_set_that_shares_a_tenth_is_a_first_look_and_judged_as_the_second(project):
    page = project.folder / "slipway.toml"
    text = page.read_text(encoding="utf-8").replace("test_share = 0.3", 'split = "column"\nsplit_by = "held"')
    page.write_text(text, encoding="utf-8")
    project = Project.open(project.folder)
    rows = load_function("model.py:load", folder=project.folder)()
    runs = [
        project.train(project.make_dataset(f"from-{low}", rows.with_columns(held=held)).id)
        for low in (0, 90, 300)
        for held in [pl.int_range(pl.len()).is_between(low, low + 99)]
    ]
    assert [run.look for run in runs] == [1, 1, 1]
    assert [run.judged_at for run in runs] == [1, 2, 1]
    first = {j.promise: j for j in project.judge_run(msgspec.structs.replace(runs[1], judged_at=1))}
    second = {j.promise: j for j in project.judge_run(runs[1])}
    assert second["target"].reason != first["target"].reason  # by its own, smaller alpha


def test_a_look_of_before_is_still_a_look(project):
    """Before November 2026 a look was a sample of the rows' hashes, by entity and X."""
    version = project.make_dataset()
    ready = datasets.kept(project._parts, version)
    names = ["sample", *(f.name for f in project.scope.fields)]
    lowest = np.unique(row_hashes(ready.labelled[ready.split.test].select(names))[:, 0])[:128]
    old = Look(number=1, data=version.id, sample=tuple(int(h) >> 1 for h in lowest), run="r", what="", by="me", at_us=1)
    project._parts.store.commit([Change(old, "000000001", 0)], at_us=1, by="me", why="before")
    assert project.train(dataset=version.id).look == 2


def test_whatever_shows_more_of_the_test_rows_is_a_look_and_the_same_again_is_none(project):
    first = project.make_dataset()
    run = project.train(dataset=first.id)
    project.analyse_errors(run.id)
    assert looks_of(project) == [(1, run.id, "training")]
    assert project.analyse_errors(run.id, depth=2).look == 2
    assert project.analyse_errors(run.id, depth=2).look == 2
    rows = load_function("model.py:load", folder=project.folder)()
    later = project.train(dataset=project.make_dataset("mended", rows.with_columns(malignant=1 - rows["malignant"])).id)
    assert (
        project.compare_runs(run.id, project.train(dataset=first.id).id).look == 0
    )  # both were measured on these rows
    found = project.compare_runs(run.id, later.id)
    assert found.look == project.compare_runs(run.id, later.id).look == 5
    assert found.sentences[-1].startswith("It was look 5 at these 171 test rows, worth ")
    assert [number for number, _, _ in looks_of(project)] == [1, 2, 3, 4, 5]


def test_a_model_of_others_looks_at_the_test_rows_too(project):
    project.make_dataset()
    own = project.train()
    graph = project.folder / "own.onnx"
    graph.write_bytes(project._parts.blobs.get(dict(project.packages())[own.package].files["model.onnx"]))
    package = project.shelf.take(str(graph), name="theirs")
    assert looks_of(project) == [(1, own.id, "training"), (2, package, "import")]
    assert "It was measured at look 2 at these 171 test rows" in project.shelf.card(package)
    assert not project.verify().errors


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    return None\n", "want a fitted estimator, got None"),
        ("    raise ValueError('no such thing')\n", "ValueError: no such thing"),
        ("    raise MemoryError\n", "got MemoryError"),
        ("    return X.no_such_column\n", "AttributeError"),
        ("    report(1, float('nan'))\n", "finite loss at step 1, got nan"),
    ],
)
def test_what_goes_wrong_in_the_users_function_is_said_and_nothing_is_kept(project, body, said):
    write(project, body, more=", report")
    with pytest.raises(BadInput, match=said) as caught:
        project.train()
    assert "slipway/project" not in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert project.runs() == []
    assert not project._parts.store.all(Look)
    seen = project.attempts()[-1]
    assert seen.standing is Standing.FAILED
    assert said in seen.attempt.detail or said.partition(":")[0] in seen.attempt.detail


def test_the_users_own_lines_that_led_there_are_shown(project):
    write(project, "    return helper(X)\n\n\ndef helper(X):\n    return X['no such column']\n")
    with pytest.raises(BadInput) as caught:
        project.train()
    lines = str(caught.value).splitlines()
    assert [line.strip().partition(", line")[0] for line in lines[-2:]] == ["model.py", "model.py"]
    assert lines[-2].endswith("in train: return helper(X)")
    assert lines[-1].endswith("in helper: return X['no such column']")


def test_a_model_that_answers_with_nothing_is_refused(project):
    write(
        project,
        "    class Mute(LogisticRegression):\n"
        "        def predict_proba(self, X):\n"
        "            return np.full((len(X), 2), np.nan)\n"
        "    return Mute(max_iter=5000).fit(X.fill_nan(0), y)\n",
    )
    with pytest.raises(BadInput, match="want one finite score for each of 171 rows"):
        project.train()


def test_a_loop_without_an_end_is_ended_whatever_it_catches(project):
    write(project, "    while True:\n        try:\n            pass\n        except Exception:\n            pass\n")
    begun = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"model.py:train: want it to return within 0.2 s"):
        project.train(timeout_s=0.2)
    assert time.monotonic() - begun < 10
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    with pytest.raises(BadInput, match="timeout: want seconds above 0"):
        project.train(timeout_s=0)


def test_an_attempt_that_is_at_work_is_running(project):
    body = "    from slipway import Project\n    Path('seen').write_text(Project.open('.').attempts()[-1].standing)\n"
    write(project, body + FIT)
    project.train()
    assert (project.folder / "seen").read_text() == "running"
    assert project.attempts()[-1].standing is Standing.FINISHED
    assert project.attempts()[-1].attempt.detail == f"run {project.runs()[-1].id[:12]}"
    assert not list((project.folder / ".slipway" / "run").glob("attempt-*"))


@pytest.mark.faults
def test_a_training_killed_among_its_seeds_is_interrupted_and_goes_on(project):
    write(project, "    if seed == 3 and not Path('second').exists():\n        __import__('time').sleep(60)\n" + FOREST)
    job = subprocess.Popen(
        [sys.executable, "-c", "from slipway import Project; Project.open('.').train(seeds=5, params={})"]
    )
    deadline = time.monotonic() + 60
    while len(project._parts.store.all(CellAnswers)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(job.pid, signal.SIGKILL)
    job.wait()
    assert project.attempts()[-1].standing is Standing.INTERRUPTED
    assert project.runs() == []
    assert not project._parts.store.all(Look)
    (project.folder / "second").touch()
    (project.folder / "calls").unlink()
    run = project.train(seeds=5, params={})
    assert (project.folder / "calls").read_text().split() == ["0", "3", "4"]  # 1 and 2 are not trained again
    assert len(run.repeats) == 5
    assert run.look == 1


def test_a_module_that_names_a_file_which_is_none_is_nobodys_source(project, monkeypatch):
    """As PyTorch's ``torch.classes`` does; with the project's folder as the working directory it looks like its own."""
    odd = types.ModuleType("odd")
    odd.__file__ = "_classes.py"
    monkeypatch.setitem(sys.modules, "odd", odd)
    project.train()
    assert sys.modules["odd"] is odd
