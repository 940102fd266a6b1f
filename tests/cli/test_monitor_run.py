"""``slipway monitor run``: any two tables from wherever they are, in one command, without a project."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from slipway.cli.app import run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    pl.DataFrame({"x": rng.normal(size=4000), "city": rng.choice(["a", "b"], 4000)}).write_parquet("a.parquet")
    pl.DataFrame({"x": rng.normal(size=1000) + 1, "city": rng.choice(["a", "b"], 1000)}).write_csv("b.csv")
    return tmp_path


def ask(capsys, *words):
    status = run(["monitor", "run", *words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_two_files_of_different_formats(folder, capsys):
    status, out, _ = ask(capsys, "--reference", "a.parquet", "--current", "b.csv", "--out", "page.html")
    assert status == 0
    assert "b.csv against a.parquet: matters" in out
    assert "Nothing" not in out
    assert max(map(len, out.splitlines())) <= 100
    assert (folder / "page.html").read_text().startswith("<!doctype html>")


def test_json_is_one_document(folder, capsys):
    _, out, _ = ask(capsys, "--reference", "a.parquet", "--current", "b.csv", "--json", "--out", "page.json")
    assert json.loads(out)["standing"] == "matters"
    assert json.loads((folder / "page.json").read_text())["standing"] == "matters"


def test_check_ends_with_a_status_that_a_script_can_ask(folder, capsys):
    assert ask(capsys, "--reference", "a.parquet", "--current", "b.csv", "--check")[0] == 1
    assert ask(capsys, "--reference", "a.parquet", "--current", "a.parquet", "--check")[0] == 0


def test_a_column_that_is_gone_passes_no_check(folder, capsys):
    pl.read_parquet("a.parquet").drop("city").write_parquet("c.parquet")
    status, out, _ = ask(capsys, "--reference", "a.parquet", "--current", "c.parquet", "--check")
    assert "c.parquet against a.parquet: look at the data (1 serious remark; no drift found beside that)" in out
    assert status == 1


def test_rows_of_a_query(folder, capsys):
    pytest.importorskip("duckdb")
    (folder / "b.sql").write_text("select x, city from 'b.csv' where x > 0")
    status, out, _ = ask(capsys, "--reference", "a.parquet", "--current", "b.sql", "--json")
    assert status == 0
    assert json.loads(out)["rows_now"] < 1000


def test_what_is_wrong_is_said_in_a_line(folder, capsys):
    status, out, err = ask(capsys, "--reference", "a.parquet", "--current", "none.parquet")
    assert status != 0
    assert "none.parquet" in err
    assert not out
    status, _, err = ask(capsys, "--reference", "a.parquet", "--current", "b.csv", "--label", "lable")
    assert status != 0
    assert "want a column 'lable'" in err


PLACES = {
    "none.parquet": (None, "none.parquet: want a file, a folder of tables or a pattern, found nothing"),
    "no/*.parquet": (None, "no/*.parquet: want a file, a folder of tables or a pattern, found nothing"),
    "": (None, "want a file, a folder, a pattern, a URL or a .sql file, got an empty name"),
    "gs://lake/b": (None, "want a path or a URL that begins with s3://, got 'gs://'"),
    "b.xlsx": (b"PK", "b.xlsx: want a name that ends in .parquet"),
    "empty.parquet": (b"", "empty.parquet: want a table, got an empty file"),
    "text.parquet": (b"x,city\n1,a\n", "text.parquet: want a whole parquet file"),
    "cut.parquet": (lambda: Path("a.parquet").read_bytes()[:9999], "cut.parquet: want a whole parquet file"),
    "wide.csv": (b"x,city\n1,a\n2,b,c\n", "wide.csv: want a whole csv file, got line 3 with 3 values under 2 columns"),
    "short.csv": (b"x,city\n1,a\n2\n3,a\n", "short.csv: want a whole csv file, got line 3 with 1 values"),
    "heads.csv": (b"x,city\n", "heads.csv: want at least one row, got none"),
    "twice.csv": (b"x,x\n1,2\n", "twice.csv: want each column once, got ['x']"),
    "latin.csv": (
        "x,city\n1,Z\xfcrich\n".encode("latin-1"),
        "latin.csv: want a whole csv file, got line 2 that is no UTF-8",
    ),
    "semi.csv": (b"x;city\n1;a\n", "semi.csv: want commas between values, got semicolons"),
    "away.sql": (None, "away.sql: want a file with a query, found none"),
    "typo.sql": (b"selec 1", "typo.sql: want a query that duckdb:/// runs, got 'Parser Error"),
    "lost.sql": (b"select * from nowhere", "lost.sql: want a query that duckdb:/// runs, got 'Catalog Error"),
    "blank.sql": (b" ", "blank.sql: want a file with a query, got an empty one"),
    "norows.sql": (b"select * from 'a.parquet' where x > 99", "norows.sql: want a query with at least one row"),
}


@pytest.mark.parametrize(("place", "content", "said"), [(p, *v) for p, v in PLACES.items()], ids=PLACES)
def test_a_place_that_cannot_be_read_is_named_in_one_line(folder, capsys, place, content, said):
    if place.endswith(".sql"):
        pytest.importorskip("duckdb")
    if content is not None:
        (folder / place).write_bytes(content() if callable(content) else content)
    status, out, err = ask(capsys, "--reference", "a.parquet", "--current", place)
    told = [line for line in err.splitlines() if line.startswith("slipway: ")]
    assert (status, out, len(told)) == (1, "", 1)
    assert said in told[0]
    assert "Traceback" not in err


def test_folders_are_read_as_one_table_and_odd_ones_are_refused(folder, capsys):
    table = pl.read_parquet("a.parquet")
    for name, files in (("good", [table, table]), ("odd", [table, table.rename({"x": "y"})]), ("bare", [])):
        (folder / name).mkdir()
        for i, part in enumerate(files):
            part.write_parquet(folder / name / f"{i}.parquet")
    assert json.loads(ask(capsys, "--reference", "a.parquet", "--current", "good", "--json")[1])["rows_now"] == 8000
    assert "want the columns of" in ask(capsys, "--reference", "a.parquet", "--current", "odd")[2]
    assert "found nothing" in ask(capsys, "--reference", "a.parquet", "--current", "bare")[2]
