import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import BadInput
from slipway.records.frame import PredictionFrame
from slipway.storage.columns import check_frame, columns_of, decode_column, encode_column
from slipway.testing.frames import prediction_frame


@given(st.lists(st.floats()))
def test_numbers_come_back_bit_for_bit(values):
    array = np.array(values, dtype=float)
    back = decode_column(encode_column(array))
    assert back.dtype == np.float64
    assert back.tobytes() == array.tobytes()


@given(st.lists(st.none() | st.text()))
def test_categories_come_back(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    back = decode_column(encode_column(array))
    assert back.dtype == object
    assert back.tolist() == values


@pytest.mark.parametrize("array", [np.array([True, False]), np.array([1, 0], np.int64), np.array([1, 0], ">f4")])
def test_any_real_dtype_becomes_float64(array):
    assert decode_column(encode_column(array)).tolist() == [1.0, 0.0]


def test_a_column_that_is_neither_is_named():
    with pytest.raises(BadInput, match=r"field carrier: want text or None in a category, .* got float, int"):
        encode_column(np.array(["EV", 1, 2.0], dtype=object), name="carrier")
    with pytest.raises(BadInput, match=r"field n: .* got shape \(2, 1\)"):
        encode_column(np.zeros((2, 1)), name="n")


def test_columns_of_a_frame_keep_names_and_order():
    frame = prediction_frame(3, rng=np.random.default_rng(0), numbers=2)
    columns = columns_of([frame.x])
    assert list(columns) == ["n0", "n1", "carrier"]
    assert {k: (v.dtype.kind, v.shape) for k, v in columns.items()} == {
        "n0": ("f", (3,)),
        "n1": ("f", (3,)),
        "carrier": ("O", (3,)),
    }


def test_a_lopsided_x_is_named():
    one = {"at_us": [1], "id": ["a"], "entity": ["e"], "arm": ["l"], "fallback": [False], "score": [0.5]}
    frame = PredictionFrame(route="r", route_version=1, latency_us=[1], x={"n": bytes(12)}, **one)
    with pytest.raises(BadInput, match=r"PredictionFrame.x\['n'\]: want 1 rows, one an id, got 1.5"):
        check_frame(frame)
