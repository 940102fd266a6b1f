"""The segment format, byte by byte: what is torn, what is corrupt, and that the two are never mixed up."""

import contextlib
import os
import struct
import zlib

import msgspec
import numpy as np
import pytest

from slipway.errors import BadInput, Corrupt, Refused, Unavailable
from slipway.records.frame import OutcomeFrame
from slipway.storage.journal import SegmentReader, SegmentWriter, writer_name
from slipway.storage.journal.codec import encode_tick
from slipway.testing.frames import prediction_frame


def outcome(n):
    return OutcomeFrame(at_us=[n], id=[f"p{n}"], value=[float(n)])


def read(folder, after=None):
    return [frame for frame, _ in SegmentReader(folder).read(after or {})]


@pytest.fixture
def segment(tmp_path):
    """Three ticks, the last one of two frames; returns (folder, path, offset behind each tick)."""
    writer = SegmentWriter(tmp_path, name="w")
    ends = [writer.append(t).offset for t in ([outcome(0)], [outcome(1)], [outcome(2), outcome(3)])]
    writer.close()
    return tmp_path, tmp_path / "w-00000001.seg", ends


def test_the_format_is_what_the_page_says(segment):
    _, path, ends = segment
    data = path.read_bytes()
    payload = msgspec.msgpack.encode(outcome(0))
    head = struct.pack("<II", len(payload) | 1 << 31, zlib.crc32(payload))
    assert data[: ends[0]] == b"SLIPJRN\x03" + head + struct.pack("<I", zlib.crc32(head)) + payload


def test_segments_of_the_first_format_are_read(tmp_path):
    """There, each column of X lay alone."""
    frame = prediction_frame(4, rng=np.random.default_rng(0))
    fields = {name: getattr(frame, name) for name in frame.__struct_fields__}
    payload = msgspec.msgpack.encode({"type": "predictions", **fields, "x": dict(frame.x)})
    head = struct.pack("<II", len(payload) | 1 << 31, zlib.crc32(payload))
    old = b"SLIPJRN\x01" + head + struct.pack("<I", zlib.crc32(head)) + payload
    (tmp_path / "w-00000001.seg").write_bytes(old)
    [found] = read(tmp_path)
    assert dict(found.x) == dict(frame.x)
    assert (found.id, found.score) == (frame.id, frame.score)


def test_torn_at_every_byte_of_the_last_tick(segment):
    folder, path, ends = segment
    data = path.read_bytes()
    for cut in range(ends[1], ends[2]):
        path.write_bytes(data[:cut])
        reader = SegmentReader(folder)
        assert [f.id for f, _ in reader.read({})] == [["p0"], ["p1"]]
        assert reader.torn_bytes == {"w-00000001": cut - ends[1]}


def test_torn_at_every_byte_of_the_segment_header(segment):
    folder, path, _ = segment
    data = path.read_bytes()
    for cut in range(8):
        path.write_bytes(data[:cut])
        assert read(folder) == []


def test_a_torn_tail_that_is_completed_is_read_on(segment):
    folder, path, ends = segment
    data = path.read_bytes()
    reader = SegmentReader(folder)
    path.write_bytes(data[: ends[2] - 1])
    *_, (_, position) = reader.read({})
    path.write_bytes(data)
    assert [f.id for f, _ in reader.read(dict([position]))] == [["p2"], ["p3"]]


def test_every_flipped_bit_of_a_complete_frame_is_found(segment):
    folder, path, ends = segment
    data = path.read_bytes()
    for at in range(8, ends[2]):
        broken = bytearray(data)
        broken[at] ^= 1 << (at % 8)
        path.write_bytes(broken)
        with pytest.raises(Corrupt, match=r"w-00000001, frame at offset \d+: the (header|payload)"):
            read(folder)


def test_frames_before_a_corrupt_one_are_read_and_its_place_is_named(segment):
    folder, path, ends = segment
    data = bytearray(path.read_bytes())
    data[ends[1] - 1] ^= 1
    path.write_bytes(data)
    frames = SegmentReader(folder).read({})
    assert next(frames)[0].id == ["p0"]
    with pytest.raises(Corrupt, match=f"offset {ends[0]}: the payload"):
        next(frames)


