"""``slipway batch``: one document on stdout, progress on stderr, a status that says whether every row was answered."""

import json

import polars as pl
import pytest
import structlog

from slipway import Project


@pytest.fixture
def folder(tmp_path):
    project = Project.init(tmp_path / "hearts", name="hearts")
    fields = [f.name for f in project.scope.fields]
    rows = pl.DataFrame({"sample": ["s1", "s2", "s3"], **{f: [0.5, 0.6, 0.7] for f in fields}})
    rows.write_parquet(project.folder / "in.parquet")
    odd = rows.with_columns(mean_radius=pl.Series([0.5, None, 200.0]))
    odd.write_csv(project.folder / "odd.csv")
    return project.folder


def test_every_row_answered_ends_with_0_and_one_document(folder, here):
    log = structlog.get_config()
    done = here("batch", "score", "in.parquet", "out.parquet", "--json", cwd=folder)
    assert structlog.get_config() == log, "who calls a command from Python keeps a log of his own"
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["rows"], report["answered"], report["arms"]) == (3, 3, {"radius-rule": 3})
    assert done.stderr == ""
    assert pl.read_parquet(folder / "out.parquet").height == 3


def test_rejected_rows_end_with_1_and_are_told(folder, here):
    done = here("batch", "score", "odd.csv", "out.csv", "--keep", "mean_area", cwd=folder)
    assert done.returncode == 1
    assert "1 of 3 rows answered" in done.stdout
    assert "out.csv.rejects.jsonl says why of each" in " ".join(done.stdout.split())
    lines = [json.loads(line) for line in (folder / "out.csv.rejects.jsonl").read_text().splitlines()]
    assert [(line["row"], line["error"], line["got"]) for line in lines] == [
        (1, "mean_radius: this field is required.", "null"),
        (2, "mean_radius: this value does not fit.", "200.0"),
    ]
    assert pl.read_csv(folder / "out.csv").columns[-1] == "mean_area"


def test_outcomes_are_taken_by_the_ids_of_the_output(folder, here):
    here("batch", "score", "in.parquet", "out.parquet", cwd=folder)
    told = pl.read_parquet(folder / "out.parquet").select("id", malignant=pl.Series([0, 1, None]))
    told.write_csv(folder / "told.csv")
    done = here("batch", "outcomes", "told.csv", "--value", "malignant", "--json", cwd=folder)
    assert json.loads(done.stdout) == {"rows": 3, "taken": 2, "unknown": 1}


def test_decisions_are_taken_and_status_says_how_many_agree(folder, here):
    here("batch", "score", "in.parquet", "out.parquet", cwd=folder)
    told = pl.read_parquet(folder / "out.parquet").select("id", read=1 - pl.col("label"), reader=pl.lit("ana"))
    told.write_csv(folder / "read.csv")
    done = here("batch", "decisions", "read.csv", "--decision", "read", "--by", "reader", "--json", cwd=folder)
    assert json.loads(done.stdout) == {"rows": 3, "taken": 3, "open": 0}
    page = " ".join(here("status", cwd=folder).stdout.split())
    assert "3 predictions, 0 outcomes" in page
    assert "3 decisions; 0.0 % of 3 on answers of radius-rule agree (0.0 % to" in page


def test_metrics_are_taken_and_status_counts_them(folder, here):
    here("batch", "score", "in.parquet", "out.parquet", cwd=folder)
    told = pl.read_parquet(folder / "out.parquet").select("id", what=pl.lit("revenue"), eur=pl.Series([3.2, None, 0.0]))
    told.write_csv(folder / "sales.csv")
    take = ("batch", "metrics", "sales.csv", "--metric", "what", "--value", "eur")
    assert json.loads(here(*take, "--json", cwd=folder).stdout) == {"rows": 3, "taken": 2, "unknown": 1}
    assert here(*take, cwd=folder).stdout.strip() == "2 of 3 values are in the journal; 1 have no value yet."
    page = " ".join(here("status", cwd=folder).stdout.split())
    assert "3 predictions, 0 outcomes, 2 metric values; left out: 2 metric values of a row that had one" in page
    rows = here("journal", "query", "select count(*) as n, sum(value) as eur from metrics", "--json", cwd=folder)
    assert '"eur": 6.4' in rows.stdout


def test_what_is_wrong_is_said_and_ends_with_1(folder, here):
    done = here("batch", "score", "in.parquet", "in.parquet", cwd=folder)
    assert done.returncode == 1
    assert "want an output beside the input" in done.stderr
