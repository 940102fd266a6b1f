"""What is replaced is an output, and only when its successor is whole; nothing of anybody else's is removed."""

from pathlib import Path

import polars as pl
import pytest

from slipway.batch.publish import rejects_path
from slipway.errors import Conflict, Unavailable


@pytest.fixture
def served(place):
    place.route(place.OLD)
    return place


def odd_row(rows):
    return rows.with_columns(a=pl.when(pl.int_range(pl.len()) > 0).then("a").otherwise(float("inf")))


def test_outputs_side_by_side_have_rejects_of_their_own(served, table):
    names = ["out.parquet", "out.csv", "out.2026.csv", "out"]
    found = {served.score(odd_row(table(10)), output=str(served.root / name)).rejects for name in names}
    assert found == {str(served.root / f"{name}.rejects.jsonl") for name in names}
    assert all(len(Path(path).read_text().splitlines()) == 1 for path in found)
    assert len({rejects_path(f"s3://{lake}/out.csv", folder=served.root) for lake in ("a", "b", "b/c")}) == 3


def test_a_folder_of_somebodys_files_is_not_replaced(served, table):
    out = served.root / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    (out / "part-1.parquet").write_text("")
    with pytest.raises(Conflict, match=r"folder of part-\*\.parquet .* 1 other things: thesis\.tex"):
        served.score(table(10), output=str(out), overwrite=True)
    assert (out / "thesis.tex").read_text() == "years of work"
    assert served.journalled() == []


def test_a_file_is_not_replaced_by_a_folder(served, table):
    (served.root / "out").write_text("mine")
    with pytest.raises(Conflict, match="want a folder to replace, or nothing, got a file"):
        served.score(table(10), output=str(served.root / "out"), overwrite=True)


def test_a_folder_of_parts_is_replaced_whole_or_stays(served, table, monkeypatch):
    out = served.root / "out"
    served.score(table(300), output=str(out))
    (out / "_SUCCESS").touch()
    real = Path.replace

    def refuses(self, target):
        if self.name == ".out.new":
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuses)
    with pytest.raises(Unavailable, match="Input/output error"):
        served.score(table(100), output=str(out), overwrite=True)
    assert pl.read_parquet(out / "part-*.parquet").height == 300
    monkeypatch.setattr(Path, "replace", real)
    served.score(table(100), output=str(out), overwrite=True)
    assert pl.read_parquet(out).height == 100
    assert [p.name for p in served.root.glob(".out*")] == []


def test_what_a_link_points_to_is_replaced_and_the_link_stays(served, table):
    (served.root / "store").mkdir()
    link, real = served.root / "out.parquet", served.root / "store" / "answers"
    real.write_text("old")
    link.symlink_to(real)
    served.score(table(100), overwrite=True)
    assert link.is_symlink()
    assert pl.read_parquet(real.read_bytes()).height == 100
