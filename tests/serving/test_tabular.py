"""Columns and tensors mean what the same rows mean as JSON objects; their faults are told in the same words."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.runtime.batch import BatchPlan
from slipway.serving.decode import RowDecoder
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import ColumnDecoder
from slipway.serving.v2_tensors import Tensor, TensorDecoder, from_raw, to_raw

SIGNATURE = Signature(
    kind=TaskKind.BINARY,
    fields=(
        Field(name="a", kind=FieldKind.NUMBER, low=0, high=10, required=True),
        Field(name="c", kind=FieldKind.CATEGORY, values=("Cork", "Galway")),
        Field(name="n", kind=FieldKind.NUMBER),
        Field(name="t", kind=FieldKind.CATEGORY, required=True),
        Field(name="d", kind=FieldKind.BOOLEAN),
    ),
)
PLAIN = Signature(
    kind=TaskKind.BINARY,
    fields=tuple(Field(name=n, kind=FieldKind.NUMBER) for n in "abc"),
)
BY_ROW = RowDecoder(SIGNATURE, entity="user")
BY_COLUMN = ColumnDecoder(SIGNATURE, entity="user", id_name="id")
PLAN = BatchPlan(SIGNATURE.fields)

values = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 12), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["Cork", "Galway", "Sligo", ""]), st.just(10**400),
)  # fmt: skip
fitting = st.fixed_dictionaries(
    {
        "a": st.floats(0, 10),
        "c": st.sampled_from(["Cork", "Galway", None]),
        "n": st.one_of(st.none(), st.integers(-5, 5), st.floats(-1e300, 1e300)),
        "t": st.text(max_size=5),
        "d": st.sampled_from([True, False, None]),
        "user": st.one_of(st.text(min_size=1, max_size=5), st.integers(0, 99)),
    }
)
wrong = st.fixed_dictionaries({}, optional=dict.fromkeys(("a", "c", "n", "t", "d", "user", "id"), values))


def outcome(decode):
    try:
        asked = decode()
    except Refusal as refusal:
        return refusal.status
    batch = PLAN.of(asked.rows) if asked.batch is None else asked.batch
    columns = {n: column.astype(str).tolist() for n, column in batch.items()}
    return columns, asked.entities, asked.ids


@given(st.lists(st.one_of(fitting, fitting, wrong), min_size=1, max_size=4))
def test_columns_and_rows_are_taken_or_refused_alike(rows):
    names = {name for row in rows for name in row}
    columns = {name: [row.get(name) for row in rows] for name in names}
    assert outcome(lambda: BY_COLUMN.decode(columns, rows=len(rows))) == outcome(lambda: BY_ROW.convert(rows))


@given(st.lists(fitting, min_size=1, max_size=4), st.integers(0, 3), wrong)
def test_what_is_wrong_with_a_column_is_said_as_of_a_row(rows, at, odd):
    rows = [*rows[:at], rows[0] | odd, *rows[at:]]
    names = {name for row in rows for name in row}
    rows = [{name: row.get(name) for name in names} for row in rows]
    told = []
    columns = {name: [row[name] for row in rows] for name in names}
    for decode in (lambda: BY_ROW.convert(rows), lambda: BY_COLUMN.decode(columns, rows=len(rows))):
        try:
            decode()
            told.append(None)
        except Refusal as refusal:
            told.append(msgspec.json.encode(refusal.body))
    assert told[0] == told[1]


def test_arrays_are_taken_as_they_are():
    asked = BY_COLUMN.decode(
        {"a": np.array([1, 2], np.int8), "n": np.array([math.nan, 2], np.float16), "t": ["x", "y"],
         "d": np.array([True, False]), "user": np.array([7, 8], np.uint64)},
        rows=2,
    )  # fmt: skip
    assert asked.batch["a"].tolist() == [1, 2]
    assert np.isnan(asked.batch["n"]).tolist() == [True, False]
    assert asked.batch["d"].tolist() == [1, 0]
    assert asked.entities == ["7", "8"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"a": np.array([1, math.nan])}, "rows[1].a: this field is required"),
        ({"a": np.array([1, math.inf])}, "rows[1].a: this value does not fit"),
        ({"a": np.array([True, False])}, "rows[0].a: this value does not fit"),
        ({"n": np.array([-math.inf, 1])}, "rows[0].n: this value does not fit"),
        ({"d": np.array([0.0, 1.0])}, "rows[0].d"),
        ({"t": np.array([1, 2])}, "rows[0].t"),
        ({"user": np.array([1.5, 2.5])}, "user: the entity is missing"),
        ({"user": ["u", "x" * 257]}, "rows[1].user"),
        ({"id": ["p", "p"]}, "two rows have the same"),
        ({"aa": [1, 2]}, "Did you mean 'a'?"),
    ],
)
def test_arrays_that_do_not_fit(changed, says):
    columns = {"a": np.array([1.0, 2.0]), "t": ["x", "y"], "user": ["u", "v"]} | changed
    with pytest.raises(Refusal) as caught:
        BY_COLUMN.decode(columns, rows=2)
    assert says in caught.value.body.error + caught.value.body.hint


def test_a_matrix_of_all_fields():
    decoder = TensorDecoder(PLAIN, entity="user", id_name="id")
    matrix = np.arange(6, dtype="<f4")
    users = from_raw("user", "BYTES", [2, 1], raw=to_raw("BYTES", ["u", "v"]))
    for x in (
        from_raw("input-0", "FP32", [2, 3], raw=matrix.tobytes()),
        Tensor("x", "FP64", [2, 3], matrix.tolist()),
        Tensor("x", "FP64", [2, 3], [0, 1.0, 2, 3.0, 4, 5]),
    ):
        asked = decoder.decode([x, users])
        assert asked.batch.block.tolist() == [[0, 1, 2], [3, 4, 5]]
        assert asked.entities == ["u", "v"]


def test_a_matrix_may_hold_the_entity_and_what_is_missing_and_huge_but_nothing_infinite():
    decoder = TensorDecoder(PLAIN, entity="b", id_name="id")
    asked = decoder.decode([Tensor("x", "FP64", [2, 3], np.array([1e200, 7.0, np.nan, 2.0, 8.5, -1e300]))])
    assert asked.entities == ["7", "8.5"]
    assert asked.batch["c"].tolist() == [pytest.approx(math.nan, nan_ok=True), -1e300]
    for position, says in ((3, "rows[1].a: this value does not fit"), (4, "rows[1].b")):
        values = np.arange(6.0)
        values[position] = -math.inf if position == 3 else math.nan
        with pytest.raises(Refusal) as caught:
            decoder.decode([Tensor("x", "FP64", [2, 3], values)])
        assert says in str(caught.value)
    with pytest.raises(Refusal, match=r"inputs\.a: comes twice"):
        decoder.decode([Tensor("x", "FP64", [1, 3], np.ones(3)), Tensor("a", "FP64", [1], [1.0])])


@pytest.mark.parametrize(
    ("signature", "tensor", "says"),
    [
        (PLAIN, Tensor("x", "FP32", [1, 2], [1.0, 2.0]), "shape [1, 3], columns a, b, c"),
        (PLAIN, Tensor("x", "BYTES", [1, 3], ["1", "2", "3"]), "datatype"),
        (PLAIN, Tensor("x", "FP32", [1, 3], [1.0, 2.0]), "shape and data differ"),
        (PLAIN, Tensor("a", "FP32", [1, 3], [1.0, 2.0, 3.0]), "shape [1] or [1, 1]"),
        (PLAIN, Tensor("a", "FP32", [-1, -1], [1.0]), "shape and data differ"),
        (PLAIN, Tensor("a", "FP32", [], [1.0]), "shape and data differ"),
        (PLAIN, Tensor("a", "FP32", [1, 1, 1], [1.0]), "shape [1] or [1, 1]"),
        (PLAIN, Tensor("x", "FP64", [1, 3], [1.0, True, 0.0]), "b: this value does not fit. want a number, got true"),
        (
            PLAIN,
            Tensor("x", "FP64", [1, 3], [1.0, False, None]),
            "b: this value does not fit. want a number, got false",
        ),
        (
            PLAIN,
            Tensor("x", "FP64", [1, 3], [1.0, 10**400, 0.0]),
            "b: this value does not fit. want a number, got 1000",
        ),
        (SIGNATURE, Tensor("x", "FP32", [1, 5], [1.0] * 5), "not all are numbers: a (number), c (category)"),
    ],
)
def test_tensors_that_do_not_fit(signature, tensor, says):
    with pytest.raises(Refusal) as caught:
        TensorDecoder(signature, entity="user", id_name="id").decode([tensor, Tensor("user", "BYTES", [1], ["u"])])
    assert says in str(caught.value)


@given(st.lists(st.text(max_size=9)))
def test_texts_come_back_from_their_bytes(texts):
    assert from_raw("c", "BYTES", [len(texts)], raw=to_raw("BYTES", texts)).values == texts


@given(st.sampled_from(["BYTES", "FP64", "FP16", "BOOL", "INT32"]), st.binary(max_size=40))
def test_any_bytes_are_a_tensor_or_refused(datatype, raw):
    try:
        values = from_raw("c", datatype, [1], raw=raw).values
    except Refusal:
        return
    assert len(to_raw(datatype, values)) == len(raw)


def test_an_entity_that_is_missing_is_told_with_its_row():
    fits = {"a": 1.0, "c": "Cork", "d": True, "t": "x", "user": ""}
    with pytest.raises(Refusal, match=r"rows\[0\]\.user: the entity is missing"):
        BY_COLUMN.decode({name: [value] for name, value in fits.items()}, rows=1)
