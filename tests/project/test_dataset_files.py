"""No row is kept twice, and what is kept comes back as it was."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from slipway import Project
from slipway.data import chunks
from slipway.errors import Corrupt
from slipway.project import dataset_files, datasets
from slipway.storage.blobs import LocalBlobs


@pytest.fixture
def project(tmp_path):
    return Project.init(tmp_path / "p")


@pytest.fixture
def rows(project):
    """Enough rows for some twenty pieces of the smallest size."""
    once = datasets.load(project._parts, params=None).table
    table = pl.concat([once] * 200).with_row_index("at")
    return table.with_columns(pl.format("s{}", "at").alias("sample")).drop("at")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(chunks.cuts, "__kwdefaults__", {"sizes": chunks.Sizes(1_000, 4_000, 10_000)})


def kept_bytes(project):
    return sum(p.stat().st_size for p in (project.folder / ".slipway" / "blobs").glob("??/*"))


def test_an_append_is_kept_without_the_rows_before(project, rows):
    first = project.make_dataset("main", rows)
    before = kept_bytes(project)
    more = rows.head(100).with_columns(pl.col("sample") + "-again")
    second = project.make_dataset("main", pl.concat([rows, more]))
    assert len(first.files) > 10
    found = dataset_files.shared(second, others=project.datasets())
    assert found.shared >= found.pieces - 2
    assert kept_bytes(project) - before < before / 4


def test_one_label_that_flips_costs_one_piece(project, rows):
    target = project.scope.task.target
    first = project.make_dataset("main", rows)
    flipped = (pl.int_range(pl.len()) == rows.height // 2).cast(rows[target].dtype)
    second = project.make_dataset("main", rows.with_columns((pl.col(target) - flipped).abs()))
    assert second.id != first.id
    assert len(set(second.files) - set(first.files)) == 1


def test_rows_come_back_as_they_were_and_in_their_order(project, rows):
    given = rows.with_columns(pl.col("sample").cast(pl.Categorical).alias("word"), pl.lit(None).alias("nothing"))
    version = project.make_dataset("main", given)
    back = datasets.rows_of(project._parts, version)
    assert_frame_equal(back.drop("answer_of_radius-rule"), given)


def test_a_version_of_before_with_one_file_is_still_read(project, rows):
    version = project.make_dataset("main", rows)
    data = (project.folder / "one.parquet", rows)
    data[1].write_parquet(data[0])
    blob = LocalBlobs(project.folder / ".slipway" / "blobs").put(data[0].read_bytes())
    old = type(version)(**{f: getattr(version, f) for f in version.__struct_fields__} | {"files": (), "file": blob})
    assert_frame_equal(datasets.rows_of(project._parts, old), rows)


def test_a_damaged_piece_is_told_by_verification_and_by_reading(project, rows):
    version = project.make_dataset("main", rows)
    blob = version.files[3]
    (project.folder / ".slipway" / "blobs" / blob[:2] / blob).write_bytes(b"PAR1")
    with pytest.raises(Corrupt, match=blob):
        datasets.rows_of(project._parts, version)
    assert any(blob in error for error in project.verify().errors)
