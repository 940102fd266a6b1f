"""What data.source may name is read; what is broken is told by file, line, column or row; no password is kept."""

import re
import sqlite3

import polars as pl
import pytest

from slipway import Project
from slipway.errors import BadInput, MissingExtra, NotFound, Unavailable
from slipway.project import datasets

ROWS = 60
SECRET = "hunter2"  # noqa: S105 - a secret to look for


@pytest.fixture
def folder(tmp_path):
    return Project.init(tmp_path / "p").folder


@pytest.fixture
def rows(folder):
    return datasets.load(Project.open(folder)._parts, params=None).table.head(ROWS)


def reading(folder, source, *more):
    """Open the project with another source, as its page says it."""
    page = folder / "slipway.toml"
    lines = "\n".join([f'source = "{source}"', *more])
    text, count = re.subn(r"(?m)^\[data\]\n(?:(?!\[).*\n)*", f"[data]\n{lines}\n\n", page.read_text(encoding="utf-8"))
    assert count == 1
    page.write_text(text, encoding="utf-8")
    return Project.open(folder)


def loaded(folder, source, *more):
    return datasets.load(reading(folder, source, *more)._parts, params=None)


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "csv"])
def test_a_file_a_folder_and_a_pattern_of_each_format_are_one_dataset(folder, rows, suffix):
    write = {"parquet": pl.DataFrame.write_parquet, "arrow": pl.DataFrame.write_ipc, "csv": pl.DataFrame.write_csv}
    (folder / "rows").mkdir()
    write[suffix](rows, folder / f"all.{suffix}")
    write[suffix](rows.head(20), folder / "rows" / f"a.{suffix}")
    write[suffix](rows.tail(ROWS - 20), folder / "rows" / f"b.{suffix}")
    places = (f"all.{suffix}", "rows/", f"rows/*.{suffix}")
    made = {reading(folder, place).make_dataset().id for place in places}
    assert len(made) == 1


def test_the_rows_of_a_query_come_from_a_database_whose_password_is_nowhere(folder, rows, monkeypatch):
    with sqlite3.connect(folder / "rows.db") as database:
        marks = ", ".join("?" * rows.width)
        database.execute(f"create table rows ({', '.join(rows.columns)})")
        database.executemany(f"insert into rows values ({marks})", rows.iter_rows())  # noqa: S608 - marks only
    (folder / "rows.sql").write_text("select * from rows;\n")
    monkeypatch.setenv("HEARTS_DB", f"sqlite:///{folder}/rows.db")
    found = loaded(folder, "rows.sql", 'database = "HEARTS_DB"')
    assert found.table.equals(rows)
    assert found.source == f"rows.sql of sqlite:///{folder}/rows.db"


def test_duckdb_reads_the_files_that_the_query_names(folder, rows, monkeypatch):
    pytest.importorskip("duckdb")
    rows.write_parquet(folder / "some.parquet")
    (folder / "rows.sql").write_text("select * from 'some.parquet'")
    monkeypatch.setenv("HEARTS_DB", "duckdb://")
    assert loaded(folder, "rows.sql", 'database = "HEARTS_DB"').table.height == ROWS


def test_no_message_holds_a_password(folder, monkeypatch):
    (folder / "rows.sql").write_text("select 1")
    monkeypatch.setenv("HEARTS_DB", f"postgresql+psycopg://me:{SECRET}@127.0.0.1:1/none?connect_timeout=1")
    with pytest.raises((Unavailable, MissingExtra)) as told:
        loaded(folder, "rows.sql", 'database = "HEARTS_DB"')
    assert SECRET not in str(told.value)
    assert "127.0.0.1" in str(told.value) or "driver" in str(told.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("selekt 1", "want a query that .* runs, got .*syntax"),
        ("select 1 where 0", "want a query with at least one row"),
    ],
)
def test_a_query_that_fails_says_why(folder, monkeypatch, text, told):
    (folder / "rows.sql").write_text(text)
    monkeypatch.setenv("HEARTS_DB", "sqlite://")
    with pytest.raises(BadInput, match=told):
        loaded(folder, "rows.sql", 'database = "HEARTS_DB"')


def test_a_query_without_its_variable_says_which(folder, monkeypatch):
    (folder / "rows.sql").write_text("select 1")
    monkeypatch.delenv("HEARTS_DB", raising=False)
    with pytest.raises(NotFound, match="environment variable HEARTS_DB"):
        loaded(folder, "rows.sql", 'database = "HEARTS_DB"')
    page = folder / "slipway.toml"
    page.write_text(page.read_text().replace('database = "HEARTS_DB"', ""))
    with pytest.raises(NotFound, match=r"data\.database"):
        datasets.load(Project.open(folder)._parts, params=None)


def test_a_url_does_not_belong_in_the_scope(folder):
    with pytest.raises(BadInput, match=r"data\.database: want the name of an environment variable"):
        reading(folder, "rows.sql", f'database = "postgresql://me:{SECRET}@host/name"')


BROKEN = {
    "more values": ("a,b\n1,2\n3,4,5\n", "line 3 with 3 values under 2 columns"),
    "encoding": (b"a,b\n1,2\n3,\xff\n", "line 3 that is no UTF-8"),
    "zero byte": (b"a,b\n1,2\n\xff\x00,2\n", "line 3 with a byte of zero"),
    "empty": ("", "an empty file"),
    "names only": ("a,b\n", "at least one row"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_csv_is_told_by_its_line(folder, name):
    text, told = BROKEN[name]
    (folder / "rows.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput, match=told):
        loaded(folder, "rows.csv")


def test_a_value_of_another_sort_is_told_by_column_and_row(folder, rows):
    mixed = rows.with_columns(pl.col("mean_radius").cast(pl.String))
    mixed[7, "mean_radius"] = "wide"
    mixed.write_csv(folder / "rows.csv")
    with pytest.raises(BadInput, match=r"column 'mean_radius': want numbers, got 'wide' in row 8 .*1 such row"):
        loaded(folder, "rows.csv")


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_a_damaged_file_is_told(folder, rows, suffix):
    path = folder / f"rows.{suffix}"
    rows.write_parquet(path) if suffix == "parquet" else rows.write_ipc(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BadInput, match=f"rows.{suffix}: want a whole {suffix} file"):
        loaded(folder, f"rows.{suffix}")


def test_files_that_differ_are_refused(folder, rows):
    (folder / "rows").mkdir()
    rows.write_parquet(folder / "rows" / "a.parquet")
    rows.drop("mean_radius").write_parquet(folder / "rows" / "b.parquet")
    with pytest.raises(BadInput, match=r"b\.parquet: want the columns of .*a\.parquet, got other ones: .*mean_radius"):
        loaded(folder, "rows/")
    rows.write_csv(folder / "rows" / "c.csv")
    with pytest.raises(BadInput, match="want files of one format, got csv, parquet"):
        loaded(folder, "rows/")


def test_nothing_there_is_said(folder):
    with pytest.raises(NotFound, match=r"none\.parquet: want a file, a folder"):
        loaded(folder, "none.parquet")


@pytest.mark.parametrize(
    "given", ["../rows.csv", "/etc/rows.csv", "s3://u:p@bucket/x", "rows.txt", "a/../b/", "~/x.csv"]
)
def test_a_place_outside_is_refused(folder, given):
    with pytest.raises(BadInput, match=r"data\.source"):
        reading(folder, given)
