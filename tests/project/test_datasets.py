"""A kept dataset is divided as it was when it was made, whatever slipway.toml says today."""

import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput
from slipway.project import datasets


def edited(folder, old, new):
    page = folder / "slipway.toml"
    text = page.read_text(encoding="utf-8")
    assert old in text
    page.write_text(text.replace(old, new, 1), encoding="utf-8")
    return Project.open(folder)


def test_another_seed_holds_out_the_same_rows(tmp_path):
    """The baselines were measured on the rows held out then; a model measured on others is not compared with them."""
    project = Project.init(tmp_path / "p")
    version = project.make_dataset()
    before = datasets.kept(project._parts, version).split
    project = edited(tmp_path / "p", "params = { C = 1.0 }", "params = { C = 1.0 }\nseed = 7")
    assert project.scope.modeling.seed == 7
    after = datasets.kept(project._parts, version).split
    assert (before.test == after.test).all()
    (score,) = [s for s in project.train().scores if s.name == "present"]
    assert score.value == next(b.value for b in version.baselines if b.name == "present")


def test_a_time_that_came_or_went_is_refused(tmp_path):
    """Of the same sizes, and yet of other rows."""
    project = Project.init(tmp_path / "p")
    version = project.make_dataset()
    project = edited(tmp_path / "p", "[fields]", 'time = "when"\n[fields]')
    rows = datasets.rows_of(project._parts, version)
    timed = rows.with_columns(pl.Series("when", range(rows.height)))
    made = project.make_dataset("timed", timed)
    assert made.splits == version.splits
    project = edited(tmp_path / "p", 'time = "when"\n', "")
    with pytest.raises(BadInput, match=r"rows by time, got .* by random"):
        datasets.kept(project._parts, made)


def test_a_run_is_not_measured_on_rows_that_it_learned_from(tmp_path):
    """The id of a version is that of its rows, in any order; made again in another order it holds out other rows."""
    project = Project.init(tmp_path / "p")
    run = project.train(dataset=project.make_dataset().id)
    project.judge_run(run)
    rows = datasets.rows_of(project._parts, project.datasets()[-1]).drop("answer_of_radius-rule")
    again = project.make_dataset("main", rows.reverse())
    assert again.id == run.data
    for ask in (project.judge_run, lambda r: project.analyse_errors(r.id)):
        with pytest.raises(BadInput, match="was made again with another seed, order or split"):
            ask(run)
    project.judge_run(project.train(dataset=again.id))


def test_a_function_that_exits_is_no_success(tmp_path):
    project = Project.init(tmp_path / "p")
    file = tmp_path / "p" / "model.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        "import sys\n" + text.replace("    model = make_pipeline(", "    sys.exit(0)\n    model = make_pipeline(")
    )
    project.make_dataset()
    with pytest.raises(BadInput, match="SystemExit"):
        project.train()
    assert project.runs() == []


def test_a_parameter_that_may_be_a_secret_is_not_written_down(tmp_path):
    project = Project.init(tmp_path / "p")
    file = tmp_path / "p" / "model.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("def load() ->", 'def load(token="", rows=9) ->'), encoding="utf-8")
    project = edited(
        tmp_path / "p",
        'source     = "model.py:load"',
        'source = "model.py:load"\nparams = {token = "hunter2", rows = 5}',
    )
    version = project.make_dataset()
    assert "hunter2" not in version.source
    assert "rows=5" in version.source
    assert b"hunter2" not in b"".join(p.read_bytes() for p in (tmp_path / "p" / ".slipway").glob("control.db*"))
