"""Decisions of a file: all or none, the same file once more changes nothing, and none is an outcome."""

from datetime import UTC, datetime

import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput
from slipway.records.frame import DecisionFrame
from slipway.storage.journal import SegmentReader

ROWS = {"id": ["a", "b", "a"], "decision": [1, None, 0], "by": ["ana", None, "bob"]}


@pytest.fixture
def project(tmp_path):
    return Project.init(tmp_path / "p", name="hearts")


def decisions(project):
    """Each decision in the journal: id, value, who, when, whether the answer was seen."""
    frames = [f for f, _ in SegmentReader(project.folder / ".slipway" / "journal").read({})]
    told = [(f.id, f.value, f.by, f.decided_us, f.saw) for f in frames if isinstance(f, DecisionFrame)]
    return [row for columns in told for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_decisions_of_a_file_are_journalled(suffix, project, tmp_path):
    moment = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
    table = pl.DataFrame({**ROWS, "when": [moment, None, None], "seen": [True, None, False]})
    write = {"parquet": table.write_parquet, "csv": table.write_csv, "arrow": table.write_ipc}[suffix]
    write(tmp_path / f"decided.{suffix}")
    found = project.take_decisions(tmp_path / f"decided.{suffix}", decided_at="when", saw="seen", at_us=77)
    assert (found.rows, found.taken, found.open) == (3, 2, 1)
    assert found.sentence == "2 of 3 decisions are in the journal; 1 not decided yet."
    assert decisions(project) == [("a", 1.0, "ana", 1_714_555_800_000_000, True), ("a", 0.0, "bob", 77, False)]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"decision": 2.0}, "row 1: decision of 'ana' on 'b': Y is binary. want 0 or 1, got 2"),
        ({"id": ""}, "row 1: id: this is no id. want 1 to 128 printable characters, got ''"),
        ({"id": None}, "row 1: want a prediction id in 'id', got nothing"),
        ({"by": None}, "row 1: want who decided in 'by', got nothing"),
        ({"by": "a\nb"}, "row 1: by: this names nobody. want 1 to 128 printable characters"),
        ({"when": "yesterday"}, "row 1: column 'when': want a moment from 1970 on (2024-05-01T09:30:00Z)"),
        ({"when": "1901-01-01"}, "row 1: column 'when': want a moment from 1970 on"),
        ({"id": "a"}, "want one decision of 'ana' on 'a', got 1 in row 0, 0 in row 1, and 0 others"),
    ],
)
def test_one_row_that_is_no_decision_stops_all(row, wanted, project):
    first = {"id": "a", "decision": 1.0, "by": "ana", "when": "5"}
    rows = [first, {"id": "b", "decision": 0.0, "by": "ana", "when": "6"} | row]
    with pytest.raises(BadInput) as refused:
        project.take_decisions(pl.DataFrame(rows), decided_at="when")
    assert wanted in str(refused.value)
    assert "Nothing of the file was taken" in str(refused.value)
    assert decisions(project) == []


def test_who_decided_is_a_name_and_no_id_and_a_decision_is_a_number(project):
    """As over HTTP: no name is kept for load tests, and true is none of 0 and 1."""
    project.take_decisions(pl.DataFrame({"id": ["a"], "decision": [1], "by": ["slipway-bench-ana"]}))
    assert [who for _, _, who, *_ in decisions(project)] == ["slipway-bench-ana"]
    with pytest.raises(BadInput, match="column 'decision': want numbers, got Boolean"):
        project.take_decisions(pl.DataFrame({"id": ["b"], "decision": [True], "by": ["ana"]}))


def test_a_column_that_is_missing_or_says_neither_yes_nor_no_is_refused(project):
    with pytest.raises(BadInput, match="want a column 'by', got none"):
        project.take_decisions(pl.DataFrame({"id": ["a"], "decision": [1]}))
    with pytest.raises(BadInput, match="row 0: column 'seen': want true, false or nothing, got '7'"):
        project.take_decisions(pl.DataFrame({"id": ["a"], "decision": [1], "by": ["ana"], "seen": [7]}), saw="seen")


def test_the_same_file_again_changes_no_count_and_status_says_how_many_agree(project):
    project.open_route()
    rows = pl.DataFrame({"sample": ["s1", "s2"], **{f.name: [0.5, 0.5] for f in project.scope.fields}})
    answers = project.score(rows).answers
    told = answers.select("id", decision=1 - pl.col("label"), by=pl.lit("ana"))
    project.take_decisions(told)
    project.take_decisions(told)
    status = project.status()
    assert (status.tally.decisions, status.tally.repeated_decisions, status.outcomes) == (2, 2, 0)
    (agreement,) = status.agreement
    assert (agreement.n, agreement.mean, agreement.interval.low) == (2, 0.0, 0.0)
    assert 0.5 < agreement.interval.high <= 1.0
    project.take_decisions(pl.DataFrame({"id": ["nobody asked"], "decision": [1], "by": ["ana"]}))
    assert any("decisions: 1 name no prediction" in problem for problem in project.status().problems)


def test_who_decided_is_a_pseudonym_where_the_scope_says_so(project):
    with (project.folder / "slipway.toml").open("a") as scope:
        scope.write('\n[journal]\ndeciders = "pseudonym"\n')
    project = Project.open(project.folder)
    project.take_decisions(pl.DataFrame({"id": ["a", "b"], "decision": [1, 1], "by": ["ana", "ana"]}))
    (_, _, one, *_), (_, _, other, *_) = decisions(project)
    assert one == other != "ana"
    assert len(one) == 24
