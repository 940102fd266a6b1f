"""Sorting rows changes no answer, and is done where a field leads through the trees."""

import numpy as np
import pytest
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier

from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.row_order import guide_of

NAMES = ("a", "b", "c")
SIGNATURE = Signature(kind=TaskKind.BINARY, fields=tuple(Field(name=n, kind=FieldKind.NUMBER) for n in NAMES))


@pytest.fixture(scope="module")
def trees():
    x = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
    model = GradientBoostingClassifier(n_estimators=5).fit(x, x[:, 1] > 0.3 * x[:, 2])
    return to_onnx(model, x[:1], options={"zipmap": False}).SerializeToString()


def columns_of(rows, *, seed=1):
    return dict(zip(NAMES, np.random.default_rng(seed).normal(size=(3, rows)), strict=True))


@pytest.mark.parametrize("rows", [1, 31, 32, 500])
def test_sorted_rows_get_the_answers_of_rows_as_they_came(trees, rows):
    columns = columns_of(rows)
    columns["b"][rows // 2] = np.nan  # a row without the guide is a row like any other
    plain = OnnxRuntime(trees, signature=SIGNATURE, name="plain").score(columns, rows=rows)
    guided = OnnxRuntime(trees, signature=SIGNATURE, name="guided", guide="b").score(columns, rows=rows)
    assert guided.tolist() == plain.tolist()


def test_a_guided_graph_is_asked_in_the_order_of_its_guide():
    """Found out with a graph that numbers its rows: ``CumSum`` of ones."""
    ones, places = helper.make_node("Sign", ["x"], ["ones"]), helper.make_node("CumSum", ["ones", "axis"], ["y"])
    signature = Signature(kind=TaskKind.REGRESSION, fields=(Field(name="x", kind=FieldKind.NUMBER),))
    made = helper.make_graph(
        [ones, places], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor("axis", TensorProto.INT64, [], [0])],
    )  # fmt: skip
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    runtime = OnnxRuntime(model, signature=signature, name="m", guide="x")
    assert runtime.score({"x": np.arange(40.0, 0.0, -1.0)}, rows=40).tolist() == list(range(40, 0, -1))


def test_the_guide_is_the_field_that_the_answer_goes_with_most(trees):
    columns = columns_of(64)
    scores = OnnxRuntime(trees, signature=SIGNATURE, name="m").score(columns, rows=64)
    assert guide_of(trees, columns, scores) == "b"
    assert guide_of(trees, columns | {"b": np.full(64, np.nan)}, scores) != "b"
    assert guide_of(trees, {"t": np.array(["x"] * 64, object)}, scores) is None
    assert guide_of(trees, columns, np.full(64, 0.5)) is None
    assert guide_of(trees, {n: c[:8] for n, c in columns.items()}, scores[:8]) is None
