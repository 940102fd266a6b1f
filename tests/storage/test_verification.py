"""Whatever is damaged is said, with its place, and never a traceback and never other numbers."""

import contextlib
import shutil

import numpy as np
import pytest
from msgspec.structs import replace

from slipway.errors import SlipwayError
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.storage.journal import SegmentReader, SegmentWriter, verify
from slipway.storage.journal.reader import list_segments
from slipway.storage.journal.sealed import marker_bytes, marker_of, parquet_of, sealed_segments
from slipway.storage.journal.sealing import seal_closed
from slipway.testing.frames import outcome_frame, prediction_frame, shadow_frame


def make(folder):
    """Three sealed segments of several ticks, one that is closed and not sealed."""
    for n, name in enumerate("abcd"):
        writer = SegmentWriter(folder, name=name)
        for tick in range(3):
            frame = prediction_frame(4, rng=np.random.default_rng(10 * n + tick), first=100 * n + 10 * tick)
            end = writer.append([frame, outcome_frame(frame)])
            writer.append([shadow_frame(frame, arm="c", segment=end.segment, offset=end.offset)])
        writer.close()
        if name == "c":
            seal_closed(folder, sealed=folder / "sealed")


@pytest.fixture
def journal(tmp_path):
    make(tmp_path)
    return tmp_path


def check(folder):
    return verify(folder, sealed=folder / "sealed")


def test_a_whole_journal_is_counted(journal):
    report = check(journal)
    assert (report.segments, report.ticks, report.frames, report.rows, report.sealed) == (4, 24, 36, 144, 3)
    assert (report.torn_bytes, report.unread_bytes, report.gaps, report.errors) == ({}, {}, (), ())


def test_damage_has_its_offset_and_what_lies_behind_it_is_told(journal):
    path = journal / "d-00000001.seg"
    positions = [p.offset for f, p in SegmentReader(journal).read({}) if p.segment == path.stem]
    data = bytearray(path.read_bytes())
    data[positions[1] + 20] ^= 1
    path.write_bytes(data)
    report = check(journal)
    assert len(report.errors) == 1
    assert f"journal segment d-00000001, frame at offset {positions[1]}: the payload is not" in report.errors[0]
    assert report.unread_bytes == {"d-00000001": len(data) - positions[1]}
    assert report.rows == 144 - 28


def test_missing_numbers_are_told(tmp_path):
    writer = SegmentWriter(tmp_path, name="w", segment_bytes=1)
    for n in range(5):
        writer.append([OutcomeFrame(at_us=[n], id=["a"], value=[1.0])])
    writer.close()
    for n in (1, 3):
        (tmp_path / f"w-{n:08d}.seg").unlink()
    assert verify(tmp_path).gaps == ("w-00000001", "w-00000003")


def test_a_segment_that_was_cut_after_it_was_sealed_is_told(journal):
    """To the reader alone, a segment cut at a tick's end looks whole."""
    path = journal / "a-00000001.seg"
    ends = [p.offset for f, p in SegmentReader(journal).read({}) if p.segment == path.stem]
    path.write_bytes(path.read_bytes()[: ends[-2]])
    (error,) = check(journal).errors
    assert error.startswith("journal segment a-00000001: want what was sealed of it, but rows")


def test_a_segment_that_is_gone_beside_its_sealed_rows_is_told(journal):
    (journal / "b-00000001.seg").unlink()
    (error,) = check(journal).errors
    assert "removed, and not by retention" in error


def test_rows_that_were_sealed_otherwise_are_told_also_where_every_hash_fits(journal):
    """As if an older version had sealed them wrongly."""
    sealed = journal / "sealed"
    shutil.copy(parquet_of(sealed, "a-00000001", kind="outcomes"), parquet_of(sealed, "b-00000001", kind="outcomes"))
    one, two, _ = sealed_segments(sealed)
    forged = replace(two, sha256={**two.sha256, "outcomes": one.sha256["outcomes"]})
    marker_of(sealed, two.segment).write_bytes(marker_bytes(forged))
    (error,) = check(journal).errors
    assert "outcomes/b-00000001.parquet: its rows are not those of the segment" in error


def rows(folder):
    """What a reader gives until it refuses, by segment."""
    found = {}
    for segment in list_segments(folder):
        found[segment.name] = []
        with contextlib.suppress(SlipwayError):
            for frame, _ in SegmentReader(folder).read_segment(segment):
                told = frame.value if isinstance(frame, OutcomeFrame) else frame.score
                x = dict(frame.x) if isinstance(frame, PredictionFrame) else {}
                found[segment.name].append((frame.id, told, x))
    return found


def files(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("seed", range(4))
def test_any_flip_and_any_cut_is_reported_or_harmless(tmp_path, seed):
    (tmp_path / "whole").mkdir()
    make(tmp_path / "whole")
    whole = rows(tmp_path / "whole")
    rng = np.random.default_rng(seed)
    for trial in range(25):
        folder = tmp_path / str(trial)
        shutil.copytree(tmp_path / "whole", folder)
        path = files(folder)[int(rng.integers(len(files(folder))))]
        data = bytearray(path.read_bytes())
        cut = rng.random() < 0.4
        if cut:
            del data[int(rng.integers(len(data))) :]
        else:
            for place in rng.integers(0, 8 * len(data), size=int(rng.integers(1, 4))).tolist():
                data[place // 8] ^= 1 << place % 8
        same = bytes(data) == path.read_bytes()
        path.write_bytes(data)
        report = check(folder)
        about = path.stem
        told = any(about in e for e in report.errors) or about in report.torn_bytes
        got = rows(folder)
        for name, seen in got.items():  # what is read is what was written, from its beginning on
            assert seen == whole[name][: len(seen)]
        if path.suffix == ".seg" and about.startswith("d"):  # not sealed: a cut at a tick's end leaves no trace
            assert told or same or (cut and got[about] == whole[about][: len(got[about])])
        else:
            assert told or same, (path, cut, report)
        shutil.rmtree(folder)
