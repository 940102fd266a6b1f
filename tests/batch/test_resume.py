"""A job that ended anywhere goes on: the same output to the byte, every row in the journal once."""

from pathlib import Path

import pytest

from slipway.batch import publish, writing
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
    with pytest.raises(Conflict, match="64 rows of it are in the journal"):
        place.score(str(source), overwrite=True)
    assert len(place.journalled()) == place.PART_ROWS


@pytest.fixture
def cut(place, table, monkeypatch):
    """Score a table, cut off before the fourth part is noted as done; its rows are in the journal."""

    def cut(**wanted):
        real, calls = Job.finish_part, []

        def dies(self, number):
            calls.append(1)
            if len(calls) == 4:
                raise Unavailable("cut off")
            return real(self, number)

        monkeypatch.setattr(Job, "finish_part", dies)
        with pytest.raises(Unavailable):
            place.score(table(500), **wanted)
        monkeypatch.setattr(Job, "finish_part", real)
        return place.root / "out.parquet.partial"

    return cut


def test_another_table_in_memory_does_not_go_on_with_the_job_of_the_first(place, table, cut):
    place.route(place.OLD)
    cut()
    with pytest.raises(Conflict, match=r"ordered otherwise \(content\)"):
        place.score(table(500, seed=1))
    assert place.score(table(500)).resumed_rows == 4 * place.PART_ROWS


def test_an_order_that_keeps_other_columns_takes_the_place_and_no_row_is_journalled_twice(place, table, cut):
    place.route(place.OLD)
    cut()
    report = place.score(table(500), keep=("note",), overwrite=True)
    assert (report.answered, report.resumed_rows) == (500, 4 * place.PART_ROWS)
    assert f"{4 * place.PART_ROWS} rows had been done before." in report.sentences
    ids = [i for i, *_ in place.journalled()]
    assert (len(ids), len(set(ids))) == (500, 500)
    assert place.out()["note"].to_list() == table(500)["note"].to_list()
    assert dict(zip(place.out()["id"], place.out()["score"], strict=True)) == {r[0]: r[4] for r in place.journalled()}


def torn(path):
    path.write_bytes(path.read_bytes()[:-20])


def zeroed(path):
    data = path.read_bytes()
    path.write_bytes(data[:200] + bytes(200) + data[400:])


LOSSES = {"emptied": lambda p: p.write_bytes(b""), "gone": Path.unlink, "torn": torn, "zeroed inside": zeroed}


LOST = [(name, loss) for name in ("00000000.parquet", "00000003.parquet") for loss in LOSSES]
LOST += [(name, loss) for name in ("00000000.done", "00000003.pending") for loss in ("emptied", "gone", "torn")]


@pytest.mark.parametrize(("lost"), LOST)
def test_files_that_a_loss_of_power_took_are_made_anew_from_the_journal(lost, place, table, whole, cut):
    name, loss = lost
    before = len(place.journalled())
    LOSSES[loss](cut(id_column="key") / name)
    assert place.score(table(500), id_column="key").answered == 500
    ids = [i for i, *_ in place.journalled()][before:]
    assert sorted(ids) == sorted(table(500)["key"])
    assert (place.root / "out.parquet").read_bytes() == whole


def test_a_disk_that_refuses_leaves_no_output_and_a_job_to_go_on_with(place, table, monkeypatch):
    place.route(place.OLD)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    real = publish.write_all
    monkeypatch.setattr(publish, "write_all", full)
    with pytest.raises(Unavailable, match="No space left"):
        place.score(table(300))
    monkeypatch.setattr(publish, "write_all", real)
    assert not (place.root / "out.parquet").exists()
    assert place.score(table(300)).resumed_rows == 300
    assert len(place.journalled()) == 300


def test_a_job_of_large_parts_is_the_same_to_the_byte_after_a_stop(place, table, cut, monkeypatch):
    monkeypatch.setattr(writing, "FEWEST_GROUP_ROWS", 1)
    place.route(place.OLD)
    place.score(table(500), id_column="key", output=str(place.root / "at_once.parquet"))
    cut(id_column="key")
    assert place.score(table(500), id_column="key").answered == 500
    assert place.out().height == 500
    assert (place.root / "out.parquet").read_bytes() == (place.root / "at_once.parquet").read_bytes()
