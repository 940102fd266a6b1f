"""Models: what a graph may look like, and that a bad one never reaches the process that answers people."""

import asyncio
import hashlib

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from slipway.errors import Corrupt, NotFound, Refused
from slipway.records.arm import Arm, ArmKind, Device
from slipway.records.base import canonical
from slipway.records.examples import Examples
from slipway.records.field import Field, FieldKind
from slipway.records.model import Manifest, Signature
from slipway.records.task import TaskKind
from slipway.runtime.onnx import OnnxRuntime
from slipway.runtime.onnx_trial import TrialLimits, try_package
from slipway.runtime.onnx_wire import refuse_external_data
from slipway.runtime.package import EXAMPLES, load_package
from slipway.runtime.registry import ArmContext, open_arm
from slipway.storage.columns import encode_columns
from slipway.testing import models


class Blobs(dict):
    """Bytes by hash, unchecked, so that a test can put in what a real store would refuse."""

    def put(self, data):
        self[key := hashlib.sha256(data).hexdigest()] = data
        return key

    get = dict.__getitem__
    has = dict.__contains__


def graph(nodes, inputs, outputs, initializers=()):
    made = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def test_matrix_graph_gives_the_probability_of_class_one():
    (scores,) = [OnnxRuntime(models.matrix_graph(), signature=models.NUMBERS, name="m").score(
        {"a": np.array([5.0, -5.0]), "b": np.array([5.0, -5.0])}, rows=2)]  # fmt: skip
    assert scores[0] > 0.99
    assert scores[1] < 0.01


def test_regression_gives_the_number_itself():
    signature = Signature(fields=models.NUMBERS.fields, kind=TaskKind.REGRESSION)
    runtime = OnnxRuntime(models.regression_graph(), signature=signature, name="m")
    scores = runtime.score({"a": np.array([1.0, 100.0]), "b": np.array([2.0, 200.0])}, rows=2)
    np.testing.assert_allclose(scores, [3, 300], rtol=1e-5)


@pytest.mark.parametrize("shape", [[None], [None, 1]])
def test_one_score_a_row_in_either_layout(shape):
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    nodes = [helper.make_node("ReduceSum", ["x", "axes"], ["p"], keepdims=len(shape) - 1)]
    made = graph(nodes, [value("x", TensorProto.FLOAT, [None, 2])], [value("p", TensorProto.FLOAT, shape)], [axes])
    runtime = OnnxRuntime(made, signature=models.NUMBERS, name="m")
    assert runtime.score({"a": np.array([0.25, 0.5]), "b": np.array([0.5, 0.25])}, rows=2).tolist() == [0.75, 0.75]


def test_whole_numbers_know_no_nan_so_the_row_is_not_answered():
    nodes = [helper.make_node("Cast", ["k"], ["y"], to=TensorProto.FLOAT)]
    made = graph(nodes, [value("k", TensorProto.INT64, [None, 1])], [value("y", TensorProto.FLOAT, [None, 1])])
    signature = Signature(fields=(Field(name="k", kind=FieldKind.NUMBER),), kind=TaskKind.REGRESSION)
    scores = OnnxRuntime(made, signature=signature, name="m").score({"k": np.array([3.0, np.nan])}, rows=2)
    assert scores[0] == 3
    assert np.isnan(scores[1])


def test_a_missing_category_is_an_empty_string_to_the_graph():
    runtime = OnnxRuntime(models.mixed_graph(), signature=models.MIXED, name="m")
    columns = {"delay": np.zeros(2), "carrier": np.array([None, ""], object), "night": np.zeros(2)}
    none, empty = runtime.score(columns, rows=2)
    assert none == empty


