"""What changed between versions is told down to rows, and what a version became is told by id."""

import polars as pl
import pytest

from slipway import Project
from slipway.project import datasets


@pytest.fixture
def project(tmp_path):
    return Project.init(tmp_path / "p")


def test_a_version_knows_what_came_from_it(project):
    version = project.make_dataset()
    assert "Nothing was made from it yet." in project.dataset_lineage().sentences
    run = project.train()
    table = datasets.rows_of(project._parts, version).head(300)
    child = datasets.make(
        project._parts, name="main", loaded=datasets.Loaded(table, "the first 300"), by="test", parents=(version.id,)
    )
    found = project.dataset_lineage(version.id)
    assert (found.children, found.runs, found.packages) == ((child.id,), (run.id,), (run.package,))
    assert project.dataset_lineage(child.id).ancestors == (version.id,)


def test_a_difference_names_the_rows_and_the_columns_that_moved(project):
    first = project.make_dataset()
    task = project.scope.task
    table = datasets.load(project._parts, params=None).table
    ids = table[task.entity]
    flipped = pl.when(pl.col(task.entity).is_in(ids[5:8].implode())).then(1 - pl.col(task.target))
    changed = table.with_columns(flipped.otherwise(pl.col(task.target)).alias(task.target), pl.col("mean_radius") * 1.5)
    second = project.make_dataset("main", changed.tail(-2))
    found = project.compare_datasets(first.id, second.id, rows=2)
    assert (found.removed, found.relabelled) == (2, 3)
    assert found.rows["removed"] == tuple(map(str, ids[:2]))
    assert found.rows["relabelled"] == tuple(map(str, ids[5:7]))
    assert any("relabelled: " in s and s.endswith("and 1 more.") for s in found.sentences)
    assert any(s.startswith("Columns that moved: ") and "mean_radius: mean" in s for s in found.sentences)
    assert project.compare_datasets(first.id, second.id).rows == {}
