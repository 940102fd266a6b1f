"""What a batch job writes as bytes is read as what a worker would have written as lists."""

import struct
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from slipway.errors import BadInput, Corrupt
from slipway.records.bulk import PackedTexts, packed
from slipway.records.held import Held
from slipway.records.texts import Numbered, Texts
from slipway.storage.journal import SegmentReader, SegmentWriter
from slipway.storage.journal.codec import decode_frame, encode_tick
from slipway.storage.journal.stretches import stretches
from slipway.storage.journal.tables import tables_of
from slipway.testing.frames import prediction_frame

TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=300), max_size=40)


def bulk(frame, *, ids=None, entities=None):
    """Return a prediction frame as a batch job would write it."""
    arms = tuple(dict.fromkeys(frame.arm))
    return packed(
        route=frame.route, route_version=frame.route_version, at_us=frame.at_us[0], latency_us=frame.latency_us[0],
        ids=frame.id if ids is None else ids, entities=frame.entity if entities is None else entities, arms=arms,
        arm=np.array([arms.index(a) for a in frame.arm]), fallback=np.array(frame.fallback, bool),
        score=np.array(frame.score), shadows=frame.shadows, x=frame.x,
    )  # fmt: skip


def even(rows, **changed):
    """Return a prediction frame all of whose rows came at one moment."""
    frame = prediction_frame(rows, rng=np.random.default_rng(rows))
    return msgspec.structs.replace(
        frame, at_us=frame.at_us[:1] * rows, latency_us=frame.latency_us[:1] * rows, **changed
    )


@given(TEXTS)
def test_texts_are_what_they_were_made_of(texts):
    found = Texts.of(texts)
    assert (list(found), len(found), found.lengths.sum()) == (texts, len(texts), len(found.data))
    assert [found[i] for i in range(len(texts))] == texts
    assert all(list(found[cut:]) == texts[cut:] and list(found[:cut]) == texts[:cut] for cut in range(len(texts)))
    assert list(found[1:7][2:]) == texts[1:7][2:]
    assert found.fit(longest=3) == all(0 < len(text) <= 3 for text in texts)
    assert list(found[::-1]) == texts[::-1]


def test_numbered_texts_are_texts():
    found = Numbered("b-", first=98, rows=5)
    assert list(found) == ["b-98", "b-99", "b-100", "b-101", "b-102"]
    assert (found[-1], list(found[1:3]), list(found[::2])) == ("b-102", ["b-99", "b-100"], ["b-98", "b-100", "b-102"])
    with pytest.raises(IndexError):
        found[5]


@pytest.mark.parametrize("rows", [1, 7, 300, 9000])
@pytest.mark.parametrize("arms", [["a"], ["a", "b"], [f"arm{i}" for i in range(300)]])
def test_what_is_read_is_what_a_worker_would_have_written(rows, arms, tmp_path):
    fallback = [bool(i % 3 == 1) for i in range(rows)]
    entity = [f"ü{i}" * (i % 90 + 1) for i in range(rows)]
    frame = even(rows, arm=[arms[i % len(arms)] for i in range(rows)], fallback=fallback, entity=entity)
    writer = SegmentWriter(tmp_path, name="w")
    writer.append([bulk(frame), frame])
    writer.close()
    one, two = (found for found, _ in SegmentReader(tmp_path).read({}))
    assert (one.id, one.entity, one.arm, one.fallback) == (frame.id, entity, frame.arm, fallback)
    assert (one.at_us, one.latency_us, one.shadows) == (frame.at_us, frame.latency_us, frame.shadows)
    assert dict(one.x) == dict(frame.x)
    assert np.array_equal(one.score, frame.score, equal_nan=True)
    assert msgspec.msgpack.encode([one], enc_hook=dict) == msgspec.msgpack.encode([two], enc_hook=dict)


def test_made_ids_take_no_more_room_for_more_rows():
    sizes = []
    for rows in (10, 1000):
        frame = msgspec.structs.replace(even(rows), x=Held({}))
        frame = bulk(frame, ids=Numbered("b-", first=0, rows=rows), entities=["e"] * rows)
        assert frame.unpacked().id == [f"b-{i}" for i in range(rows)]
        sizes.append(len(encode_tick([frame])[0]))
    assert (sizes[1] - sizes[0]) / 990 < 8 + 2 + 1  # score, entity with its length, and a fallback somewhere


def test_columns_of_other_lengths_are_not_written():
    frame = even(4)
    with pytest.raises(BadInput, match=r"want 4 rows, one an id, in each column; entities has 3"):
        bulk(frame, entities=["e"] * 3)
    with pytest.raises(BadInput, match="X has others"):
        bulk(msgspec.structs.replace(frame, x=Held({"a": b"12345678"})))


@pytest.mark.parametrize(
    "odd",
    [
        {"score": bytes(8 * 5)},
        {"fallback": b"\0"},
        {"arm": b"\x09" * 4},
        {"arm": bytes(7)},
        {"id": PackedTexts(data=b"abcd", lengths=bytes([1, 1, 1]))},
        {"id": PackedTexts(data=b"abcd", lengths=bytes([1, 1, 1, 2]))},
        {"entity": PackedTexts(data=b"\xff\xff\xff\xff", lengths=bytes([1] * 4))},
        {"x": Held({"a": b"12345678"})},
    ],
)
def test_a_frame_whose_columns_do_not_agree_is_corrupt(odd):
    frame = msgspec.structs.replace(bulk(even(4, arm=["a", "b", "a", "b"])), **odd)
    payload = memoryview(encode_tick([frame])[0])[12:]
    with pytest.raises(Corrupt, match="frame that ends at offset 7: want a frame"):
        decode_frame(payload, segment="w-00000001", offset=7)


def test_segments_of_the_second_format_are_read(tmp_path):
    frame = even(3)
    x = (",".join(frame.x.names), frame.x.block, frame.x.columns) if frame.x.names else frame.x.columns
    payload = msgspec.msgpack.encode({"type": "predictions", **msgspec.structs.asdict(frame), "x": x})
    head = struct.pack("<II", len(payload) | 1 << 31, zlib.crc32(payload))
    (tmp_path / "w-00000001.seg").write_bytes(b"SLIPJRN\x02" + head + struct.pack("<I", zlib.crc32(head)) + payload)
    [(found, _)] = SegmentReader(tmp_path).read({})
    assert (found.id, found.entity, dict(found.x)) == (frame.id, frame.entity, dict(frame.x))


def test_tables_and_columns_that_are_made_of_it_are_those_of_a_workers_frame(tmp_path):
    frame = even(500, arm=["a", "b"] * 250, score=[float("nan"), 0.5] * 250)
    for name, written in (("bulk", bulk(frame)), ("list", frame)):
        writer = SegmentWriter(tmp_path, name=name)
        writer.append([written])
        writer.close()
    placed = {position.segment: (found, position) for found, position in SegmentReader(tmp_path).read({})}
    one, two = (tables_of([placed[f"{name}-00000001"]])["predictions"] for name in ("bulk", "list"))
    assert_frame_equal(one.drop("segment", "end_offset"), two.drop("segment", "end_offset"))
    first, second = (next(stretches([placed[f"{name}-00000001"]])).predictions[0] for name in ("bulk", "list"))
    assert (first.id, first.entity, first.arm) == (second.id, second.entity, second.arm)
    assert np.array_equal(first.score, second.score, equal_nan=True)