@pytest.mark.parametrize(
    ("made", "signature", "says"),
    [
        (lambda: models.matrix_graph(zipmap=True), models.NUMBERS, "zipmap"),
        (models.mixed_graph, models.NUMBERS, "want one float matrix of 2 columns"),
        (models.matrix_graph, models.MIXED, "one [rows, 1] tensor"),
        (lambda: b"\x3a\x05abc", models.NUMBERS, "want an ONNX model"),
        (lambda: b"", models.NUMBERS, "ONNX Runtime"),
        (lambda: b"not a model at all", models.NUMBERS, "m: want"),
    ],
)
def test_graphs_that_do_not_fit(made, signature, says):
    with pytest.raises(Refused) as caught:
        OnnxRuntime(made(), signature=signature, name="m")
    assert says in str(caught.value)


def external(tensor):
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../etc/passwd"


@pytest.mark.parametrize("where", ["initializer", "constant", "branch"])
def test_external_data_is_refused_wherever_it_hides(where):
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], np.ones(1, np.float32).tobytes(), raw=True)
    x, y = value("x", TensorProto.FLOAT, [None, 1]), value("y", TensorProto.FLOAT, [None, 1])
    constant = helper.make_node("Constant", [], ["c"], value=tensor)
    if where == "branch":
        inner = helper.make_graph([constant], "inner", [], [value("c", TensorProto.FLOAT, [1])])
        nodes = [helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)]
    else:
        nodes = [constant, helper.make_node("Mul", ["x", "c"], ["y"])]
    model = onnx.load_from_string(graph(nodes, [x], [y], [tensor] if where == "initializer" else []))
    refuse_external_data(model.SerializeToString(), name="m")
    for found in {
        "initializer": lambda: model.graph.initializer,
        "constant": lambda: [model.graph.node[0].attribute[0].t],
        "branch": lambda: [model.graph.node[0].attribute[0].g.node[0].attribute[0].t],
    }[where]():
        external(found)
    with pytest.raises(Refused, match="external data"):
        refuse_external_data(model.SerializeToString(), name="m")


def stored(**changes):
    blobs = Blobs()
    package = models.store_package(
        blobs, models.matrix_graph(), signature=models.NUMBERS, batch=models.numbers_batch(8), **changes
    )
    return blobs, package


def open_model(blobs, package, signature=models.NUMBERS, tmp="."):
    async def run():
        context = ArmContext(signature=signature, blobs=blobs, root=tmp)
        return await open_arm(Arm(name="m", kind=ArmKind.MODEL, package=package), context=context)

    return asyncio.run(run())


def test_a_package_is_tried_and_opened():
    blobs, package = stored()
    runtime = open_model(blobs, package)
    assert runtime.score(models.numbers_batch(3), rows=3).shape == (3,)


def test_a_package_that_answers_differently_than_recorded_is_refused():
    blobs, package = stored(score=[0.123] * 8)
    with pytest.raises(Refused, match=r"want the recorded answer 0\.123"):
        open_model(blobs, package)


def test_a_package_without_examples_is_refused():
    blobs, package = stored(x={"a": b"", "b": b""}, score=[])
    with pytest.raises(Refused, match="at least one recorded example"):
        open_model(blobs, package)


def test_a_package_over_other_fields_is_refused():
    blobs, package = stored()
    with pytest.raises(Refused, match="also takes"):
        open_model(blobs, package, signature=models.MIXED)


def test_what_is_stored_under_the_id_must_be_that_manifest():
    blobs, package = stored()
    with pytest.raises(NotFound, match="no such package"):
        load_package(blobs, "0" * 64)
    with pytest.raises(Corrupt, match="want a manifest"):
        load_package(blobs, blobs.put(b"junk"))
    manifest = msgspec.msgpack.decode(blobs.get(package), type=Manifest)
    bare = msgspec.structs.replace(manifest, files={})
    with pytest.raises(Refused, match=r"want files model\.onnx"):
        load_package(blobs, blobs.put(msgspec.msgpack.encode(bare, order="sorted")))


