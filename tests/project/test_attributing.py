"""What each change between two runs brought, through the user's own files: a case whose answer is known.

Before: nearly half of the labels wrong, and code that looks at one poor column. After: the labels mended, the other
columns too, and a hyperparameter that the model never reads.
"""

import importlib
import sys

import msgspec
import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, NotFound
from slipway.ports import Change
from slipway.project.user_code import load_function, restored, sources
from slipway.records.look import Look

MODEL = """
from chosen import COLUMNS


def train(X, y, params, seed):
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    kept = make_pipeline(ColumnTransformer([("kept", "passthrough", COLUMNS)]), model)
    return kept.fit(X.to_pandas(), y)
"""
DIVISION = "division of the change since run {}, {}"
POOR = "COLUMNS = ['mean_fractal_dimension']\n"
ALL = "COLUMNS = ['mean_radius', 'mean_texture', 'mean_concavity', 'mean_smoothness']\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attributing") / "p"
    Project.init(folder)
    page = (folder / "model.py").read_text(encoding="utf-8").partition("\ndef train(")[0]
    page = page.replace("import numpy as np", "import numpy as np\nfrom sklearn.compose import ColumnTransformer", 1)
    (folder / "model.py").write_text(page + MODEL, encoding="utf-8")
    (folder / "chosen.py").write_text(POOR, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def project(folder):
    return Project.open(folder)


@pytest.fixture(scope="module")
def runs(folder, project):
    table = load_function("model.py:load", folder=folder)()
    wrong = np.random.default_rng(0).random(table.height) < 0.45
    noisy = table.with_columns(malignant=pl.col("malignant") ^ pl.Series(wrong).cast(pl.Int8))
    before = project.train(dataset=project.make_dataset("noisy", noisy).id, params={"depth": 1})
    (folder / "chosen.py").write_text(ALL, encoding="utf-8")
    after = project.train(dataset=project.make_dataset("clean", table).id, params={"depth": 2})
    return before, after


@pytest.fixture(scope="module")
def found(project, runs):
    told = []
    found = project.attribute_runs(runs[0].id, runs[1].id, seeds=1, told=lambda *n: told.append(n))
    assert told[0] == (0, 8)
    assert told[-1] == (8, 8)
    return found


def test_each_change_gets_what_it_brought(found):
    brought = {b.change: b.loss for b in found.brought}
    assert brought["hyperparameters"].estimate == 0.0
    assert brought["code"].high < -0.1  # from one poor column to four good ones
    assert brought["data"].high < 0  # nearly half of the labels were wrong
    assert sum(b.estimate for b in brought.values()) == pytest.approx(found.whole, abs=1e-12)


def test_the_whole_is_the_difference_of_the_two_runs_on_the_rows_that_both_have_not_seen(project, runs, found):
    compared = project.compare_runs(runs[0].id, runs[1].id).brought
    assert compared.rows == found.rows
    assert found.whole == pytest.approx(compared.difference.estimate, abs=0.01)


def test_what_was_trained_is_kept(project, runs, found):
    assert project.attribution_outlook(runs[0].id, runs[1].id, seeds=1).models == 0
    assert project.attribution_outlook(runs[0].id, runs[1].id, seeds=2).models == 8
    again = project.attribute_runs(runs[0].id, runs[1].id, seeds=1)
    assert [look.what for _, look, _ in project._parts.store.all(Look)].count(
        DIVISION.format(runs[0].id[:12], "1 seed")
    ) == 1
    assert (again.trained, found.trained) == (0, 8)
    assert again.brought == found.brought


def test_a_training_that_stops_in_the_middle_goes_on_where_it_was(project, runs):
    def stop(done, _):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        project.attribute_runs(runs[0].id, runs[1].id, seeds=2, told=stop)
    assert [look.what for _, look, _ in project._parts.store.all(Look)].count(
        DIVISION.format(runs[0].id[:12], "2 seeds")
    ) == 1
    assert project.attribution_outlook(runs[0].id, runs[1].id, seeds=2).models == 8 - 3
    told = project.attribute_runs(runs[0].id, runs[1].id, seeds=2).sentences
    assert "hyperparameters brought +0.00 points [+0.00, +0.00], which two seeds cannot tell from chance." in told
    assert any("ask for three or more (--seeds 3)" in sentence for sentence in told)


def test_sentences_say_what_is_chance(found):
    assert found.sentences[0].startswith("From before to after the mean error changes by -")
    assert "hyperparameters brought +0.00 points [+0.00, +0.00], which may be chance." in found.sentences
    assert found.sentences[-1].startswith("With one seed")


def test_a_run_beside_itself_has_nothing_to_divide(project, runs):
    with pytest.raises(BadInput, match="There is nothing to divide"):
        project.attribute_runs(runs[0].id, runs[0].id)


def test_restored_code_brings_its_own_siblings_and_leaves_none_behind(folder, runs):
    """The modules of a project are known by name alone: an old 'chosen' must not be taken for today's, nor stay."""
    old = {"model.py": (folder / "model.py").read_text(encoding="utf-8"), "chosen.py": POOR}
    with restored("model.py:train", texts=old) as train:
        assert train.__globals__["COLUMNS"] == ["mean_fractal_dimension"]
    assert "mean_radius" in load_function("model.py:train", folder=folder).__globals__["COLUMNS"]


def test_a_sibling_that_was_edited_runs_as_it_is_now(tmp_path):
    """In a notebook one process lives through many edits; what runs must be what the run's hash is taken over."""
    (tmp_path / "main.py").write_text("from side import VALUE\ndef train(): return VALUE\n", encoding="utf-8")
    for value in ("1", "22"):
        (tmp_path / "side.py").write_text(f"VALUE = {value}\n", encoding="utf-8")
        assert load_function("main.py:train", folder=tmp_path)() == int(value)
        assert sources("main.py:train", folder=tmp_path)["side.py"] == f"VALUE = {value}\n"


def test_sources_without_the_function_are_refused_by_name():
    with (
        pytest.raises(NotFound, match=r"want a function 'train' in m\.py"),
        restored("m.py:train", texts={"m.py": "def fit(): ...\n"}),
    ):
        pytest.fail("it was found")


def test_what_another_version_of_a_library_brought_is_the_environments_share(tmp_path, monkeypatch):
    library = tmp_path / "elsewhere" / "shelf.py"
    library.parent.mkdir()
    library.write_text(POOR, "utf-8")
    monkeypatch.syspath_prepend(library.parent)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two texts of one second are one file to its cache
    folder = tmp_path / "p"
    project = Project.init(folder)
    head = (folder / "model.py").read_text("utf-8").partition("\ndef train(")[0]
    head = head.replace("import numpy as np", "import numpy as np\nfrom sklearn.compose import ColumnTransformer", 1)
    (folder / "model.py").write_text(head + MODEL.replace("from chosen", "from shelf"), "utf-8")
    project = Project.open(folder)
    project.make_dataset()
    runs = []
    for text, params, version in ((POOR, {"depth": 1}, "1.0"), (ALL, {"depth": 2}, None)):
        library.write_text(text, "utf-8")
        sys.modules.pop("shelf", None)
        importlib.invalidate_caches()
        run = project.train(params=params, seed=7 if version else 0)
        if version is not None:
            run = msgspec.structs.replace(run, environment={**run.environment, "scikit-learn": version})
            project._parts.store.commit([Change(run, run.id, None)], at_us=run.ended_us, by="t", why="another version")
        runs.append(run)
    found = project.attribute_runs(*(run.id for run in runs), seeds=1)
    brought = {b.change: b.loss for b in found.brought}
    assert list(brought) == ["hyperparameters", "seed", "environment"]
    assert brought["seed"].estimate == 0.0  # the model has no chance
    assert found.trained == 3  # two of the grid, and the earlier run's like, whose seed the grid has not
    assert brought["hyperparameters"].estimate == 0.0
    assert brought["environment"].high < -0.1  # the library's own change, and nothing else
    compared = project.compare_runs(*(run.id for run in runs)).brought
    assert found.whole == pytest.approx(compared.difference.estimate, abs=1e-9)
    told = " ".join(found.sentences)
    assert "scikit-learn 1.0 before" in told
    assert "all that cannot be told apart from it" in told


def test_where_nothing_but_the_three_differs_the_environment_has_no_share(found):
    assert {b.change for b in found.brought} == {"code", "hyperparameters", "data"}


def test_a_model_of_other_libraries_is_trained_again(project, runs, found, tmp_path, monkeypatch):
    assert project.attribution_outlook(runs[0].id, runs[1].id, seeds=1).models == 0
    installed = tmp_path / "torch-9.9.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 9.9\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert project.attribution_outlook(runs[0].id, runs[1].id, seeds=1).models == 8
