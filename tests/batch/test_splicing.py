"""Row groups of several files become one file, byte for byte, that every reader takes for one written at once."""

import errno
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from slipway.batch.splicing import Pieces
from slipway.batch.thrift import read_struct, write_struct
from slipway.batch.writing import Format, write_all, write_folder, write_part
from slipway.errors import Corrupt


def made(rows, *, first=0):
    n = np.arange(first, first + rows)
    return pl.DataFrame({
        "row": n,
        "score": np.where(n % 7 == 0, np.nan, n / 3),
        "id": [None if i % 5 == 0 else f"b1-{i}" for i in n.tolist()],
        "arm": pl.Series(["live"], dtype=pl.String).new_from_index(0, rows),
        "flag": n % 2 == 0,
        "small": n.astype(np.int8),
        "day": [date(2026, 11, 1 + int(i) % 28) for i in n],
        "moment": [datetime(2026, 11, 23, 0, 0, int(i) % 60, tzinfo=UTC) for i in n],
        "span": [timedelta(seconds=int(i)) for i in n],
        "money": pl.Series([Decimal(int(i)) / 100 for i in n], dtype=pl.Decimal(18, 2)),
        "raw": [bytes([i % 256]) * (i % 3) for i in n.tolist()],
        "many": [[i, i + 1][: i % 3] for i in n.tolist()],
        "pair": [{"a": i, "b": None if i % 2 else str(i)} for i in n.tolist()],
        "nothing": pl.Series([None] * rows, dtype=pl.Null),
        "kind": pl.Series([("x", "y")[i % 2] for i in n.tolist()], dtype=pl.Enum(["x", "y", "z"])),
    })  # fmt: skip


@pytest.fixture
def parts(tmp_path):
    """Return files of 100, 0, 1 and 37 rows, and the table that they are."""
    whole, paths, first = made(138), [], 0
    for i, size in enumerate((100, 0, 1, 37)):
        paths.append(tmp_path / f"{i}.parquet")
        write_part(whole.slice(first, size), paths[-1], format_=Format.PARQUET)
        first += size
    return paths, whole


def test_the_spliced_file_holds_the_rows_of_all_in_order_and_their_bytes(parts, tmp_path):
    paths, whole = parts
    out = tmp_path / "out.parquet"
    pieces = Pieces(paths)
    pieces.splice(out)
    assert (pieces.rows, pieces.groups) == (138, pq.read_metadata(out).num_row_groups)
    assert_frame_equal(pl.read_parquet(out), whole)
    assert out.read_bytes()[4:].startswith(b"".join(piece.read() for piece in pieces._pieces))


def test_other_readers_take_it_too_and_find_rows_by_the_statistics_of_its_groups(parts, tmp_path):
    paths, whole = parts
    out = tmp_path / "out.parquet"
    Pieces(paths).splice(out)
    table = pq.read_table(out, columns=["row", "id", "arm", "many", "pair"])
    assert table.to_pylist() == whole.select("row", "id", "arm", "many", "pair").to_dicts()
    asked = "SELECT count(*), sum(small), max(id) FROM read_parquet(?) WHERE row >= 120"
    assert duckdb.execute(asked, [str(out)]).fetchall() == [
        (18, sum(range(120, 128)) + sum(range(-128, -118)), "b1-137")
    ]
    assert pl.scan_parquet(out).filter(pl.col("row") == 137).select("id").collect().item() == "b1-137"


def test_indexes_of_pages_and_bloom_filters_are_left_behind(tmp_path):
    tables = [made(50).select("row", "id", "score"), made(50, first=50).select("row", "id", "score")]
    paths = [tmp_path / f"{i}.parquet" for i in range(2)]
    for table, path in zip(tables, paths, strict=True):
        pq.write_table(table.to_arrow(), path, write_page_index=True, row_group_size=20)
    Pieces(paths).splice(tmp_path / "out.parquet")
    found = pq.read_metadata(tmp_path / "out.parquet")
    assert (found.num_row_groups, found.num_rows) == (6, 100)
    assert not found.row_group(5).column(0).has_offset_index
    assert_frame_equal(pl.read_parquet(tmp_path / "out.parquet"), pl.concat(tables))


@pytest.mark.parametrize("write", [pl.DataFrame.write_parquet, lambda t, p: pq.write_table(t.to_arrow(), p)])
def test_a_footer_that_is_read_and_written_is_the_same_to_the_byte(write, tmp_path):
    path = tmp_path / "a.parquet"
    write(made(40).drop("nothing"), path)
    data = path.read_bytes()
    footer = data[-8 - int.from_bytes(data[-8:-4], "little") : -8]
    assert write_struct(read_struct(footer)) == footer


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
@pytest.mark.parametrize("format_", [Format.PARQUET, Format.ARROW])
def test_a_full_disk_is_told_as_such(format_):
    with pytest.raises(OSError, match="No space left on device") as told:
        write_part(made(10), Path("/dev/full"), format_=format_)
    assert told.value.errno == errno.ENOSPC


@pytest.mark.parametrize("kept", [0, 7, 40, -1])
def test_a_file_that_is_cut_is_refused(kept, parts):
    paths, _ = parts
    paths[2].write_bytes(paths[2].read_bytes()[:kept])
    with pytest.raises(Corrupt, match=r"2\.parquet: want a whole Parquet file"):
        Pieces(paths)


def test_a_footer_of_other_bytes_is_refused(parts):
    paths, _ = parts
    data = paths[0].read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    paths[0].write_bytes(data[: -8 - length] + b"\xff" * length + data[-8:])
    with pytest.raises(Corrupt, match="want a whole Parquet file"):
        Pieces(paths)


def test_files_of_other_columns_are_refused(parts, tmp_path):
    paths, whole = parts
    other = tmp_path / "other.parquet"
    write_part(whole.rename({"score": "chance"}), other, format_=Format.PARQUET)
    with pytest.raises(Corrupt, match=r"other\.parquet: want the columns of .*0\.parquet"):
        Pieces([*paths, other])


def test_parts_of_few_rows_are_written_anew_so_that_no_output_is_made_of_crumbs(parts, tmp_path):
    paths, whole = parts
    write_all(paths, tmp_path / "out.parquet", format_=Format.PARQUET)
    assert pq.read_metadata(tmp_path / "out.parquet").num_row_groups == 1
    assert_frame_equal(pl.read_parquet(tmp_path / "out.parquet"), whole)
    large = [tmp_path / f"large{i}.parquet" for i in range(2)]
    for path in large:
        write_part(pl.DataFrame({"row": np.arange(40_000)}), path, format_=Format.PARQUET)
    write_all(large, tmp_path / "out2.parquet", format_=Format.PARQUET)
    assert pq.read_metadata(tmp_path / "out2.parquet").num_row_groups == 2


def test_a_folder_has_the_files_of_the_parts_as_they_are(parts, tmp_path):
    paths, whole = parts
    write_folder(paths, tmp_path / "out")
    assert (tmp_path / "out" / "part-00000003.parquet").read_bytes() == paths[3].read_bytes()
    assert_frame_equal(pl.read_parquet(tmp_path / "out" / "part-*.parquet"), whole)