def test_a_model_that_wants_more_than_its_limits_ends_in_the_child():
    blobs, package = stored()
    manifest, files = load_package(blobs, package)
    with pytest.raises(Refused, match=r"and 16 MB, got one that took \d+ MB"):
        asyncio.run(try_package(manifest, files, package=package, limits=TrialLimits(memory_bytes=1 << 24)))
    with pytest.raises(Refused, match=r"within 0\.01 s"):
        asyncio.run(try_package(manifest, files, package=package, limits=TrialLimits(wall_s=0.01)))


def test_the_trial_measures_what_the_model_takes():
    blobs, package = stored()
    manifest, files = load_package(blobs, package)
    usage = asyncio.run(try_package(manifest, files, package=package))
    assert 0 < usage.row_s < 0.005
    assert 0 <= usage.memory_bytes < 64 << 20
    runtime = open_model(blobs, package)
    assert runtime.at_once
    assert runtime.usage().row_s > 0


def test_a_graph_whose_rows_depend_on_each_other_is_refused():
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[0, 1], keepdims=0),
        helper.make_node("ReduceMean", ["x"], ["r"], axes=[1], keepdims=1),
        helper.make_node("Add", ["m", "r"], ["s"]),
        helper.make_node("Sigmoid", ["s"], ["p"]),
    ]
    made = graph(nodes, [value("x", TensorProto.FLOAT, [None, 2])], [value("p", TensorProto.FLOAT, [None, 1])])
    blobs = Blobs()
    package = models.store_package(blobs, made, signature=models.NUMBERS, batch=models.numbers_batch(8))
    with pytest.raises(Refused, match=r"want the recorded answer .* asked alone"):
        open_model(blobs, package)


def test_a_graph_for_one_number_of_rows_is_refused():
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    nodes = [helper.make_node("ReduceSum", ["x", "axes"], ["p"], keepdims=1)]
    made = graph(nodes, [value("x", TensorProto.FLOAT, [8, 2])], [value("p", TensorProto.FLOAT, [8, 1])], [axes])
    with pytest.raises(Refused, match="m: want a graph that takes any number of rows, got one for 8"):
        OnnxRuntime(made, signature=models.NUMBERS, name="m")


def test_a_gpu_that_is_not_there_is_told_and_the_cpu_answers():
    wanted = OnnxRuntime(models.matrix_graph(), signature=models.NUMBERS, name="m", device=Device.CUDA)
    assert wanted.usage().device == "cpu"
    assert "want device 'cuda', got an ONNX Runtime without it" in wanted.usage().note
    assert wanted.score(models.numbers_batch(3), rows=3).shape == (3,)
    for device in (Device.CPU, Device.AUTO):
        assert not OnnxRuntime(models.matrix_graph(), signature=models.NUMBERS, name="m", device=device).usage().note


def test_the_trial_and_the_worker_use_the_device_that_the_arm_asks_for():
    blobs, package = stored()

    async def run():
        context = ArmContext(signature=models.NUMBERS, blobs=blobs, root=None)
        arm = Arm(name="m", kind=ArmKind.MODEL, package=package, device=Device.CUDA)
        return (await open_arm(arm, context=context)).usage().note

    assert "want device 'cuda'" in asyncio.run(run())


@pytest.mark.faults
def test_a_model_that_hangs_on_its_examples_is_refused_in_time():
    blobs = Blobs()
    columns = {"a": np.array([0.0, 1e12]), "b": np.zeros(2)}
    package = models.store_package(
        blobs, models.looping_graph(), signature=models.NUMBERS, batch=models.numbers_batch(2)
    )
    manifest, files = load_package(blobs, package)
    files[EXAMPLES] = canonical(Examples(x=encode_columns(columns), score=[0.5, 0.5]))
    for limits, says in ((TrialLimits(wall_s=1.0), "within 1 s"), (TrialLimits(cpu_s=1), "1 s of processor time")):
        with pytest.raises(Refused, match=says):
            asyncio.run(try_package(manifest, files, package=package, limits=limits))
