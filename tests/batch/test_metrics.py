"""Business metrics of a file: all or none, and the same file once more changes nothing."""

import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput
from slipway.records.frame import MetricFrame
from slipway.storage.journal import SegmentReader


@pytest.fixture
def project(tmp_path):
    return Project.init(tmp_path / "p", name="hearts")


def values(project):
    frames = [f for f, _ in SegmentReader(project.folder / ".slipway" / "journal").read({})]
    told = [f for f in frames if isinstance(f, MetricFrame)]
    return [row for f in told for row in zip(f.id, f.metric, f.value, strict=True)]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_metrics_of_a_file_are_journalled(suffix, project, tmp_path):
    table = pl.DataFrame({"id": ["a", "b", "a"], "name": ["revenue"] * 2 + ["stay"], "eur": [1.5, None, 0.0]})
    write = {"parquet": table.write_parquet, "csv": table.write_csv, "arrow": table.write_ipc}[suffix]
    write(tmp_path / f"told.{suffix}")
    found = project.take_metrics(tmp_path / f"told.{suffix}", metric="name", value="eur")
    assert found.sentence == "2 of 3 values are in the journal; 1 have no value yet."
    assert values(project) == [("a", "revenue", 1.5), ("a", "stay", 0.0)]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"metric": "Revenue"}, "row 1: metric: this names no metric. want 1 to 64 lower-case letters"),
        ({"metric": None}, "row 1: want the name of a metric in 'metric', got nothing"),
        ({"value": float("inf")}, "row 1: value of 'revenue' on 'b': want a finite number, got inf"),
        ({"id": "a"}, "want one value of 'revenue' on 'a', got 1 in row 0, 2 in row 1, and 0 others"),
    ],
)
def test_one_row_that_is_none_stops_all(row, wanted, project):
    rows = [{"id": "a", "metric": "revenue", "value": 1.0}, {"id": "b", "metric": "revenue", "value": 2.0} | row]
    with pytest.raises(BadInput) as refused:
        project.take_metrics(pl.DataFrame(rows))
    assert wanted in str(refused.value)
    assert "Nothing of the file was taken" in str(refused.value)
    assert values(project) == []


def test_the_same_file_again_changes_no_count_and_ids_nobody_asked_about_are_told(project):
    project.open_route()
    rows = pl.DataFrame({"sample": ["s1", "s2"], **{f.name: [0.5, 0.5] for f in project.scope.fields}})
    told = project.score(rows).answers.select("id", metric=pl.lit("revenue"), value=pl.lit(2.5))
    project.take_metrics(told)
    project.take_metrics(told)
    project.take_metrics(pl.DataFrame({"id": ["nobody asked"], "metric": ["revenue"], "value": [1]}))
    status = project.status()
    tally = status.tally
    assert (tally.metrics, tally.repeated_metrics, tally.unknown_metrics, status.outcomes) == (2, 2, 1, 0)
    assert any("metrics: 1 values name no prediction" in problem for problem in status.problems)