def test_a_tail_of_zeros_is_torn_not_corrupt(segment):
    folder, path, _ = segment
    path.write_bytes(path.read_bytes() + bytes(4096))
    reader = SegmentReader(folder)
    assert len(list(reader.read({}))) == 4
    assert reader.torn_bytes == {"w-00000001": 4096}


def test_zeros_amid_frames_are_corrupt(segment):
    folder, path, ends = segment
    data = bytearray(path.read_bytes())
    data[ends[0] : ends[1]] = bytes(ends[1] - ends[0])
    path.write_bytes(data)
    with pytest.raises(Corrupt, match=f"offset {ends[0]}: the header"):
        read(folder)


def test_an_offset_that_is_no_boundary_is_refused(segment):
    folder, _, ends = segment
    with pytest.raises(Corrupt, match="offset 9"):
        read(folder, {"w-00000001": 9})
    assert read(folder, {"w-00000001": ends[2]}) == []
    assert read(folder, {"w-00000001": ends[2] + 100}) == []


def test_another_file_or_a_newer_format_is_refused(tmp_path):
    (tmp_path / "x-00000001.seg").write_bytes(b"PAR1 and more")
    with pytest.raises(Corrupt, match="want b'SLIPJRN"):
        read(tmp_path)
    (tmp_path / "x-00000001.seg").write_bytes(b"SLIPJRN\x04 and more")
    with pytest.raises(Refused, match="want format 3 or older, got format 4"):
        read(tmp_path)


def test_a_payload_that_is_no_frame_is_corrupt(segment):
    folder, path, _ = segment
    payload = msgspec.msgpack.encode({"type": "sightings"})
    head = struct.pack("<II", len(payload) | 1 << 31, zlib.crc32(payload))
    path.write_bytes(path.read_bytes() + head + struct.pack("<I", zlib.crc32(head)) + payload)
    with pytest.raises(Corrupt, match="sightings"):
        read(folder)


def test_segments_rotate_by_size_and_keep_the_order(tmp_path):
    writer = SegmentWriter(tmp_path, name="w", segment_bytes=200)
    ends = [writer.append([outcome(n)]) for n in range(20)]
    assert len({e.segment for e in ends}) > 3
    assert [f.id for f in read(tmp_path)] == [[f"p{n}"] for n in range(20)]
    assert all(p.stat().st_size < 300 for p in tmp_path.glob("*.seg"))


def test_a_writer_that_wrote_nothing_leaves_nothing(tmp_path):
    SegmentWriter(tmp_path, name="w").close()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_half_leaves_nothing_of_the_tick(tmp_path, monkeypatch):
    """The disk takes half of the tick, then none: what it took is cut off, and the writer goes on when it can."""
    writer = SegmentWriter(tmp_path, name="w")
    end = writer.append([outcome(0)])
    real, calls = os.write, []

    def half(handle, data):
        calls.append(len(data))
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(handle, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", half)
    wanted = len(b"".join(encode_tick([outcome(1), outcome(2)])))
    with pytest.raises(Unavailable, match=f"want to write {wanted} bytes, got 'No space left on device'"):
        writer.append([outcome(1), outcome(2)])
    assert (tmp_path / "w-00000001.seg").stat().st_size == end.offset
    monkeypatch.setattr(os, "write", real)
    assert writer.append([outcome(3)]).segment == end.segment
    assert [f.id for f in read(tmp_path)] == [["p0"], ["p3"]]


def test_short_writes_are_finished(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:7]))
    writer = SegmentWriter(tmp_path, name="w")
    writer.append([outcome(0), outcome(1)])
    assert [f.id for f in read(tmp_path)] == [["p0"], ["p1"]]


