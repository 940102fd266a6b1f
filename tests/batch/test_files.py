"""Files of every format in and out, and what is wrong with a file is said before anything is scored."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from slipway.batch.ids import refuse_repeated
from slipway.batch.source import TableSource, parts_of
from slipway.errors import BadInput, Conflict, NotFound

WRITE = {"parquet": pl.DataFrame.write_parquet, "arrow": pl.DataFrame.write_ipc, "csv": pl.DataFrame.write_csv}
READ = {"parquet": pl.read_parquet, "arrow": pl.read_ipc, "csv": pl.read_csv}


@pytest.fixture
def served(place):
    place.route(place.OLD)
    return place


@pytest.mark.parametrize("output", ["parquet", "arrow", "csv"])
@pytest.mark.parametrize("source", ["parquet", "arrow", "csv"])
def test_any_format_in_gives_the_same_answers_in_any_format_out(source, output, served, table):
    WRITE[source](table(300), served.root / f"in.{source}")
    place = str(served.root / f"out.{output}")
    served.score(str(served.root / f"in.{source}"), output=place, id_column="key", keep=("note",))
    served.score(table(300), output=str(served.root / "same.parquet"), id_column="key", keep=("note",))
    assert_frame_equal(READ[output](place), served.out("same.parquet"), check_dtypes=False)


def test_a_folder_and_a_pattern_are_read_in_order_of_names(served, table):
    (served.root / "in" / "deep").mkdir(parents=True)
    rows = table(300)
    rows[:100].write_parquet(served.root / "in" / "a.parquet")
    rows[100:230].write_parquet(served.root / "in" / "b.parquet")
    rows[230:].write_parquet(served.root / "in" / "deep" / "c.parquet")
    rows.write_parquet(served.root / "in" / "_staged.parquet")
    for place in (served.root / "in", served.root / "in" / "**" / "[abc].parquet"):
        served.score(str(place), id_column="key", overwrite=True)
        assert served.out()["id"].to_list() == rows["key"].to_list()


def test_a_name_without_an_ending_is_a_folder_of_parquet_files(served, table):
    served.score(table(300), output=str(served.root / "out"), id_column="key")
    assert len(list((served.root / "out").iterdir())) == 5
    assert pl.read_parquet(served.root / "out")["id"].to_list() == table(300)["key"].to_list()


def test_a_table_of_unusual_types_is_read(served, table):
    rows = table(100).with_columns(pl.col("a").cast(pl.Float32), (pl.col("b") * 10).cast(pl.Int16))
    rows = rows.with_columns(pl.col("b").cast(pl.Decimal(10, 2)), pl.col("user").cast(pl.Categorical))
    rows = rows.with_columns(a=pl.when(pl.int_range(pl.len()) > 0).then("a"))
    served.score(rows)
    assert served.out().height == 99  # nothing is missing for a rule but the first a


def test_numbers_may_name_the_entity(served, table):
    served.score(table(10).with_columns(user=pl.int_range(pl.len())))
    assert served.out()["entity"].to_list() == [str(n) for n in range(10)]


def broken(path, *, table):
    path.write_bytes(table.write_parquet(path) or path.read_bytes()[:-50])


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (lambda p, t: p.write_bytes(b""), "got an empty file"),
        (lambda p, t: p.write_bytes(b"hello"), "want its columns of a whole parquet file"),
        (lambda p, t: broken(p, table=t), "want its columns of a whole parquet file"),
        (lambda p, t: t.clear().write_parquet(p), "want at least one row, got none"),
        (lambda p, t: t.rename({"a": "aa"}).write_parquet(p), r"want a column 'a', got none\. Did you mean"),
        (lambda p, t: t.drop("user").write_parquet(p), "want a column 'user', got none"),
        (lambda p, t: t.with_columns(a="note").write_parquet(p), "column 'a': want numbers, got String"),
        (
            lambda p, t: t.with_columns(user="a").write_parquet(p),
            "column 'user': want text or whole numbers, got Float",
        ),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_by_name(make, wanted, served, table):
    make(served.root / "in.parquet", table(100))
    with pytest.raises(BadInput, match=rf"in\.parquet: .*{wanted}"):
        served.score(str(served.root / "in.parquet"))
    assert not list(served.root.glob("out*"))
    assert served.journalled() == []


def test_damage_in_the_middle_of_a_file_ends_the_job_and_names_the_rows(served, table):
    path = served.root / "in.parquet"
    table(4000).write_parquet(path, row_group_size=1000, compression="zstd")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"in\.parquet: want rows \d+ to \d+ of a whole parquet file"):
        served.score(str(path))
    assert not (served.root / "out.parquet").exists()


def test_files_that_differ_are_refused(served, table):
    (served.root / "in").mkdir()
    table(10).write_parquet(served.root / "in" / "a.parquet")
    table(10).with_columns(a=1).write_parquet(served.root / "in" / "b.parquet")
    with pytest.raises(BadInput, match=r"b\.parquet: want the columns of .*a\.parquet"):
        served.score(str(served.root / "in"))
    table(10).write_csv(served.root / "in" / "c.csv")
    with pytest.raises(BadInput, match="want files of one format"):
        served.score(str(served.root / "in"))


def test_places_that_are_not_there_or_not_known_are_refused(served, table):
    with pytest.raises(NotFound, match=r"nowhere\.parquet: want a file"):
        served.score(str(served.root / "nowhere.parquet"))
    with pytest.raises(BadInput, match="begins with s3://"):
        served.score("ftp://host/in.parquet")
    with pytest.raises(NotFound, match="want a folder"):
        served.score(table(10), output=str(served.root / "no" / "out.parquet"))
    with pytest.raises(BadInput, match=r"want a name that ends in \.parquet"):
        served.score(table(10), output=str(served.root / "out.xlsx"))


def test_an_output_that_exists_or_is_the_input_is_refused(served, table):
    path = served.root / "in.parquet"
    table(100).write_parquet(path)
    with pytest.raises(BadInput, match="want an output beside the input"):
        served.score(str(path), output=str(path), overwrite=True)
    with pytest.raises(BadInput, match="want an output beside the input"):
        served.score(str(served.root), output=str(served.root / "x.parquet"))
    served.score(str(path))
    before = (served.root / "out.parquet").read_bytes()
    with pytest.raises(Conflict, match=r"out\.parquet: it exists\. .*--overwrite"):
        served.score(str(path))
    assert (served.root / "out.parquet").read_bytes() == before
    served.score(table(50), overwrite=True)
    assert served.out().height == 50


def test_ids_that_come_twice_are_refused_before_anything_is_scored(served, table):
    rows = table(300).with_columns(key=pl.when(pl.int_range(pl.len()) == 299).then(pl.lit("k-3")).otherwise("key"))
    with pytest.raises(BadInput, match="column 'key': want ids that differ, got 'k-3' 2 times"):
        served.score(rows, id_column="key")
    assert served.journalled() == []


def test_a_long_column_of_ids_is_compared_in_passes(table):
    rows = table(500).with_columns(key=pl.when(pl.int_range(pl.len()) == 499).then(pl.lit("k-0")).otherwise("key"))
    parts = parts_of([500], rows=64)
    with pytest.raises(BadInput, match="got 'k-0' 2 times"):
        refuse_repeated(TableSource(rows), parts=parts, name="key", at_once=50)
    refuse_repeated(TableSource(rows[:499]), parts=parts_of([499], rows=64), name="key", at_once=50)


def test_an_id_that_is_none_rejects_its_row(served, table):
    rows = table(100).with_columns(key=pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("x" * 129)).otherwise("key"))
    report = served.score(rows, id_column="key")
    (line,) = pl.read_ndjson(report.rejects).to_dicts()
    assert (line["row"], line["wanted"]) == (7, "1 to 128 printable characters")
    assert served.out().height == 99


def test_a_column_of_the_outputs_own_name_is_not_kept(served, table):
    with pytest.raises(BadInput, match="--keep score: the output has a column 'score' of its own"):
        served.score(table(10).with_columns(score=1), keep=("*",))


def test_rejects_of_an_earlier_job_do_not_stay(served, table):
    served.score(table(10).with_columns(a=pl.when(pl.int_range(pl.len()) > 0).then("a").otherwise(float("inf"))))
    assert (served.root / "out.parquet.rejects.jsonl").exists()
    served.score(table(10), overwrite=True)
    assert not (served.root / "out.parquet.rejects.jsonl").exists()
