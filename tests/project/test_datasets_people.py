"""Where people are live a dataset is made without asking them: they decide case by case, and nobody waits for them."""

from pathlib import Path

import polars as pl

from slipway import Project

EXAMPLE = Path(__file__).parents[2] / "examples" / "snippets"


def test_people_are_no_baseline_that_can_be_asked(tmp_path):
    for name in ("model.py", "slipway.toml"):
        (tmp_path / name).write_bytes((EXAMPLE / name).read_bytes())
    pl.read_parquet(EXAMPLE / "snippets.parquet").head(400).write_parquet(tmp_path / "snippets.parquet")
    version = Project.open(tmp_path).make_dataset("tweets")
    assert {score.name for score in version.baselines} == {"trivial", "simple"}
