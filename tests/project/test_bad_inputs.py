"""Whatever is wrong with data or a training function, it is said with its place and its remedy, and nothing is lost.

Each row of the tables spoils a copy of a sound project in one way and runs the real command on it.
"""

import gzip
import io
import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from slipway import Project
from slipway.cli.app import run

PAGE = """
[project]
name  = "bad"
owner = "Us <us@example.org>"
need  = "Somebody wants to know which flights will be late."
case  = "new"
kill  = "Stop if it is no better than the trivial answer."

[task]
x = "Delay and hour of a flight."
y = "It is late."
kind   = "binary"
target = "late"
entity = "flight"
time   = "at"

[fields]
delay = { kind = "number" }
hour  = { kind = "number", low = 0, high = 24 }

[metric]
why    = "It counts."
target = 0.4
margin = 0.1

[data]
source     = "rows.csv"
test_share = 0.3

[model]
train = "model.py:train"
"""
FIT = "    return LogisticRegression().fit(X, y)\n"
HEAD = "import os, sys\nimport numpy as np\nfrom sklearn.linear_model import LogisticRegression\n"
CHECKS = """
import pandera.polars as pa
schema = pa.DataFrameSchema({"hour": pa.Column(float, pa.Check.lt(20))})
"""


def rows(n=160):
    rng = np.random.default_rng(3)
    delay = rng.normal(size=n).round(3)
    return pl.DataFrame(
        {
            "flight": [f"f{i}" for i in range(n)],
            "at": [f"2026-01-{1 + i // 8:02d} {i % 8:02d}:00:00" for i in range(n)],
            "delay": delay,
            "hour": rng.integers(0, 24, n).astype(float),
            "late": ((delay + rng.normal(size=n)) > 0).astype(int),
        }
    )


T = rows()
M = T.with_columns(pl.col("at").str.to_datetime(time_unit="us"))
LINES = T.write_csv().splitlines()
AT = pl.int_range(pl.len())
FINE = T.with_columns(hour=pl.col("delay") * 7 + pl.col("hour") / 3)
"""Both fields tell rows apart."""


def project(folder):
    folder.mkdir()
    (folder / "slipway.toml").write_text(PAGE)
    (folder / "rows.csv").write_text(T.write_csv())
    trains(FIT)(folder)
    return folder


def file(name, content):
    """Write a file of the project anew."""
    data = content if isinstance(content, bytes) else content.encode()

    def spoil(folder):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)

    return spoil


def lines(*given, encoding="utf-8"):
    return file("rows.csv", ("\n".join(given) + "\n").encode(encoding))


def line_6(change):
    """Change the sixth line of the CSV, which has the fifth row."""
    return lines(*LINES[:5], change(LINES[5]), *LINES[6:])


def table(given):
    return file("rows.csv", given.write_csv())


def some(column, value, n=5):
    """Give the first rows another value."""
    return table(T.with_columns(pl.when(n > AT).then(value).otherwise(pl.col(column)).alias(column)))


def page(old, new):
    def spoil(folder):
        text = (folder / "slipway.toml").read_text()
        assert old in text
        (folder / "slipway.toml").write_text(text.replace(old, new))

    return spoil


def both(*spoils):
    def spoil(folder):
        for one in spoils:
            one(folder)

    return spoil


def source(name, content=None, more=""):
    """Name another source, and write it."""
    named = page('source     = "rows.csv"', f'source = "{name}"\n{more}')
    return named if content is None else both(file(name, content), named)


def parquet(given):
    buffer = io.BytesIO()
    given.write_parquet(buffer)
    return buffer.getvalue()


def arrow(given):
    buffer = io.BytesIO()
    given.write_ipc(buffer)
    return buffer.getvalue()


def loads(body, head=""):
    text = f"import polars as pl\n{head}\ndef load():\n    rows = pl.read_csv('rows.csv', try_parse_dates=True)\n{body}"
    return both(file("load.py", text), source("load.py:load"))


