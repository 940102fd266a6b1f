"""A tail gives each row once whatever happens to the segments under it, and says how far behind it is."""

import math

import numpy as np
import pytest

from slipway.errors import Corrupt
from slipway.records.frame import OutcomeFrame
from slipway.storage.journal import JournalTail, SegmentWriter
from slipway.storage.journal.pruning import prune, stored_segments
from slipway.storage.journal.retention import RemovedSegment
from slipway.storage.journal.sealing import seal_closed
from slipway.testing.frames import outcome_frame, prediction_frame, shadow_frame


def told(n, rows=3):
    return OutcomeFrame(at_us=[1000 * n] * rows, id=[f"{n}.{i}" for i in range(rows)], value=[1.0] * rows)


def ids(tail, **how):
    found = []
    for stretch in tail.read(**how):
        found += [i for p in stretch.predictions for i in p.id] + stretch.outcomes.id
    return found


@pytest.mark.parametrize("segment_bytes", [1, 200, 1 << 20])
def test_each_row_once_over_rotation_sealing_restarts_and_writers_that_come_and_go(tmp_path, segment_bytes):
    rng = np.random.default_rng(segment_bytes)
    tail = JournalTail(tmp_path)
    seen, wrote = [], []
    writers = [SegmentWriter(tmp_path, name=f"w{i}", segment_bytes=segment_bytes) for i in range(2)]
    for n in range(40):
        if n % 10 == 9:  # one writer ends, another begins
            writers.pop(0).close()
            writers.append(SegmentWriter(tmp_path, name=f"w{n}", segment_bytes=segment_bytes))
        frame = prediction_frame(int(rng.integers(1, 5)), rng=rng, first=100 * n)
        frames = [frame, outcome_frame(frame)] if n % 2 else [told(n)]
        writers[n % 2].append(frames)
        wrote += [i for f in frames for i in f.id]
        if n % 3 == 0:
            seal_closed(tmp_path, sealed=tmp_path / "sealed")
        if n % 4 == 0:
            seen += ids(tail, most_rows=int(rng.integers(1, 9)))
        if n % 7 == 0:  # whoever keeps the place goes on after a restart
            tail = JournalTail(tmp_path, after=tail.place)
    seen += ids(tail)
    assert sorted(seen) == sorted(wrote)
    assert ids(tail) == []
    assert tail.missed_bytes == 0


def test_a_reader_that_stops_in_the_middle_goes_on_behind_what_it_took(tmp_path):
    writer = SegmentWriter(tmp_path, name="w")
    for n in range(6):
        writer.append([told(n)])
    tail = JournalTail(tmp_path)
    first = next(tail.read(most_rows=1))
    assert first.outcomes.id == ["0.0", "0.1", "0.2"]
    assert ids(tail)[0] == "1.0"


def test_the_lag_is_told_in_bytes_rows_and_seconds(tmp_path):
    writer = SegmentWriter(tmp_path, name="w")
    tail = JournalTail(tmp_path)
    lag = tail.lag(now_us=5_000_000)
    assert lag.size_bytes == 8  # the header
    assert math.isnan(lag.rows)
    assert math.isnan(lag.seconds)
    writer.append([told(1000)])
    ids(tail)
    assert tail.lag(now_us=5_000_000) == (0, 0.0, 0.0)
    end = writer.append([told(1000), told(1000)])
    lag = tail.lag(now_us=5_000_000)
    assert lag.size_bytes == end.offset - tail.place[end.segment]
    assert lag.rows == pytest.approx(6, rel=0.1)
    assert lag.seconds == 4.0


def test_what_retention_took_before_it_was_read_is_counted_and_forgotten(tmp_path):
    for name in "ab":
        writer = SegmentWriter(tmp_path, name=name)
        end = writer.append([told(1)])
        writer.close()
    seal_closed(tmp_path, sealed=tmp_path / "sealed")
    tail = JournalTail(tmp_path)
    next(tail.read())
    assert list(tail.place) == ["a-00000001"]
    stored, _ = stored_segments(tmp_path, sealed=tmp_path / "sealed")
    remove = [
        RemovedSegment(segment=s.segment, rows={}, first_us=None, last_us=None, size_bytes=0, why="") for s, _ in stored
    ]
    prune(tmp_path, sealed=tmp_path / "sealed", remove=remove, audit=lambda _: None)
    assert ids(tail) == []
    assert tail.missed_bytes == end.offset
    assert tail.place == {}


def test_skipping_gives_only_what_comes_then(tmp_path):
    writer = SegmentWriter(tmp_path, name="w")
    end = writer.append([told(1)])
    with (tmp_path / "w-00000001.seg").open("ab") as file:
        file.write(b"\1\2\3")  # a tick that is being written
    tail = JournalTail(tmp_path)
    tail.skip()
    assert tail.place == {"w-00000001": end.offset}
    assert ids(tail) == []


def test_damage_is_said_each_time_and_what_lies_before_it_is_given_once(tmp_path):
    writer = SegmentWriter(tmp_path, name="w")
    for n in range(2):
        writer.append([told(n)])
    writer.close()
    path = tmp_path / "w-00000001.seg"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    tail = JournalTail(tmp_path)
    reading = tail.read()
    assert next(reading).outcomes.id == ["0.0", "0.1", "0.2"]
    with pytest.raises(Corrupt, match="payload"):
        next(reading)
    with pytest.raises(Corrupt, match="payload"):
        next(tail.read())


def test_shadows_come_with_how_far_they_reach(tmp_path):
    frame = prediction_frame(2, rng=np.random.default_rng(0))
    writer = SegmentWriter(tmp_path, name="w")
    writer.append([shadow_frame(frame, arm="c", segment="w0", offset=77)])
    (stretch,) = JournalTail(tmp_path).read()
    assert [(s.arm, s.segment, s.offset, s.id) for s in stretch.shadows] == [("c", "w0", 77, ["p0", "p1"])]
