"""Rows of one entity say less than as many rows of different ones: intervals count entities."""

import polars as pl

from slipway import Project
from slipway.project import datasets, runs


def test_intervals_of_a_grouped_split_count_entities(tmp_path):
    project = Project.init(tmp_path / "p")
    table = datasets.load(project._parts, params=None).table
    again = pl.concat([table] * 4)
    once, four = project.make_dataset("once", table), project.make_dataset("four", again)

    def width(version):
        score = next(b for b in version.baselines if b.name == "trivial")
        return score.high - score.low

    assert four.split_kind == "group"
    assert width(four) > 0.8 * width(once)  # by rows it would be half as wide
    run = project.train(four.id)
    model = next(s for s in run.scores if s.name == "model" and s.split == "test" and s.metric == "error")
    again_scored = runs.clusters(project._parts, datasets.kept(project._parts, four))
    assert len(set(again_scored.tolist())) == model.n / 4