def sql(query):
    """Ask a small SQLite file, which the variable BAD_DB names, another query."""

    def database(folder):
        with sqlite3.connect(folder / "rows.db") as made:
            made.execute("create table rows(a)")
        made.close()

    return both(database, source("rows.sql", query, more='database = "BAD_DB"'))


def trains(body, *, head="", given="X, y, params, seed"):
    return file("model.py", f"{HEAD}{head}\ndef train({given}):\n{body}")


def answers(expression):
    """Train a model whose predict_proba returns something else of p, the right answer."""
    head = (
        "class Odd(LogisticRegression):\n    def predict_proba(self, X):\n"
        f"        p = super().predict_proba(X)\n        return {expression}\n"
    )
    return trains("    return Odd().fit(X, y)\n", head=head)


class Bad(NamedTuple):
    """One input that is wrong: how it is made so, and what must be said of it."""

    spoil: Callable[[Path], object]
    says: str
    """Regular expression."""
    status: int = 1
    more: tuple[str, ...] = ()


SHORT = ("--timeout", "0.2s")
NOT_A_TABLE = r"load\.py:load: want a table \(polars, pandas, Arrow, a dict of columns\), got {}"
REFUSED = {
    # files of text
    "a short line": Bad(
        line_6(lambda s: s.rsplit(",", 2)[0]), r"rows\.csv: .* got line 6 with 3 values under 5 colu.*Mend"
    ),
    "a long line": Bad(line_6(lambda s: s + ",1"), r"rows\.csv: .* got line 6 with 6 values under 5 columns.*Mend"),
    "an open quote": Bad(
        line_6(lambda s: '"' + s), r"rows\.csv: want a whole csv file, got line 6 where unexpected end"
    ),
    "a zero byte": Bad(line_6(lambda s: "\0" + s), r"rows\.csv: want a whole csv file, got line 6 with a byte of zero"),
    "names in Latin-1": Bad(
        lines(LINES[0] + "ü", encoding="latin-1"), r"line 1 that is no UTF-8 \(byte 0xfc at place 26"
    ),
    "values in Latin-1": Bad(lines(*LINES, "ü" + LINES[9], encoding="latin-1"), "line 162 that is no UTF-8"),
    "UTF-16": Bad(lines(*LINES, encoding="utf-16"), r"line 1 with a byte of zero \(UTF-16\? save it as UTF-8\)"),
    "a name twice": Bad(
        lines(LINES[0].replace("hour", "delay"), *LINES[1:]), r"want each column once, got \['delay'\]"
    ),
    "a column without a name": Bad(
        lines(LINES[0].replace("hour", ""), *LINES[1:]), "want a name.* none on line 1 for column 4"
    ),
    "no names": Bad(lines(*LINES[1:]), r"want the columns .*'late'.*got none of the name .*There are \['f0', "),
    "names only": Bad(lines(LINES[0]), r"rows\.csv: want at least one row, got none"),
    "semicolons": Bad(
        lines(*(s.replace(",", ";") for s in LINES)), r"rows\.csv: want commas between values, got semicolons"
    ),
    "tabs": Bad(lines(*(s.replace(",", "\t") for s in LINES)), r"rows\.csv: want commas between values, got tabs"),
    "a web page": Bad(
        file("rows.csv", "<!DOCTYPE html>\n<p>404</p>\n"), "want the columns .*got none of the name.*DOCTYPE"
    ),
    "nothing in it": Bad(file("rows.csv", ""), r"rows\.csv: want a table, got an empty file"),
    "blank lines": Bad(file("rows.csv", "\n\n"), r"rows\.csv: want a whole csv file, got 'empty CSV'\. Mend it"),
    "cut in the middle": Bad(lines(*LINES[:-1], LINES[-1][:8]), "line 161 with 2 values under 5 columns"),
    "a .gz that is none": Bad(
        source("rows.csv.gz", "a,b\n1,2\n"), r"rows\.csv\.gz: want gzip.*got other bytes\. Compress"
    ),
    "a .gz that is cut": Bad(
        source("rows.csv.gz", gzip.compress(T.write_csv().encode())[:400]), r"\.gz: want a whole csv.*ended before"
    ),
    "decimal commas": Bad(
        some("delay", pl.lit("0,5"), n=999), "column 'delay': want numbers, got '0,5' in row 1 .*160 such"
    ),
    "a word among numbers": Bad(
        some("delay", pl.lit("wide"), n=1), "'delay': want numbers, got 'wide' in row 1 .*1 such row"
    ),
    # files of tables
    "Parquet cut": Bad(
        source("rows.parquet", parquet(M)[:1000]), r"rows\.parquet: want a whole parquet file, got .*Mend"
    ),
    "text called Parquet": Bad(
        source("rows.parquet", "hello, hello"), r"rows\.parquet: want a whole parquet file, got .*Mend"
    ),
    "Parquet of no bytes": Bad(source("rows.parquet", ""), r"rows\.parquet: want a table, got an empty file"),
    "Parquet of no rows": Bad(
        source("rows.parquet", parquet(M.head(0))), r"rows\.parquet: want at least one row, got none"
    ),
    "Arrow cut": Bad(source("rows.arrow", arrow(M)[:1500]), r"rows\.arrow: want a whole arrow file, got .*Mend"),
    "lists in a column": Bad(
        source("rows.parquet", parquet(M.with_columns(pl.concat_list("delay")))), "column delay: want .*List"
    ),
    "wider than 64 bits": Bad(
        source("rows.parquet", parquet(M.with_columns(delay=2**53 + 1 + AT.cast(pl.Int128)))),
        "column delay: .* 64 bits.* Int128",
    ),
    # places
    "a folder without tables": Bad(
        both(source("rows/"), file("rows/notes.txt", "x")), "rows: want a file, a folder of tables"
    ),
    "a pattern of nothing": Bad(
        source("rows/*.csv"), r"rows/\*\.csv: want a file, a folder of tables or a pattern, found nothing"
    ),
    "files that differ": Bad(
        both(
            source("rows/a.csv", T.write_csv()),
            file("rows/b.csv", T.drop("hour").write_csv()),
            page("rows/a.csv", "rows/"),
        ),
        r"b\.csv: want the columns of .*a\.csv, got other ones: .*hour",
    ),
    "a folder called .csv": Bad(
        lambda f: ((f / "rows.csv").unlink(), (f / "rows.csv").mkdir()), r"rows\.csv: .*found nothing"
    ),
    "a link to nowhere": Bad(
        lambda f: ((f / "rows.csv").unlink(), (f / "rows.csv").symlink_to("x")), r"rows\.csv: .*nothing"
    ),
    "a bucket without the extra": Bad(
        source("s3://bucket/rows.csv"), r"want obstore.*found none\. Install 'slipway\[s3\]'"
    ),
    # the columns that the scope names
    "no target": Bad(table(T.rename({"late": "lates"})), r"got none of the name \['late'\].*Did you mean 'lates'\?"),
    "no entity": Bad(table(T.drop("flight")), r"want the columns .*got none of the name \['flight'\]\. There are"),
    "no time": Bad(table(T.drop("at")), r"want the columns .*got none of the name \['at'\]\. There are"),
    "a field that the arm in force wants": Bad(
        both(
            table(T.rename({"delay": "delays"})),
            page("[model]", '[serving]\nlive = "rule"\n[arms.rule]\nrule = "delay > 0"\n[model]'),
        ),
        r"data: want columns \['delay'\], as \[fields\] says, got .*Did you mean 'delays'\?",
    ),
    "no label at all": Bad(some("late", None, n=999), "want rows with a 'late', got none in 160 rows"),
    "three classes": Bad(some("late", pl.lit(2)), r"target 'late': want 0 or 1, got 2 in flight f0, f1, f2, f3, f4"),
    "an infinite target": Bad(some("late", float("inf")), r"target 'late': want 0 or 1, got inf in flight f0, f1"),
    "labels of words": Bad(
        some("late", pl.lit("yes"), n=999), "'late': want numbers, got 'yes' in row 1 .*160 such rows"
    ),
    "a time that is missing": Bad(some("at", None), "time 'at': want a moment in every row, got 5 missing"),
    "a time that is none": Bad(
        some("at", pl.lit("yesterday")), "'at': want moments such as .*got 'yesterday' in row 1 "
    ),
    "a time that is text": Bad(source("rows.parquet", parquet(T)), "time 'at': want moments or .*got String"),
    "a check of the user's fails": Bad(
        both(file("checks.py", CHECKS), page("[model]", 'checks = "checks.py:schema"\n[model]')),
        r"checks\.py:schema: want rows that pass .*hour: less_than\(20\): \d+ of 160 rows fail: flight f",
    ),
    # functions
    "it raises": Bad(
        loads("    raise ValueError('no such month')"),
        r"load\.py:load: .*ValueError: no such month \(load\.py, line 5\)",
    ),
    "it returns nothing": Bad(loads("    pass"), NOT_A_TABLE.format("NoneType")),
    "it is a generator": Bad(loads("    yield from rows.rows()"), NOT_A_TABLE.format("generator")),
    "it returns a name": Bad(loads("    return 'rows.csv'"), NOT_A_TABLE.format("str")),
    "it returns a number": Bad(loads("    return 7"), NOT_A_TABLE.format("int")),
    "it returns names of files": Bad(loads("    return ['a.csv', 'b.csv']"), NOT_A_TABLE.format("list")),
    "its columns differ in length": Bad(
        loads("    return {'a': [1, 2], 'b': [1]}"), NOT_A_TABLE.format("dict that is none: .*'b'")
    ),
    "a column has two sorts": Bad(
        loads("    return {'a': [1, 'x']}"), NOT_A_TABLE.format("values of several sorts in column 'a': int, str")
    ),
    "it names a column twice": Bad(
        loads("    return rows.to_pandas().set_axis(['a', 'b', 'b', 'c', 'd'], axis=1)"),
        r"want each column once, got \['b'\]",
    ),
    "a lazy table of no file": Bad(
        loads("    return pl.scan_csv('none.csv')"), NOT_A_TABLE.format(r"LazyFrame that .*none\.csv")
    ),
    "a lazy table of no column": Bad(
        loads("    return rows.lazy().select('x')"), NOT_A_TABLE.format('LazyFrame that .*"x"')
    ),
    "objects in a column": Bad(
        loads("    return rows.with_columns(delay=pl.Series([object()] * 160, dtype=pl.Object))"),
        "column delay: want .*got Object",
    ),
    "it is async": Bad(
        both(file("load.py", "async def load(): pass"), source("load.py:load")),
        "load: want a plain function, got an async",
    ),
    "it ends the process": Bad(
        loads("    raise SystemExit(0)"), r"load\.py:load: want it to return, got SystemExit: 0"
    ),
    "it is stopped": Bad(loads("    raise KeyboardInterrupt"), "stopped", 130),
    "it hangs": Bad(
        loads("    while True: pass"),
        r"load\.py:load: want it to return within 0.2 s, got no end.*--timeout",
        more=SHORT,
    ),
    "it wants an argument": Bad(
        both(file("load.py", "def load(month): pass"), source("load.py:load")),
        r"TypeError: load\(\) missing 1 .*'month'",
    ),
    "it is not there": Bad(
        both(file("load.py", "def loads(): pass"), source("load.py:load")),
        "want a function 'load' in .*Did you mean 'loads'",
    ),
    "its file has a slip": Bad(
        both(file("load.py", "def load(:\n"), source("load.py:load")),
        r"load\.py: .*SyntaxError: invalid syntax \(load\.py, line 1\)",
    ),
    "it imports nothing there is": Bad(
        loads("", head="import nowhere_at_all"), "load.py: .*No module named 'nowhere_at_all'"
    ),
    # queries
    "a wrong query": Bad(sql("selekt 1"), r'rows\.sql: want a query that sqlite:.* runs, got .*"selekt": syntax error'),
    "a table that is not there": Bad(
        sql("select * from nowhere"), r"rows\.sql: want a query .* got .*no such table: nowhere"
    ),
    "a statement": Bad(
        sql("delete from rows"), r"rows\.sql: want a query, got a statement without rows\. Begin it with 'select'"
    ),
    "no query": Bad(sql("  \n"), r"rows\.sql: want a file with a query, got an empty one"),
    "a query in Latin-1": Bad(sql("select 'ü'".encode("latin-1")), r"rows\.sql: want a query in UTF-8, got byte 9 "),
    "a query without rows": Bad(sql("select * from rows"), r"rows\.sql: want a query with at least one row, got none"),
    "no database": Bad(
        both(sql("select 1"), lambda f: (f / "rows.db").unlink()),
        r"want the database .*rows\.db that BAD_DB names, found no",
    ),
}
"""Nothing is kept of these."""

