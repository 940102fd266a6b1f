"""Labels come in from files of four kinds, whole or not at all, and go to Label Studio and back."""

import json

import polars as pl
import pytest

from slipway.data.labels.from_table import LabelColumns
from slipway.errors import BadInput, Conflict, NotFound
from slipway.records.label import LabelBatch, QueueKind

LABELS = pl.DataFrame(
    {
        "row": ["s0", "s1", "s2", "s0", "s1", "s2", "s3"],
        "annotator": ["ann"] * 3 + ["bob"] * 4,
        "value": [1.0, 0.0, 1.0, 1.0, 1.0, 1.0, None],
        "at": ["2026-11-23T10:00:00Z"] * 7,
    }
)


@pytest.fixture(params=["csv", "parquet", "json"])
def file(request, tmp_path):
    path = tmp_path / f"labels.{request.param}"
    {"csv": LABELS.write_csv, "parquet": LABELS.write_parquet, "json": LABELS.write_json}[request.param](path)
    return path


def test_a_file_of_any_kind(flawed, file):
    id_, guideline = flawed.labels.add_guideline("tissue", text="Say 1 if ...")
    again, same = flawed.labels.add_guideline("tissue", text="Say 1 if ...")
    assert (again, same) == (id_, guideline)
    newer, _ = flawed.labels.add_guideline("tissue", text="Say 1 only if ...")
    assert newer != id_
    taken = flawed.labels.take(file, guideline="tissue")
    assert (taken.batch.labels, taken.batch.rows, taken.known) == (6, 3, 3)  # a line without a value is no label
    (every, pair) = flawed.labels.agreement()
    assert every.guideline == pair.guideline == newer
    assert (pair.who, pair.rows) == (("ann", "bob"), 3)
    assert [c.value for c in flawed.labels.consensus().rows] != []
    assert flawed.labels.take(file, guideline="tissue").id == taken.id
    assert len(flawed.project._parts.store.all(LabelBatch)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"row": "id"}, "want the columns .* Name other columns with --row"),
        ({"value": pl.lit("maybe")}, "want one of 0, 1, got 'maybe'"),
        ({"row": pl.lit("elsewhere")}, "want labels of rows of main, got none; it says rows such as 'elsewhere'"),
        ({"annotator": pl.lit(None, dtype=pl.String)}, "line 1: want a row and an annotator"),
        ({"at": pl.lit("noon")}, "want moments such as"),
        ({"value": pl.lit(None, dtype=pl.Float64)}, "want at least one label, got none in 7 lines"),
    ],
)
def test_a_file_that_is_wrong_leaves_nothing(flawed, tmp_path, change, said):
    path = tmp_path / "labels.csv"
    ((name, new),) = change.items()
    table = LABELS.rename({name: new}) if isinstance(new, str) else LABELS.with_columns(new.alias(name))
    table.write_csv(path)
    with pytest.raises(BadInput, match=said):
        flawed.labels.take(path)
    assert flawed.project._parts.store.all(LabelBatch) == []


def test_columns_may_have_other_names(flawed, tmp_path):
    path = tmp_path / "labels.csv"
    LABELS.rename({"row": "sample", "annotator": "who", "value": "verdict"}).write_csv(path)
    taken = flawed.labels.take(path, columns=LabelColumns(row="sample", annotator="who", value="verdict"))
    assert taken.batch.labels == 6


@pytest.mark.parametrize("text", ["{", "", "7", "[1, 2]"])
def test_json_that_is_no_table_is_refused(flawed, tmp_path, text):
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="want"):
        flawed.labels.take(path)


def test_what_is_not_there_is_named(flawed, tmp_path):
    with pytest.raises(NotFound, match=r"labels\.csv"):
        flawed.labels.take(tmp_path / "labels.csv")
    with pytest.raises(NotFound, match="guideline tissues: want one of"):
        flawed.labels.take(LABELS, guideline="tissues")
    with pytest.raises(BadInput, match="want labels by several annotators"):
        flawed.labels.adjudicate()


def test_to_label_studio_and_back(flawed, tmp_path):
    flawed.labels.rank()
    path = tmp_path / "tasks.json"
    assert flawed.labels.export(path, rows=20) == 20
    tasks = json.loads(path.read_text(encoding="utf-8"))
    assert {t["data"]["row"] for t in tasks} <= set(flawed.truth)
    assert (tmp_path / "tasks.xml").read_text(encoding="utf-8").startswith("<View>")
    with pytest.raises(Conflict, match="exists"):
        flawed.labels.export(path)
    for number, task in enumerate(tasks):
        value = str(flawed.truth[task["data"]["row"]])
        result = {"from_name": "label", "to_name": "row", "type": "choices", "value": {"choices": [value]}}
        task["annotations"] = [{"id": number, "completed_by": 3, "result": [result], "was_cancelled": False}]
    done = tmp_path / "export.json"
    done.write_text(json.dumps(tasks), encoding="utf-8")
    taken = flawed.labels.take(done)
    assert (taken.batch.labels, taken.known, taken.batch.annotators) == (20, 20, ("3",))
    applied = flawed.labels.apply(consensus=True)
    assert applied.relabelled == len(flawed.wrong & {t["data"]["row"] for t in tasks}) > 0


def test_a_blind_queue_gives_nothing_away_to_label_studio(flawed, tmp_path):
    flawed.labels.draw(QueueKind.SECOND_READING, rows=5)
    flawed.labels.export(tmp_path / "tasks.json")
    for task in json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8")):
        assert not {"malignant", "given", "answer_of_radius-rule"} & set(task["data"])
        assert "predictions" not in task
