"""Outcomes of a file: all or none, and the same file once more changes nothing."""

import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, NotFound
from slipway.records.frame import OutcomeFrame
from slipway.storage.journal import SegmentReader


@pytest.fixture
def project(tmp_path):
    made = Project.init(tmp_path / "p", name="hearts")
    made.open_route()
    return made


def outcomes(project):
    frames = [f for f, _ in SegmentReader(project.folder / ".slipway" / "journal").read({})]
    return [(i, v) for f in frames if isinstance(f, OutcomeFrame) for i, v in zip(f.id, f.value, strict=True)]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_outcomes_of_a_file_are_journalled(suffix, project, tmp_path):
    table = pl.DataFrame({"id": ["a", "b", "c"], "value": [1, None, 0]})
    write = {"parquet": table.write_parquet, "csv": table.write_csv, "arrow": table.write_ipc}[suffix]
    write(tmp_path / f"told.{suffix}")
    found = project.take_outcomes(tmp_path / f"told.{suffix}")
    assert (found.rows, found.taken, found.unknown) == (3, 2, 1)
    assert outcomes(project) == [("a", 1.0), ("c", 0.0)]


@pytest.mark.parametrize(
    ("id_", "value", "wanted"),
    [
        ("b", 2.0, "row 1: outcome of 'b': Y is binary. want 0 or 1, got 2"),
        ("", 1.0, "row 1: id: this is no id. want 1 to 128 printable characters, got ''"),
        (None, 1.0, "row 1: want a prediction id in 'id', got nothing"),
    ],
)
def test_one_row_that_is_no_outcome_stops_all(id_, value, wanted, project):
    with pytest.raises(BadInput) as refused:
        project.take_outcomes(pl.DataFrame({"id": ["a", id_], "value": [1.0, value]}))
    assert wanted in str(refused.value)
    assert "Nothing of the file was taken" in str(refused.value)
    assert outcomes(project) == []


def test_columns_are_named_and_missing_ones_refused(project):
    table = pl.DataFrame({"prediction": ["a"], "sick": [True]})
    with pytest.raises(BadInput, match="want a column 'value', got none"):
        project.take_outcomes(table.rename({"prediction": "id"}))
    assert project.take_outcomes(table, id="prediction", value="sick").taken == 1
    with pytest.raises(NotFound):
        project.take_outcomes("nowhere.parquet")


def test_the_same_file_again_changes_nothing_that_counts(project):
    rows = pl.DataFrame({"sample": ["s1", "s2"], **{f.name: [0.5, 0.5] for f in project.scope.fields}})
    answers = project.score(rows).answers
    told = answers.select("id", value=pl.Series([1, 0]))
    project.take_outcomes(told)
    project.take_outcomes(told.with_columns(value=1 - pl.col("value")))
    before = dict(outcomes(project)[:2])
    assert before == dict(zip(told["id"], [1.0, 0.0], strict=True))
    project._controller.catch_up([])
    tally = project._controller.ledger.tally
    assert (tally.outcomes, tally.repeated) == (2, 2)


def test_two_outcomes_of_one_prediction_stop_all_and_the_rows_are_named(project, monkeypatch):
    monkeypatch.setattr("slipway.project.scoring.PART_ROWS", 2)
    table = pl.DataFrame({"id": ["a", "b", "c", "b", "a"], "value": [1.0, 0.0, 1.0, 1.0, None]})
    with pytest.raises(BadInput, match="want one outcome of 'b', got 0 in row 1, 1 in row 3, and 0 other"):
        project.take_outcomes(table)
    assert outcomes(project) == []


def test_an_outcome_said_twice_alike_is_taken(project):
    table = pl.DataFrame({"id": ["a", "b", "a", "b"], "value": [1.0, 0.0, 1.0, None]})
    assert project.take_outcomes(table).unknown == 1
    assert dict(outcomes(project)) == {"a": 1.0, "b": 0.0}
