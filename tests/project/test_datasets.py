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
