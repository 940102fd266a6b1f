"""Small real models, trained and packaged on the spot, for tests of whatever serves models. Needs slipway[train]."""

from typing import Any

import numpy as np

from slipway.ports import BlobStore, Columns
from slipway.records.base import canonical
from slipway.records.examples import Examples
from slipway.records.field import Field, FieldKind
from slipway.records.model import Manifest, Provenance, Signature
from slipway.records.task import TaskKind
from slipway.runtime.onnx import OnnxRuntime
from slipway.storage.columns import encode_columns

NUMBERS = Signature(
    fields=(Field(name="a", kind=FieldKind.NUMBER), Field(name="b", kind=FieldKind.NUMBER)), kind=TaskKind.BINARY
)
"""Two numbers; the models of :func:`matrix_graph` learn whether their sum is positive."""

MIXED = Signature(
    fields=(
        Field(name="delay", kind=FieldKind.NUMBER),
        Field(name="carrier", kind=FieldKind.CATEGORY),
        Field(name="night", kind=FieldKind.BOOLEAN),
    ),
    kind=TaskKind.BINARY,
)
"""A number, a category and a boolean, as the flights of the example have them."""


def matrix_graph(*, seed: int = 0, zipmap: bool = False) -> bytes:
    """Return a logistic regression over one float matrix of two columns as an ONNX file."""
    from skl2onnx import to_onnx  # noqa: PLC0415 - an extra
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    x = np.random.default_rng(seed).normal(size=(200, 2)).astype(np.float32)
    model = LogisticRegression(C=1.0 + seed).fit(x, x.sum(axis=1) > 0)
    return _bytes(to_onnx(model, x[:1], options={"zipmap": zipmap}))


def regression_graph(*, seed: int = 0) -> bytes:
    """Return a linear regression of ``a + b`` over one float matrix of two columns as an ONNX file."""
    from skl2onnx import to_onnx  # noqa: PLC0415 - an extra
    from sklearn.linear_model import LinearRegression  # noqa: PLC0415

    x = np.random.default_rng(seed).normal(size=(200, 2)).astype(np.float32)
    return _bytes(to_onnx(LinearRegression().fit(x, x.sum(axis=1)), x[:1]))


def mixed_graph(*, seed: int = 0) -> bytes:
    """Return a pipeline with one-hot carriers over one tensor a field as an ONNX file."""
    import polars as pl  # noqa: PLC0415 - only here
    from skl2onnx import convert_sklearn  # noqa: PLC0415 - an extra
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType  # noqa: PLC0415
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    carriers = rng.choice(["AA", "EV", "UA"], size=300)
    delay = rng.normal(10, 20, size=300)
    x = pl.DataFrame({"delay": delay, "carrier": carriers, "night": rng.integers(0, 2, 300).astype(float)})
    encode = ColumnTransformer([("text", OneHotEncoder(handle_unknown="ignore"), ["carrier"])], remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression(max_iter=500)).fit(x, (delay > 15) | (carriers == "EV"))
    kinds = [
        ("delay", FloatTensorType([None, 1])),
        ("carrier", StringTensorType([None, 1])),
        ("night", FloatTensorType([None, 1])),
    ]
    return _bytes(convert_sklearn(model, initial_types=kinds, options={id(model): {"zipmap": False}}))


def looping_graph() -> bytes:
    """Return an ONNX file over :data:`NUMBERS` that goes round a loop as often as the largest ``a`` of the batch says.

    It answers the logistic function of ``b``. A billion rounds take a quarter of an hour: this is a graph that hangs on
    some rows and is quick on others.
    """
    from onnx import TensorProto, helper  # noqa: PLC0415 - an extra

    value, number = helper.make_tensor_value_info, TensorProto.FLOAT
    state = value("s", number, [None, 1])
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["s"], ["out"])],
        "round",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), state],
        [value("on", TensorProto.BOOL, []), value("out", number, [None, 1])],
    )
    nodes = [
        helper.make_node("Gather", ["x", "first"], ["a"], axis=1),
        helper.make_node("ReduceMax", ["a"], ["most"], keepdims=0),
        helper.make_node("Cast", ["most"], ["rounds"], to=TensorProto.INT64),
        helper.make_node("Gather", ["x", "second"], ["b"], axis=1),
        helper.make_node("Loop", ["rounds", "yes", "b"], ["end"], body=body),
        helper.make_node("Mul", ["end", "nothing"], ["none"]),
        helper.make_node("Add", ["b", "none"], ["z"]),
        helper.make_node("Sigmoid", ["z"], ["score"]),
    ]
    made = helper.make_graph(
        nodes,
        "looping",
        [value("x", number, [None, 2])],
        [value("score", number, [None, 1])],
        [
            helper.make_tensor("first", TensorProto.INT64, [1], [0]),
            helper.make_tensor("second", TensorProto.INT64, [1], [1]),
            helper.make_tensor("nothing", number, [1], [0.0]),
            helper.make_tensor("yes", TensorProto.BOOL, [], [True]),
        ],
    )
    return _bytes(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))


def numbers_batch(rows: int) -> Columns:
    """Return rows for :data:`NUMBERS` that differ."""
    i = np.arange(rows, dtype=np.float64)
    return {"a": np.sin(i) * 3, "b": np.cos(i * 1.7) * 2}


def mixed_batch(rows: int) -> Columns:
    """Return rows for :data:`MIXED` that differ; every fifth carrier is missing, every seventh unknown."""
    i = np.arange(rows)
    carrier = np.empty(rows, object)
    carrier[:] = [None if k % 5 == 4 else "ZZ" if k % 7 == 6 else ("AA", "EV", "UA")[k % 3] for k in range(rows)]
    return {"delay": i * 3.7 - 10, "carrier": carrier, "night": (i % 2).astype(np.float64)}


def store_package(
    blobs: BlobStore, graph: bytes, *, signature: Signature, batch: Columns, name: str = "tiny", **changes: Any
) -> str:
    """Store a package whose recorded examples are the graph's own answers to the batch, and return its id.

    Args:
        blobs: Where to.
        graph: ONNX file.
        signature: What it takes and gives.
        batch: Rows to record.
        name: Name in the manifest.
        changes: Fields of :class:`Examples` to replace, to make a package that does not hold what it says.
    """
    rows = len(next(iter(batch.values())))
    scores = OnnxRuntime(graph, signature=signature, name=name).score(batch, rows=rows).tolist()
    examples = Examples(**{"x": encode_columns(batch), "score": scores} | changes)
    files = {"model.onnx": blobs.put(graph), "examples.msgpack": blobs.put(canonical(examples))}
    manifest = Manifest(
        name=name,
        signature=signature,
        files=files,
        parity=0.0,
        parity_rows=rows,
        scores=(),
        provenance=Provenance(),
        created_us=0,
    )
    return blobs.put(canonical(manifest))


def _bytes(model: Any) -> bytes:
    return bytes(model.SerializeToString())
