"""A kept dataset is divided as it was when it was made, whatever slipway.toml says today."""

import polars as pl
import pytest
from msgspec.structs import replace

from slipway import Project
from slipway.data.version import name_held_out_before, name_version
from slipway.errors import BadInput
from slipway.ports import Change
from slipway.project import datasets

BEFORE = "63ee23febdd73a3f73a529dc69ed5ec82cf9b188f24c81341f6da7853d487c91"
"""Name of the test set of the first project as the code of before dealt it."""


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


def test_a_version_keeps_its_split_and_trains_only_where_the_scope_says_the_same(tmp_path):
    """Of the same sizes, and yet of other rows."""
    project = Project.init(tmp_path / "p")
    version = project.make_dataset()
    project = edited(tmp_path / "p", "[fields]", 'time = "when"\n[fields]')
    rows = datasets.rows_of(project._parts, version)
    timed = rows.with_columns(pl.Series("when", range(rows.height)))
    made = project.make_dataset("timed", timed)
    assert made.splits == version.splits
    project = edited(tmp_path / "p", 'time = "when"\n', "")
    assert datasets.kept(project._parts, made).held_out == made.held_out
    with pytest.raises(BadInput, match=r"want .* says, 30 % by random with seed 0, got 30 % by time of 'when'"):
        project.train(dataset=made.id)
    assert project.runs() == []


def test_rows_in_another_order_are_the_same_version_with_the_same_test_set(tmp_path):
    project = Project.init(tmp_path / "p")
    run = project.train(dataset=project.make_dataset().id)
    judged = project.judge_run(run)
    rows = datasets.rows_of(project._parts, project.datasets()[-1]).drop("answer_of_radius-rule")
    again = project.make_dataset("main", rows.reverse())
    assert again.id == run.data
    assert project.judge_run(run) == judged
    assert datasets.rows_of(project._parts, again).drop("answer_of_radius-rule").equals(rows)  # kept once, as first


def test_another_seed_or_share_is_another_version_and_runs_keep_theirs(tmp_path):
    project = Project.init(tmp_path / "p")
    first = project.make_dataset()
    run = project.train(dataset=first.id)
    judged = project.judge_run(run)
    project = edited(tmp_path / "p", "params = { C = 1.0 }", "params = { C = 1.0 }\nseed = 7")
    other = project.make_dataset()
    assert other.id != first.id
    assert other.content == first.content
    assert project.judge_run(run) == judged
    project.analyse_errors(run.id)
    said = " ".join(project.compare_datasets(first.id, other.id).sentences)
    assert "The split changed: divided 30 % by random with seed 0 before, 30 % by random with seed 7 now" in said
    found = project.compare_datasets(first.id, other.id)
    held = [
        set(datasets.kept(project._parts, v).labelled[datasets.kept(project._parts, v).split.test]["sample"])
        for v in (first, other)
    ]
    assert found.taken == found.given == len(held[1] - held[0]) > 50
    assert any("Same rows as" in s and other.id[:8] in s for s in project.dataset_lineage(first.id).sentences)


def test_a_version_whose_test_set_was_named_by_halves_of_hashes_keeps_that_name(tmp_path):
    project = Project.init(tmp_path / "p")
    made, parts = project.make_dataset(), project._parts
    name = name_held_out_before(datasets.kept(parts, made).words)
    old = replace(made, id=name_version(made.content, held_out=name), held_out=name)
    parts.store.commit([Change(old, old.id, 0)], at_us=1, by="test", why="as it was")
    run = project.train(dataset=old.id)
    assert run.held_out == name != made.held_out
    assert datasets.kept_of(parts, run).held_out == name
    wrong = replace(old, held_out="0" * 64)
    with pytest.raises(BadInput, match="want the 171 rows that it held out when it was made"):
        datasets.kept(parts, wrong)


def test_a_version_of_before_is_read_and_its_runs_are_measured(tmp_path):
    """Its record says neither how it was divided nor what it holds out; its rows stood in an order."""
    project = Project.init(tmp_path / "p")
    made = project.make_dataset()
    old = replace(made, id=made.content, deal=None, content="", held_out="")
    parts = project._parts
    parts.store.commit([Change(old, old.id, 0)], at_us=1, by="test", why="as it was")
    assert datasets.kept(parts, old).held_out == BEFORE
    run = project.train(dataset=old.id)
    assert run.held_out == BEFORE
    project.judge_run(run)
    again = project.make_dataset()
    assert again.id == made.id != old.id
    assert "as versions of before November 2026 were" in project.compare_datasets(old.id, again.id).sentences[1]
    project = edited(tmp_path / "p", "test_share = 0.3", "test_share = 0.2")
    with pytest.raises(BadInput, match=r"398 and 171 rows by random, got 455 and 114"):
        datasets.kept(project._parts, old)
    assert datasets.kept(project._parts, again).held_out == again.held_out
    assert project.dataset_lineage(old.id).runs == (run.id,)


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
