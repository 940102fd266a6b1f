"""A job that ended anywhere goes on: the same output to the byte, every row in the journal once."""

import pytest

from slipway.batch import publish
from slipway.batch.job import Job
from slipway.errors import Conflict, Unavailable
from slipway.storage.journal import SegmentWriter


@pytest.fixture
def whole(place, table):
    """The bytes of the output of a job that nothing stopped."""
    place.route(place.NEW, place.OLD, shares={"new": 0.3, "old": 0.7})
    place.score(table(500), id_column="key", output=str(place.root / "whole.parquet"))
    return (place.root / "whole.parquet").read_bytes()


STEPS = {
    "before the files": (Job, "write_part"),
    "before the journal": (SegmentWriter, "append"),
    "before the note": (Job, "finish_part"),
}


@pytest.mark.parametrize("cut_at", [(step, n) for step in STEPS for n in (0, 3, 7)])
def test_a_job_cut_off_between_any_two_steps_goes_on(cut_at, place, table, whole, monkeypatch):
    (kind, name), number = STEPS[cut_at[0]], cut_at[1]
    real, calls = getattr(kind, name), []

    def cut(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == number + 1:
            raise Unavailable("cut off")
        return real(self, *args, **kwargs)

    rows, before = table(500), len(place.journalled())
    monkeypatch.setattr(kind, name, cut)
    with pytest.raises(Unavailable, match="cut off"):
        place.score(rows, id_column="key")
    monkeypatch.setattr(kind, name, real)
    assert not (place.root / "out.parquet").exists()
    report = place.score(rows, id_column="key", threads=3)
    assert report.rows == report.answered == 500
    assert (place.root / "out.parquet").read_bytes() == whole
    ids = [i for i, *_ in place.journalled()][before:]
    assert sorted(ids) == sorted(rows["key"])
    assert not list(place.root.glob("*.partial"))


def test_what_was_written_but_not_noted_is_found_in_the_journal(place, table, whole, monkeypatch):
    def dies(self, number):
        raise Unavailable("cut off")

    real = Job.finish_part
    monkeypatch.setattr(Job, "finish_part", dies)
    with pytest.raises(Unavailable):
        place.score(table(500), id_column="key")
    monkeypatch.setattr(Job, "finish_part", real)
    assert place.score(table(500), id_column="key").resumed_rows == place.PART_ROWS


def test_a_second_process_is_told_that_one_is_at_it(place, table):
    place.route(place.OLD)
    told = []

    def meanwhile(*_):
        if not told:
            with pytest.raises(Conflict, match="another process is at it") as refused:
                place.score(table(500))
            told.append(refused.value)

    place.score(table(500), progress=meanwhile)
    assert told


def test_another_order_is_refused_until_the_old_job_is_thrown_away(place, table, monkeypatch):
    place.route(place.OLD)
    source = place.root / "in.parquet"
    table(500).write_parquet(source)
    real, calls = SegmentWriter.append, []

    def second_dies(self, frames):
        calls.append(1)
        if len(calls) == 2:
            raise Unavailable("cut off")
        return real(self, frames)

    monkeypatch.setattr(SegmentWriter, "append", second_dies)
    with pytest.raises(Unavailable):
        place.score(str(source))
    with pytest.raises(Conflict, match=r"ordered otherwise \(keep\).*--overwrite"):
        place.score(str(source), keep=("note",))
    table(500, seed=1).write_parquet(source)
    with pytest.raises(Conflict, match=r"ordered otherwise \(files\)"):
        place.score(str(source))
    report = place.score(str(source), keep=("note",), overwrite=True)
    assert (report.resumed_rows, report.answered) == (0, 500)


def test_a_disk_that_refuses_leaves_no_output_and_a_job_to_go_on_with(place, table, monkeypatch):
    place.route(place.OLD)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    real = publish._write
    monkeypatch.setattr(publish, "_write", full)
    with pytest.raises(Unavailable, match="No space left"):
        place.score(table(300))
    monkeypatch.setattr(publish, "_write", real)
    assert not (place.root / "out.parquet").exists()
    assert place.score(table(300)).resumed_rows == 300
    assert len(place.journalled()) == 300
