"""SQL over the journal: sealed and open segments are one, only SELECT, only what is asked is read; DuckDB agrees."""

from contextlib import closing

import duckdb
import numpy as np
import polars as pl
import pytest

from slipway.errors import BadInput, Corrupt, Unavailable
from slipway.records.frame import PredictionFrame
from slipway.records.task import TaskKind
from slipway.storage.journal import SegmentWriter
from slipway.storage.journal.query import ask, collected, written
from slipway.storage.journal.relations import Window, relations
from slipway.storage.journal.sealed import parquet_of, sealed_segments
from slipway.storage.journal.sealing import seal_closed
from slipway.testing.frames import decision_frame, metric_frame, outcome_frame, prediction_frame, shadow_frame

DAY_US = 86_400_000_000


@pytest.fixture
def journal(tmp_path):
    """Four days, a segment each; two are sealed, one is closed, one is being written. Outcomes come a day later."""
    writers = []
    for day in range(4):
        writer = SegmentWriter(tmp_path, name=f"w{day}")
        frame = prediction_frame(50, rng=np.random.default_rng(day), first=100 * day, at_us=day * DAY_US)
        end = writer.append([frame])
        writer.append([shadow_frame(frame, arm="c", segment=end.segment, offset=end.offset)])
        writer.append([outcome_frame(frame, delay_us=DAY_US), decision_frame(frame), metric_frame(frame)])
        if day < 3:
            writer.close()
        if day == 1:
            seal_closed(tmp_path, sealed=tmp_path / "sealed")
        writers.append(writer)
    yield tmp_path
    writers[-1].close()


def run(sql, folder, **how):
    found = relations(folder, sealed=folder / "sealed", kind=TaskKind.BINARY, **how)
    return collected(ask(sql, relations=found))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM answers ORDER BY id",
        "SELECT arm, count(*) AS n, sum(outcome) AS ones FROM answers GROUP BY arm ORDER BY arm",
        "SELECT id, x_n0 FROM answers WHERE score > 0.7 AND outcome = 1 ORDER BY received_at DESC LIMIT 7",
        "SELECT count(*) AS n, sum(d.decision) AS ones FROM answers a JOIN decisions d USING (id)",
        "SELECT count(*) AS n FROM (SELECT id FROM answers LIMIT 13)",
    ],
)
def test_answers_in_parts_are_the_same_answers(sql, journal):
    """A caller asked again, an outcome came twice: what is said of one id lies in one part."""
    with closing(SegmentWriter(journal, name="again")) as writer:
        frame = prediction_frame(50, rng=np.random.default_rng(9), first=100, at_us=9 * DAY_US)
        writer.append([frame, outcome_frame(frame)])
    whole = run(sql, journal)
    assert whole.height
    assert run(sql, journal, part_rows=17).equals(whole)


def test_a_segment_that_goes_while_parts_are_read_is_told_as_ever(journal):
    found = relations(journal, sealed=journal / "sealed", kind=TaskKind.BINARY, part_rows=17)
    rows = ask("SELECT avg(score) AS mean FROM answers", relations=found)
    for path in (journal / "sealed" / "predictions").glob("*.parquet"):
        path.unlink()
    with pytest.raises(Unavailable, match="Retention removed the segment meanwhile; ask again"):
        collected(rows)


def test_sealed_closed_and_open_segments_are_one_table(journal):
    assert len(sealed_segments(journal / "sealed")) == 2
    rows = run("SELECT segment, count(*) AS n FROM predictions GROUP BY segment ORDER BY segment", journal).rows()
    assert rows == [(f"w{day}-00000001", 50) for day in range(4)]
    found = relations(journal, sealed=journal / "sealed", kind=TaskKind.BINARY)
    assert {name: collected(rows).height for name, rows in found.items()} == dict.fromkeys(found, 200)
    before = run("SELECT * FROM answers ORDER BY id", journal)
    seal_closed(journal, sealed=journal / "sealed")
    assert run("SELECT * FROM answers ORDER BY id", journal).equals(before)


def test_what_it_says_is_what_duckdb_says(journal):
    seal_closed(journal, sealed=journal / "sealed")
    sealed = journal / "sealed"
    ours = run(
        "SELECT arm, count(*) AS n, avg(score) AS mean, sum(CASE WHEN outcome = 1 THEN 1 ELSE 0 END) AS ones "
        "FROM answers WHERE segment <> 'w3-00000001' GROUP BY arm ORDER BY arm",
        journal,
    )
    asked = duckdb.read_parquet(f"{sealed}/predictions/*.parquet", union_by_name=True)  # noqa: F841 - named in SQL
    told = duckdb.read_parquet(f"{sealed}/outcomes/*.parquet")  # noqa: F841 - as above
    theirs = duckdb.sql(
        """
        SELECT p.arm, count(*) AS n, avg(p.score) AS mean, count(*) FILTER (o.value = 1) AS ones
        FROM asked p
        LEFT JOIN (SELECT id, arg_min(value, received_at) AS value FROM told GROUP BY id) o USING (id)
        GROUP BY p.arm ORDER BY p.arm
        """
    ).pl()
    assert ours.select("arm", "n", "ones").rows() == theirs.select("arm", "n", "ones").rows()
    np.testing.assert_allclose(ours["mean"], theirs["mean"], rtol=1e-12)


