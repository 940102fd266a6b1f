"""``slipway scope check`` looks at what the scope names, and runs none of it."""

import json

import pytest


@pytest.fixture
def folder(here, tmp_path):
    assert here("init", tmp_path / "p", cwd=tmp_path).returncode == 0
    model = tmp_path / "p" / "model.py"
    model.write_text("raise SystemExit('this code was run')\n" + model.read_text())
    return tmp_path / "p"


def check(here, folder, file, before, after):
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after))
    done = here("scope", "check", "--json", cwd=folder)
    (folder / file).write_text(text)
    return done.returncode, json.loads(done.stdout)["outside"]


def test_what_fits_is_no_mistake_and_no_code_is_run(here, folder):
    done = here("scope", "check", cwd=folder)
    page = " ".join(done.stdout.split())  # a long path parts the line anywhere
    assert (done.returncode, "no mistake found" in page) == (0, True), done.stderr


def test_functions_that_are_not_there_or_do_not_fit_are_named(here, folder):
    status, said = check(here, folder, "model.py", "def train(X", "def tran(X")
    assert status == 1
    assert "model.train: model.py, want a function 'train', found load, tran. Did you mean 'tran'?" in said[0]
    status, said = check(here, folder, "model.py", "def load()", "def load(months)")
    assert (status, "want 'load' to be callable without months" in said[0]) == (1, True)
    status, said = check(here, folder, "slipway.toml", '"model.py:load"', '"modell.py:load"')
    assert (status, "want a file modell.py in" in said[0], "Did you mean 'model.py'?" in said[0]) == (1, True, True)


def test_columns_are_looked_for_in_the_data_file(here, folder):
    (folder / "d.csv").write_text("sample,malignant,mean_radius\ns1,0,12\n")
    status, said = check(here, folder, "slipway.toml", '"model.py:load"', '"d.csv"')
    assert status == 1
    assert said[0].startswith("fields.mean_texture, fields.mean_perimeter,")
    assert "want columns of d.csv, found sample, malignant, mean_radius." in said[0]
    status, said = check(here, folder, "slipway.toml", '"model.py:load"', '"gone.csv"')
    assert (status, "want a readable file gone.csv" in said[0]) == (1, True)


def test_columns_are_looked_for_in_the_newest_dataset(here, project):
    _, said = check(here, project, "slipway.toml", 'entity = "sample"', 'entity = "patient"')
    assert said == ["task.entity: want columns of dataset main, found " + said[0].partition("found ")[2]]
