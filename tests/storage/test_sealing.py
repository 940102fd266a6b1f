import math
import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from slipway.errors import Corrupt
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.storage.journal import SegmentReader, SegmentWriter, verify
from slipway.storage.journal.sealed import marker_bytes, sealed_segments
from slipway.storage.journal.sealing import seal_closed
from slipway.storage.journal.tables import SCHEMAS
from slipway.testing.frames import decision_frame, metric_frame, outcome_frame, prediction_frame, shadow_frame

FIRST_US = 1_700_000_000_000_000


@pytest.fixture
def journal(tmp_path):
    """A journal of one closed segment: 3 ticks of 10 predictions, one frame of each other kind."""
    writer = SegmentWriter(tmp_path, name="w")
    rng = np.random.default_rng(0)
    for tick in range(3):
        frame = prediction_frame(10, rng=rng, first=10 * tick, at_us=FIRST_US + tick)
        end = writer.append([frame])
    shadow = shadow_frame(frame, arm="candidate", segment=end.segment, offset=end.offset)
    writer.append([shadow, outcome_frame(frame), decision_frame(frame), metric_frame(frame)])
    writer.close()
    return tmp_path


def seal(journal):
    return seal_closed(journal, sealed=journal / "sealed")


def test_what_is_sealed_is_what_was_written(journal):
    (what,) = seal(journal).sealed
    assert what.rows == {"predictions": 30, "shadows": 10, "outcomes": 10, "decisions": 10, "metrics": 10}
    assert (what.first_us, what.last_us) == (FIRST_US, FIRST_US + 2 + 9000 + 60_000_000)
    assert (what.routes, what.arms, what.torn_bytes) == (("main",), ("candidate", "live"), 0)
    assert sealed_segments(journal / "sealed") == [what]
    table = pl.read_parquet(journal / "sealed" / "predictions" / "*.parquet")
    frames = [(f, p) for f, p in SegmentReader(journal).read({}) if isinstance(f, PredictionFrame)]
    assert table["id"].to_list() == [i for f, _ in frames for i in f.id]
    assert table["score"].to_list() == [s for f, _ in frames for s in f.score]
    assert table["end_offset"].to_list() == [p.offset for f, p in frames for _ in f.id]
    want = np.concatenate([np.frombuffer(f.x["n0"]) for f, _ in frames])
    np.testing.assert_array_equal(table["x_n0"].fill_null(math.nan).to_numpy(), want)
    assert table["x_carrier"].to_list() == [c for f, _ in frames for c in f.x["carrier"]]
    assert table["received_at"][0] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_the_schema_is_the_documented_one(journal):
    seal(journal)
    for kind, schema in SCHEMAS.items():
        got = pl.read_parquet_schema(journal / "sealed" / kind / "w-00000001.parquet")
        assert dict(list(got.items())[: len(schema)]) == dict(schema)
        assert all(name.startswith("x_") for name in list(got)[len(schema) :])


def test_the_page_names_every_column():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "journal.md").read_text()
    for kind, schema in SCHEMAS.items():
        table = page.split(f"\n`{kind}`\n")[1].split("\n`")[0].split("For example")[0]
        listed = {name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split(" | ")[0])}
        assert listed - {"x_"} == set(schema)


def test_a_marker_that_is_older_than_a_kind_of_rows_is_read_and_still_holds(tmp_path):
    with closing(SegmentWriter(tmp_path, name="w")) as writer:
        writer.append([prediction_frame(5, rng=np.random.default_rng(0))])
    (what,) = seal(tmp_path).sealed
    rows = {kind: n for kind, n in what.rows.items() if kind not in ("decisions", "metrics")}
    (tmp_path / "sealed" / "w-00000001.msgpack").write_bytes(marker_bytes(msgspec.structs.replace(what, rows=rows)))
    assert sealed_segments(tmp_path / "sealed") == [what]
    assert verify(tmp_path, sealed=tmp_path / "sealed").errors == ()


def test_a_damaged_marker_is_named(journal):
    seal(journal)
    (journal / "sealed" / "w-00000001.msgpack").write_bytes(b"\x80")
    with pytest.raises(Corrupt, match=r"w-00000001.msgpack: want the marker"):
        sealed_segments(journal / "sealed")


def test_the_reader_reads_the_same_before_and_after(journal):
    before = list(SegmentReader(journal).read({}))
    seal(journal)
    assert list(SegmentReader(journal).read({})) == before


