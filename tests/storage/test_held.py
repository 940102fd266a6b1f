"""Numbers in one block are the numbers in columns, in memory and on disk."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput, Corrupt
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.held import Held
from slipway.storage.columns import check_frame, columns_of, encode_column, form_of
from slipway.storage.journal.codec import LARGE_BYTES, decode_frame, encode_tick, whole_frames

NUMBER = st.floats(allow_nan=False) | st.just(math.nan)


def frame(x, rows):
    one = {"at_us": 1, "id": "i", "entity": "e", "arm": "a", "fallback": False, "score": 0.5, "latency_us": 2}
    return PredictionFrame(route="r", route_version=1, x=x, **{name: [value] * rows for name, value in one.items()})


def through_bytes(one):
    ((payload, end),) = whole_frames(memoryview(b"".join(encode_tick([one]))), segment="s", offset=0)
    return decode_frame(payload, segment="s", offset=end)


@st.composite
def tables(draw):
    rows, names = draw(st.integers(1, 5)), draw(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1))
    return names, np.array(draw(st.lists(st.lists(NUMBER, min_size=len(names), max_size=len(names)),
                                         min_size=rows, max_size=rows)))  # fmt: skip


@given(tables())
def test_a_block_holds_what_its_columns_would(table):
    names, values = table
    rows = len(values)
    held = Held({"t": ["x"] * rows}, names=tuple(names), block=values.tobytes())
    columns = {name: encode_column(values[:, i]) for i, name in enumerate(names)} | {"t": ["x"] * rows}
    assert held == columns
    for x in (held, columns):
        read = through_bytes(frame(x, rows))
        assert read.x == columns
        assert list(read.x) == list(columns)
        for i, name in enumerate(names):
            np.testing.assert_array_equal(columns_of([read.x])[name], values[:, i])


def test_a_block_is_written_as_a_block():
    """Thirty fields cost a tick one copy, not thirty."""
    block = Held({}, names=tuple(f"n{i}" for i in range(30)), block=bytes(240))
    assert form_of(through_bytes(frame(block, 1)).x) == form_of(block)


def test_frames_of_one_form_lie_end_to_end():
    one = Held({"t": ["x"]}, names=("a", "b"), block=np.array([[1.0, 2.0]]).tobytes())
    two = Held({"t": [None, "y"]}, names=("a", "b"), block=np.array([[3.0, 4.0], [5.0, 6.0]]).tobytes())
    found = columns_of([one, two])
    assert {name: column.tolist() for name, column in found.items()} == {
        "a": [1.0, 3.0, 5.0], "b": [2.0, 4.0, 6.0], "t": ["x", None, "y"],
    }  # fmt: skip


def test_a_field_that_is_not_held_is_a_key_error():
    with pytest.raises(KeyError, match="c"):
        Held({}, names=("a",), block=bytes(8))["c"]
    assert "c" not in Held({}, names=("a",), block=bytes(8))


@pytest.mark.parametrize("block", [bytes(8), bytes(17), bytes(24)])
def test_a_block_of_another_length_is_refused(block):
    with pytest.raises(BadInput, match="a, b"):
        check_frame(frame(Held({}, names=("a", "b"), block=block), 1))


@pytest.mark.parametrize("x", [["a", 5, {}], ["a", b"", {"t": 5}], [3, b"", {}], ["a", b""], 7, None])
def test_x_of_another_form_is_damage(x):
    good = msgspec.msgpack.decode(b"".join(encode_tick([frame({}, 1)]))[12:])
    with pytest.raises(Corrupt):
        decode_frame(memoryview(msgspec.msgpack.encode(good | {"x": x})), segment="s", offset=9)


def test_a_large_block_is_a_piece_of_its_tick_and_reads_as_a_small_one_does():
    """Its memory is written as it is: no copy, and the same bytes as where everything is one piece."""
    rows = LARGE_BYTES // 16
    values = np.arange(2.0 * rows).reshape(rows, 2)
    block = memoryview(values.reshape(-1).view(np.uint8))
    large = frame(Held({"t": ["x", None] * (rows // 2)}, names=("a", "b"), block=block), rows)
    small, outcome = frame(Held({}, names=("a",), block=bytes(8)), 1), OutcomeFrame(at_us=[1], id=["i"], value=[1.0])
    tick = [large, small, outcome, frame({"t": ["y"]}, 1)]
    pieces = encode_tick(tick)
    assert any(piece is block for piece in pieces)
    data, alone = b"".join(pieces), [b"".join(encode_tick([one])) for one in tick[1:]]
    assert data.endswith(alone[-1])  # the mark of the last frame is on the last one alone
    found = [decode_frame(p, segment="s", offset=e) for p, e in whole_frames(memoryview(data), segment="s", offset=0)]
    assert found == tick
    assert not list(whole_frames(memoryview(data)[: -len(alone[-1])], segment="s", offset=0))
    encoded = msgspec.msgpack.encode(found[0], enc_hook=lambda x: (",".join(x.names), bytes(x.block), x.columns))
    assert data[12 : 12 + len(encoded)] == encoded
