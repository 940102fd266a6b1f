"""``slipway monitor run``: any two tables from wherever they are, in one command, without a project."""

import json

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
    assert "c.parquet against a.parquet: nothing found" in out
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
