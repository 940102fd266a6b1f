"""A file is read in windows that parts share: the same rows, each window read once."""

import polars as pl
import pytest

from slipway.batch import windows
from slipway.batch.places import find_files
from slipway.batch.source import FileSource, parts_of
from slipway.batch.threads import do_all
from slipway.errors import BadInput

ROWS = 1000


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(windows, "MOST_ROWS", 256)
    for name, first in (("a", 0), ("b", ROWS)):
        rows = pl.DataFrame({"row": range(first, first + ROWS), "text": [f"t{i}" for i in range(first, first + ROWS)]})
        rows.write_parquet(tmp_path / f"{name}.parquet", row_group_size=300)
    return FileSource(find_files(str(tmp_path)), work=tmp_path)


@pytest.fixture
def reads(source, monkeypatch):
    """The pieces that were read from the disk."""
    told, real = [], source._rows

    def counted(table, first, rows, columns):
        told.append((table, first, rows))
        return real(table, first, rows, columns)

    monkeypatch.setattr(source, "_rows", counted)
    return told


@pytest.mark.parametrize("rows", [32, 64, 100, 256, 700])
def test_parts_of_any_size_have_their_rows(rows, source):
    for part in parts_of(source.lengths, rows=rows):
        found = source.read(part, columns=["text", "row"])
        assert found.columns == ["text", "row"]
        assert found["row"].to_list() == list(range(part.first, part.first + part.rows))


def test_threads_that_take_parts_in_order_read_each_window_once(source, reads):
    found = []
    workers = [lambda part: source.read(part, columns=["row"])["row"].to_list()] * 3
    do_all(parts_of(source.lengths, rows=64), workers=workers, done=found.append)
    assert sorted(i for rows in found for i in rows) == list(range(2 * ROWS))
    assert sorted(reads) == [(t, first, min(256, ROWS - first)) for t in (0, 1) for first in (0, 256, 512, 768)]


def test_two_windows_are_held_and_no_more(source, reads):
    parts = parts_of(source.lengths, rows=256)
    for part in (*parts[:3], parts[1], parts[0]):
        source.read(part, columns=["row"])
    assert [first for _, first, _ in reads] == [0, 256, 512, 0]


def test_a_window_that_could_not_be_read_is_tried_again(source, tmp_path):
    whole = (tmp_path / "a.parquet").read_bytes()
    part = parts_of(source.lengths, rows=64)[1]
    (tmp_path / "a.parquet").write_bytes(b"")
    with pytest.raises(BadInput, match=r"a\.parquet: want rows 0 to 255 of a whole parquet file"):
        source.read(part, columns=["row"])
    (tmp_path / "a.parquet").write_bytes(whole)
    assert source.read(part, columns=["row"])["row"].to_list() == list(range(64, 128))