NEW_IDS = pl.format("g{}", AT).alias("flight")
NOTED = {
    "a column is empty": Bad(
        table(T.with_columns(delay=None)), "constant columns no the same value in every row: delay"
    ),
    "a field is not there": Bad(
        table(T.rename({"delay": "delays"})), "delay: present no no such column. Did you mean 'delays'"
    ),
    "a field beyond its limits": Bad(
        some("hour", 25.0), r"hour: range no 5 of 160 rows leave \[0, 24\]: flight f0, f1, f2, f3, f4 \(got 25"
    ),
    "infinite numbers": Bad(
        some("delay", float("inf")), "delay: finite no 5 of 160 rows are infinite: flight f0, f1, f2, f3, f4"
    ),
    "numbers beyond 2^53": Bad(
        table(T.with_columns(delay=2**60 + 7 * AT)), r"delay: exact no 160 of 160 rows reach 2\^53"
    ),
    "one class": Bad(
        some("late", 1, n=999), "late: classes no all 112 rows to learn from have 1; all 48 rows held out"
    ),
    "no entity in some rows": Bad(
        some("flight", None), "flight: required no 5 of 160 rows have no value: rows 0, 1, 2, 3, 4"
    ),
    "rows twice": Bad(
        table(pl.concat([T, T.head(9)])), "duplicates no 9 of 169 rows repeat an earlier row: rows 160, 161"
    ),
    "Y among X": Bad(
        table(T.with_columns(delay=7 * pl.col("late"))), r"leakage no nearly give 'late' away: delay \(explains 100"
    ),
    "an id among X": Bad(
        table(T.with_columns(delay=AT + 1000)), "row numbers no they name rows .*: delay. Leave them out"
    ),
    "the future": Bad(
        table(T.with_columns(pl.col("at").str.replace("2026", "2226"))), "time travel no 160 rows lie after today"
    ),
    "a row on both sides": Bad(
        both(
            table(pl.concat([T.with_columns(held=AT > 112), T.head(3).with_columns(held=True)])),
            page("test_share = 0.3", 'split = "column"\nsplit_by = "held"'),
        ),
        r"overlap of splits no 3 of 50 rows held out equal a training row: rows 160, 161, 162",
    ),
    "rows again under new ids": Bad(
        both(
            table(pl.concat([FINE, FINE.head(40).with_columns(NEW_IDS, at=pl.lit("2026-02-01 00:00:00"))])),
            page("low = 0, high = 24", "low = -99"),
        ),
        "copies under new ids no 41 of 60 rows held out have the X of a training row",
    ),
}
"""Of these a version is kept with what was found; the command ends with 1, and readiness counts it."""

