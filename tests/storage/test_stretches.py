"""Frames laid end to end say what the frames say, wherever they are cut; and a segment is read in pieces."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.errors import Corrupt
from slipway.ports import Position
from slipway.records.frame import DecisionFrame, OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.storage.journal import SegmentReader, SegmentWriter, stretches
from slipway.storage.journal import reader as reading
from slipway.testing.frames import decision_frame, outcome_frame, prediction_frame, shadow_frame


@st.composite
def journals(draw):
    """Frames of all kinds of one or two segments, with positions that grow."""
    made, offsets = [], {"a": 8, "b": 8}
    for n in range(draw(st.integers(0, 12))):
        segment = draw(st.sampled_from(["a", "b"]))
        rng = np.random.default_rng(n)
        asked = prediction_frame(draw(st.integers(1, 4)), rng=rng, first=10 * n, numbers=draw(st.integers(0, 2)))
        shadow = shadow_frame(asked, arm=draw(st.sampled_from("cd")), segment="w", offset=n)
        offsets[segment] += 10
        frame = draw(st.sampled_from([asked, shadow, outcome_frame(asked), decision_frame(asked)]))
        made.append((frame, Position(segment, offsets[segment])))
    return sorted(made, key=lambda m: m[1])


def rows_of_frames(made):
    """Every row of every frame, as the frame says it."""
    rows = []
    for frame, (segment, _) in made:
        if isinstance(frame, PredictionFrame):
            x = {n: np.frombuffer(c).tolist() if isinstance(c, bytes) else c for n, c in frame.x.items()}
            rows += [
                repr((segment, frame.route, frame.route_version, frame.shadows, at, i, e, a, f, s, us))
                + repr({n: c[k] for n, c in x.items()})
                for k, (at, i, e, a, f, s, us) in enumerate(
                    zip(
                        frame.at_us,
                        frame.id,
                        frame.entity,
                        frame.arm,
                        frame.fallback,
                        frame.score,
                        frame.latency_us,
                        strict=True,
                    )
                )
            ]
        elif isinstance(frame, ShadowFrame):
            rows += [repr((segment, frame.arm, i, s)) for i, s in zip(frame.id, frame.score, strict=True)]
        else:
            columns = [frame.at_us, frame.id, frame.value]
            columns += [frame.by, frame.decided_us, frame.saw] if isinstance(frame, DecisionFrame) else []
            rows += [repr((segment, *row)) for row in zip(*columns, strict=True)]
    return sorted(rows)


def rows_of_stretches(found):
    rows = []
    for stretch in found:
        segment = stretch.position.segment
        for p in stretch.predictions:
            columns = (p.at_us, p.id, p.entity, p.arm, p.fallback, p.score, p.latency_us)
            listed = [c.tolist() if isinstance(c, np.ndarray) else c for c in columns]
            x = {n: c.tolist() for n, c in p.x.items()}
            rows += [
                repr((segment, p.route, p.route_version, p.shadows, *row)) + repr({n: c[k] for n, c in x.items()})
                for k, row in enumerate(zip(*listed, strict=True))
            ]
        for s in stretch.shadows:
            rows += [repr((segment, s.arm, i, v)) for i, v in zip(s.id, s.score.tolist(), strict=True)]
        o = stretch.outcomes
        rows += [repr((segment, *row)) for row in zip(o.at_us.tolist(), o.id, o.value.tolist(), strict=True)]
        d = stretch.decisions
        decided = zip(d.at_us.tolist(), d.id, d.value.tolist(), d.by, d.decided_us.tolist(), d.saw, strict=True)
        rows += [repr((segment, *row)) for row in decided]
    return sorted(rows)


@settings(max_examples=60, deadline=None)
@given(made=journals(), most_rows=st.integers(1, 9))
def test_they_say_what_the_frames_say_wherever_they_are_cut(made, most_rows):
    found = list(stretches(made, most_rows=most_rows))
    assert rows_of_stretches(found) == rows_of_frames(made)
    assert sum(s.frames for s in found) == len(made)
    assert sum(s.rows for s in found) == len(rows_of_frames(made))
    last = {}
    for stretch in found:
        last[stretch.position.segment] = stretch.position.offset
    assert last == {p.segment: p.offset for _, p in made}


@settings(max_examples=40, deadline=None)
@given(made=journals(), upto=st.dictionaries(st.sampled_from("ab"), st.integers(0, 130)))
def test_they_stop_where_they_are_told_to(made, upto):
    kept = [(f, p) for f, p in made if p.segment in upto and p.offset <= upto[p.segment]]
    assert rows_of_stretches(stretches(made, upto=upto)) == rows_of_frames(kept)


def test_a_shadow_reaches_as_far_as_its_last_answer():
    frames = [ShadowFrame(arm="c", id=["i"], score=[0.5], segment="w", offset=n) for n in (3, 9, 5)]
    (found,) = stretches([(f, Position("s", n)) for n, f in enumerate(frames)])
    assert [(s.arm, s.segment, s.offset) for s in found.shadows] == [("c", "w", 9)]


def test_a_shadow_is_asked_where_another_arm_answered():
    """Also where outcomes follow, which it does not answer."""
    both = prediction_frame(2, rng=np.random.default_rng(0), numbers=1)
    frames = [
        msgspec.structs.replace(both, arm=["c", "l"], shadows=("c", "l")),
        msgspec.structs.replace(both, arm=["c", "c"], shadows=("c", "l")),
        OutcomeFrame(at_us=[1], id=["i"], value=[1.0]),
    ]
    (found,) = stretches([(f, Position("s", n)) for n, f in enumerate(frames, start=1)])
    assert found.asked == {"c": 1, "l": 2}


@pytest.mark.parametrize("piece_bytes", [16, 100, 1000, 1 << 20])
def test_a_segment_read_in_pieces_is_the_same(tmp_path, monkeypatch, piece_bytes):
    """Also where a tick is longer than a piece, the tail is torn, or a frame is damaged."""
    writer = SegmentWriter(tmp_path, name="w")
    for n in range(20):
        writer.append(
            [OutcomeFrame(at_us=[n] * n, id=["i"] * n, value=[1.0] * n), OutcomeFrame(at_us=[n], id=["j"], value=[0.0])]
        )
    writer.close()
    path = tmp_path / "w-00000001.seg"
    whole = list(SegmentReader(tmp_path).read({}))
    monkeypatch.setattr(reading, "PIECE_BYTES", piece_bytes)
    assert list(SegmentReader(tmp_path).read({})) == whole
    data = path.read_bytes()
    path.write_bytes(data[:-3])
    reader = SegmentReader(tmp_path)
    assert list(reader.read({})) == whole[:-2]
    assert reader.torn_bytes == {"w-00000001": len(data) - 3 - whole[-3][1].offset}
    path.write_bytes(data + bytes(5000))
    reader = SegmentReader(tmp_path)
    assert list(reader.read({})) == whole
    assert reader.torn_bytes == {"w-00000001": 5000}
    path.write_bytes(data + bytes(5000) + b"x" * 100)
    with pytest.raises(Corrupt, match="header"):
        list(SegmentReader(tmp_path).read({}))


def test_a_segment_that_retention_took_while_it_was_read_is_empty(tmp_path):
    for name in ("a", "b"):
        writer = SegmentWriter(tmp_path, name=name)
        writer.append([OutcomeFrame(at_us=[1], id=[name], value=[1.0])])
        writer.close()
    reading_on = SegmentReader(tmp_path).read({})
    assert next(reading_on)[0].id == ["a"]
    (tmp_path / "b-00000001.seg").unlink()
    assert list(reading_on) == []