def test_the_window_is_about_receipt_and_segments_outside_are_not_read(journal):
    window = Window(DAY_US, 2 * DAY_US)
    assert run("SELECT count(*) AS n FROM predictions", journal, window=window).item() == 50
    assert run("SELECT count(*) AS n FROM outcomes", journal, window=window).item() == 50  # those of the day before
    assert run("SELECT count(outcome) AS n FROM answers", journal, window=window).item() == 50  # came a day later
    for kind in ("predictions", "outcomes"):
        parquet_of(journal / "sealed", "w0-00000001", kind=kind).unlink()
    assert run("SELECT count(*) AS n FROM answers", journal, window=Window(2 * DAY_US - 1)).item() == 100
    with pytest.raises(Exception, match="w0-00000001"):
        run("SELECT count(*) AS n FROM predictions", journal)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DROP TABLE predictions", "got 'DROP'"),
        ("CREATE TABLE x AS SELECT 1", "got 'CREATE'"),
        ("DELETE FROM predictions", "got 'DELETE'"),
        ("TRUNCATE TABLE predictions", "got 'TRUNCATE'"),
        ("SHOW TABLES", "got 'SHOW'"),
        ("EXPLAIN SELECT 1", "got 'EXPLAIN'"),
        ("/* SELECT */ DROP TABLE predictions", "got 'DROP'"),
        ("", "got 'nothing'"),
        ("-- only a comment", "got 'nothing'"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT * FROM read_csv('/etc/passwd')", "got read_csv()"),
        ("SELECT * FROM READ_PARQUET ('x')", "got READ_PARQUET()"),
        ("SELECT * FROM '/etc/passwd'", "not found"),
        ("SELECT nope FROM predictions", "nope"),
        ("SELECT * FROM nothing", "Tables: predictions (received_at"),
        ("SELECT arm FROM predictions WHERE", "want SQL"),
        ("SELECT sum(arm) FROM predictions", "want SQL"),
    ],
)
def test_nothing_but_one_select_of_what_is_there(journal, sql, says):
    with pytest.raises(BadInput) as caught:
        run(sql, journal)
    assert says in str(caught.value).replace("one (and only one) statement", "one statement")


def test_a_text_may_say_what_a_statement_may_not(journal):
    assert run("SELECT count(*) AS n FROM predictions WHERE arm = 'read_csv(x); DROP'", journal).item() == 0
    assert run("WITH a AS (SELECT id FROM outcomes) SELECT count(*) AS n FROM a", journal).item() == 200


def test_an_empty_journal_has_its_columns(tmp_path):
    assert run("SELECT arm, outcome FROM answers", tmp_path).shape == (0, 2)


def test_a_file_is_written_whole_or_not_at_all(journal, tmp_path):
    found = relations(journal, sealed=journal / "sealed", kind=TaskKind.BINARY)
    rows = ask("SELECT id, score FROM predictions ORDER BY id", relations=found)
    for ending, read in ((".csv", pl.read_csv), (".parquet", pl.read_parquet)):
        path = tmp_path / f"out{ending}"
        written(rows, path=path)
        assert read(path).equals(collected(rows))
        with pytest.raises(BadInput, match="want the name of a new file"):
            written(rows, path=path)
    with pytest.raises(BadInput, match=r"ends with .csv or .parquet, got '.txt'"):
        written(rows, path=tmp_path / "out.txt")
    with pytest.raises(BadInput, match="query"):
        written(rows.with_columns(pl.col("id").cast(pl.Int64)), path=tmp_path / "bad.parquet")
    assert not [p.name for p in tmp_path.iterdir() if "bad" in p.name or p.suffix == ".part"]


def test_a_flipped_bit_is_never_another_number(journal):
    """Polars and DuckDB do not notice most of them; the hash in the marker does."""
    path = parquet_of(journal / "sealed", "w0-00000001", kind="predictions")
    data = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, 8 * len(data), size=40).tolist():
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(Corrupt, match="not what was sealed"):
            run("SELECT avg(score) FROM predictions", journal)


def test_fields_that_changed_their_kind_between_segments_are_text(tmp_path):
    rest = {"route": "r", "route_version": 1, "at_us": [1], "entity": ["e"], "arm": ["l"], "fallback": [False]}
    rest |= {"score": [0.5], "latency_us": [1]}
    for name, x in (("a", {"f": np.array([1.5]).tobytes()}), ("b", {"f": ["v"], "g": ["w"]})):
        writer = SegmentWriter(tmp_path, name=name)
        writer.append([PredictionFrame(id=[name], x=x, **rest)])
        writer.close()
        seal_closed(tmp_path, sealed=tmp_path / "sealed")
    assert run("SELECT id, x_f, x_g FROM predictions ORDER BY id", tmp_path).rows() == [
        ("a", "1.5", None),
        ("b", "v", "w"),
    ]