def test_sealing_again_does_nothing_and_without_the_marker_the_same(journal):
    first = seal(journal).sealed
    data = {p: p.read_bytes() for p in (journal / "sealed").rglob("*.parquet")}
    assert seal(journal).sealed == ()
    (journal / "sealed" / "w-00000001.msgpack").unlink()
    assert seal(journal).sealed == first
    assert {p: p.read_bytes() for p in (journal / "sealed").rglob("*.parquet")} == data


def test_a_marker_that_cannot_be_read_is_made_anew(journal):
    """A damaged one, or one of an older version, which bore no checksum."""
    (what,) = seal(journal).sealed
    marker = journal / "sealed" / "w-00000001.msgpack"
    whole = marker.read_bytes()
    for damaged in (b"", whole[:-4], whole[:40]):
        marker.write_bytes(damaged)
        assert seal(journal).sealed == (what,)
        assert marker.read_bytes() == whole


def test_a_live_segment_is_left_alone_until_its_writer_is_gone(tmp_path):
    writer = SegmentWriter(tmp_path, name="w", segment_bytes=1)
    for n in range(2):
        writer.append([OutcomeFrame(at_us=[n], id=["a"], value=[1.0])])
    report = seal(tmp_path)
    assert ([s.segment for s in report.sealed], report.live) == (["w-00000001"], ("w-00000002",))
    writer.close()
    assert [s.segment for s in seal(tmp_path).sealed] == ["w-00000002"]


def test_a_damaged_segment_does_not_keep_the_others_from_being_sealed(journal):
    data = bytearray((journal / "w-00000001.seg").read_bytes())
    data[-1] ^= 1
    (journal / "a-00000001.seg").write_bytes(data)
    report = seal(journal)
    assert [s.segment for s in report.sealed] == ["w-00000001"]
    assert [("a-00000001" in e, "payload" in e) for e in report.errors] == [(True, True)]


def test_what_no_arm_could_answer_is_null(tmp_path):
    frame = prediction_frame(2, rng=np.random.default_rng(0))
    writer = SegmentWriter(tmp_path, name="w")
    writer.append([shadow_frame(frame, arm="c", segment="w", offset=8)])
    shadow = shadow_frame(frame, arm="c", segment="w", offset=8)
    shadow.score[:] = [math.nan, 0.5]
    writer.append([shadow])
    writer.close()
    seal(tmp_path)
    assert pl.read_parquet(tmp_path / "sealed/shadows/*.parquet")["score"].to_list()[2:] == [None, 0.5]


def test_fields_that_come_go_or_change_their_kind(tmp_path):
    """Rows of another model may have other fields; nothing is lost and nothing fails."""
    rest = {"route": "r", "route_version": 1, "at_us": [1], "entity": ["e"], "arm": ["l"], "fallback": [False]}
    rest |= {"score": [0.5], "latency_us": [1]}
    one = np.array([1.5]).tobytes()
    writer = SegmentWriter(tmp_path, name="w")
    writer.append([PredictionFrame(id=["a"], x={"old": one, "both": one}, **rest)])
    writer.append([PredictionFrame(id=["b"], x={"new": ["v"], "both": ["w"]}, shadows=("c",), **rest)])
    writer.close()
    seal(tmp_path)
    table = pl.read_parquet(tmp_path / "sealed/predictions/*.parquet")
    assert table.select("shadows", "^x_.*$").to_dict(as_series=False) == {
        "shadows": [[], ["c"]],
        "x_old": [1.5, None],
        "x_both": ["1.5", "w"],
        "x_new": [None, "v"],
    }


def test_verify_counts_and_names_what_is_wrong(journal):
    good = verify(journal)
    assert (good.segments, good.frames, good.rows, good.torn_bytes, good.errors) == (1, 7, 70, {}, ())
    data = (journal / "w-00000001.seg").read_bytes()
    (journal / "a-00000001.seg").write_bytes(data[:-3])
    (journal / "b-00000001.seg").write_bytes(data[:-3] + b"xyz")
    report = verify(journal)
    assert (report.segments, report.frames, report.rows) == (3, 7 + 3 + 3, 70 + 30 + 30)
    assert list(report.torn_bytes) == ["a-00000001"]
    assert len(report.errors) == 1
    assert "b-00000001" in report.errors[0]