@pytest.mark.parametrize("refusal", ["ftruncate", "fdatasync"])
def test_a_segment_in_doubt_is_left_for_a_new_one(tmp_path, monkeypatch, refusal):
    """After a failed flush, or a tick that could not be cut off, nothing more is written to that segment."""
    writer = SegmentWriter(tmp_path, name="w", durability="fsync")
    writer.append([outcome(0)])

    def no(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        if refusal == "ftruncate":
            patch.setattr(os, "ftruncate", no)
            patch.setattr(os, "write", no)
        else:
            patch.setattr("slipway.storage.journal.segment._sync_data", no)
        with pytest.raises(Unavailable, match="Input/output error"):
            writer.append([outcome(1)])
    assert writer.append([outcome(2)]).segment == "w-00000002"
    assert [f.id for f in read(tmp_path)] == [["p0"], ["p2"]]


def test_folder_that_is_not_there(tmp_path):
    with pytest.raises(Unavailable, match="No such file"):
        SegmentWriter(tmp_path / "gone", name="w")
    with pytest.raises(Unavailable, match="No such file"):
        read(tmp_path / "gone")


def test_names_of_two_starts_differ_and_are_words():
    names = {
        writer_name("worker-12", started_us=1_790_000_000_000_000 + s, pid=p) for s in range(3) for p in (1, 4194304)
    }
    assert len(names) == 6
    with pytest.raises(BadInput, match="journal writer"):
        writer_name("Worker", started_us=0, pid=1)


def test_bad_settings(tmp_path):
    with pytest.raises(BadInput, match="segment_bytes"):
        SegmentWriter(tmp_path, name="w", segment_bytes=0)


def test_large_frames_of_predictions_come_back(tmp_path):
    frame = prediction_frame(2000, rng=np.random.default_rng(1), numbers=20)
    SegmentWriter(tmp_path, name="w").append([frame])
    assert read(tmp_path) == [frame]


def test_a_look_at_what_is_known_asks_only_for_segments_that_may_grow(tmp_path):
    """Rotated segments are asked for their size once; the last of each series every time."""
    writers = [SegmentWriter(tmp_path, name=name, segment_bytes=1) for name in ("a", "a-b")]
    for n in range(10):
        for writer in writers:
            writer.append([outcome(n)])
    reader = SegmentReader(tmp_path)
    after = {position.segment: position.offset for _, position in reader.read({})}
    assert set(reader._final) == {f"{name}-{n:08d}" for name in ("a", "a-b") for n in range(1, 10)}
    writers[0].append([outcome(10)])
    assert [f.id for f, _ in reader.read(after)] == [["p10"]]


def test_segments_are_in_the_order_of_their_names_and_not_of_their_files(tmp_path):
    for name in ("a-00000001", "a"):
        SegmentWriter(tmp_path, name=name).append([outcome(0)])
    assert [p.segment for _, p in SegmentReader(tmp_path).read({})] == ["a-00000001", "a-00000001-00000001"]


def test_what_is_written_in_bulk_leaves_memory_and_is_the_same(tmp_path, monkeypatch):
    """Each tick sends what lies before it to the disk, also the end of the segment before."""
    told = []

    def advise(handle, *how):
        told.append((os.fstat(handle).st_ino, how))

    monkeypatch.setattr(os, "posix_fadvise", advise)
    writer = SegmentWriter(tmp_path, name="w", bulk=True, segment_bytes=60)
    for n in range(3):
        writer.append([outcome(n)])
    writer.close()
    assert {how for _, how in told} == {(0, 0, os.POSIX_FADV_DONTNEED)}
    number = {path.stat().st_ino: int(path.stem[-1]) for path in tmp_path.glob("*.seg")}
    assert [number[file] for file, _ in told] == [1, 2, 1, 3, 2]
    assert read(tmp_path) == [outcome(n) for n in range(3)]


def test_advice_that_the_system_does_not_take_changes_nothing(tmp_path, monkeypatch):
    def no(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "posix_fadvise", no)
    with contextlib.closing(SegmentWriter(tmp_path, name="w", bulk=True)) as writer:
        writer.append([outcome(1)])
    assert read(tmp_path) == [outcome(1)]