TRAINING = {
    "it raises": Bad(
        trains("    raise ValueError('no')"),
        r"model\.py:train: .*ValueError: no \(model\.py, line 6\).*in train: raise",
    ),
    "it returns nothing": Bad(
        trains("    LogisticRegression().fit(X, y)"), "train: want a fitted estimator, got None. End"
    ),
    "it returns a number": Bad(trains("    return 7"), "int: want predict_proba for a binary task, got none. Wrap it"),
    "it returns a dict": Bad(
        trains("    return {'a': 1}"), "dict: want predict_proba for a binary task, got none. Wrap it"
    ),
    "it returns the class": Bad(
        trains("    return LogisticRegression"), "want it fitted on the classes 0 and 1, got no classes: fit"
    ),
    "it does not fit": Bad(
        trains("    return LogisticRegression()"), "LogisticRegression: want it fitted .*got no classes: fit"
    ),
    "probabilities that are none": Bad(
        answers("p * np.nan"), "Odd: want one finite score for each of 48 rows, got .*48 that are not"
    ),
    "probabilities beyond 1": Bad(answers("2 * p"), r"Odd: want probabilities from 0 to 1, got 0.* to 1\.9.*sum of 1"),
    "shares of classes that know nothing of each other": Bad(
        answers("np.stack([0.6 * p[:, 0], p[:, 1]], axis=1)"),
        r"Odd\.predict_proba: want one probability a class, each row with a sum of 1, got sums from 0\.6",
    ),
    "probabilities below 0": Bad(answers("-p"), r"Odd: want probabilities from 0 to 1, got -0\.97.*sum of 1"),
    "one column of two": Bad(
        answers("p[:, :1]"), r"Odd\.predict_proba: want a column for each of the classes.*\(48, 1\)"
    ),
    "a row too few": Bad(answers("p[:-1]"), r"Odd: want one finite score for each of 48 rows, got shape \(47,\)"),
    "no probabilities": Bad(
        answers("None"), r"Odd\.predict_proba: want a column for each of the classes 0 and 1, got shape \(\)"
    ),
    "a model that raises": Bad(
        answers("p / 0 if p is None else 1 / 0"), "Odd: want answers to 48 rows, got ZeroDivisionError"
    ),
    "a model that ends the process": Bad(answers("sys.exit(0)"), "Odd: want answers to 48 rows, got SystemExit: 0"),
    "a loss that is none": Bad(
        trains("    report(1, float('nan'))", given="X, y, params, seed, report"),
        "want a finite loss at step 1, got nan. The training div",
    ),
    "it ends the process": Bad(trains("    sys.exit(0)"), r"model\.py:train: want it to return, got SystemExit: 0"),
    "it raises what nobody catches": Bad(
        trains("    raise BaseException('odd')"), r"model\.py:train: .*BaseException: odd"
    ),
    "it is stopped": Bad(trains("    raise KeyboardInterrupt"), "stopped", 130),
    "it hangs": Bad(
        trains("    while True: pass"), r"model\.py:train: want it to return within 0.2 s, got no end", more=SHORT
    ),
    "it never stops calling": Bad(trains("    return train(X, y, params, seed)"), r"model\.py:train: .*RecursionError"),
    "it wants all memory": Bad(
        trains("    np.zeros(10**15)"), r"model\.py:train: .*MemoryError: Unable to allocate 7\.11 PiB"
    ),
    "it takes too little": Bad(
        trains(FIT, given="X, y"), r"train\(\) takes 2 positional arguments but 4 were given\.$"
    ),
    "it does not know a parameter": Bad(
        both(
            trains("    LogisticRegression(**params)"), page('"model.py:train"', '"model.py:train"\nparams = { c = 1 }')
        ),
        "unexpected keyword argument 'c'",
    ),
    "it is async": Bad(
        file("model.py", "async def train(X, y, params, seed): pass"), "want a plain function, got an async"
    ),
    "it is not there": Bad(
        file("model.py", "def trains(): pass"), "want a function 'train' in model.py.*Did you mean 'trains'"
    ),
    "its file is not there": Bad(
        lambda f: (f / "model.py").unlink(), r"model\.py:train: want a file model\.py in .*found none"
    ),
    "its file has a slip": Bad(
        file("model.py", "def train(:\n"), r"model\.py: .*SyntaxError: invalid syntax \(model\.py, line 1\)"
    ),
    "its file is in Latin-1": Bad(
        file("model.py", "# ü\ndef train(X): pass".encode("latin-1")), "want a file in UTF-8, got byte 0xfc at place 3"
    ),
    "its file imports nothing there is": Bad(
        file("model.py", "import nowhere_at_all"), "No module named 'nowhere_at_all'"
    ),
    "its file ends the process": Bad(file("model.py", "raise SystemExit(0)"), r"model\.py: .*SystemExit: 0"),
}
"""No run is kept of these, and the attempt is told as failed or stopped."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A project with a version and a run."""
    folder = project(tmp_path_factory.mktemp("bad") / "sound")
    assert run(["data", "make", "--project", str(folder)]) == 0
    assert run(["run", "train", "--project", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(sound, tmp_path, monkeypatch):
    copy = Path(shutil.copytree(sound, tmp_path / "p"))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("BAD_DB", f"sqlite:///{copy}/rows.db")
    monkeypatch.setitem(sys.modules, "obstore.store", None)  # as where the extra is not installed
    return copy


def kept(folder):
    """Return all that a project has: its versions and its runs, and that nothing is amiss with their bytes."""
    found = Project.open(folder)
    return [d.id for d in found.datasets()], [r.id for r in found.runs()], found.verify().errors


@pytest.fixture(scope="module")
def before(sound):
    return kept(sound)


def told(capsys, words, status):
    """Run a command in this process, and return all that it said in one line."""
    assert run([*words, "--project", "."]) == status
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    assert "bug in Slipway" not in err
    return " ".join((out + err).split())


@pytest.mark.parametrize("name", REFUSED)
def test_of_data_that_cannot_be_read_nothing_is_kept(name, folder, before, capsys):
    bad = REFUSED[name]
    bad.spoil(folder)
    assert re.search(bad.says, told(capsys, ["data", "make", *bad.more], bad.status))
    assert kept(folder) == before


@pytest.mark.parametrize("name", NOTED)
def test_what_is_suspect_is_kept_with_what_was_found(name, folder, before, capsys):
    bad, (versions, runs, _) = NOTED[name], before
    bad.spoil(folder)
    assert re.search(bad.says, told(capsys, ["data", "make"], bad.status))
    assert kept(folder) == ([*versions, Project.open(folder).datasets()[-1].id], runs, ())


@pytest.mark.parametrize("name", TRAINING)
def test_of_a_training_that_fails_no_run_is_kept(name, folder, before, capsys):
    bad = TRAINING[name]
    bad.spoil(folder)
    assert re.search(bad.says, told(capsys, ["run", "train", *bad.more], bad.status))
    assert kept(folder) == before


def test_what_functions_print_is_no_part_of_the_answer(folder, capsys):
    loads("    print('from load'); return rows", head="print('from the file')")(folder)
    trains("    print('from train')\n" + FIT)(folder)
    for words in (["data", "make"], ["run", "train"]):
        assert run([*words, "--json", "--project", "."]) == 0
        out, err = capsys.readouterr()
        assert json.loads(out)
        assert "from " in err


def test_a_function_that_changes_the_folder_changes_nothing_else(folder):
    trains("    os.chdir('/')\n" + FIT)(folder)
    assert run(["run", "train", "--project", "."]) == 0
    assert Path.cwd() == folder
