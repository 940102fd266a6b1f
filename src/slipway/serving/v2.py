"""The Open Inference Protocol, version 2, over the same engine: tensors by field name in, tensors out.

Reference:
    kserve/open-inference-protocol, inference_rest.md.
"""

from importlib.metadata import version
from itertools import chain
from typing import Any

import msgspec

from slipway.records.field import FieldKind
from slipway.records.route import Route
from slipway.records.task import TaskKind
from slipway.records.worker_config import WorkerConfig
from slipway.serving.answers import Encode
from slipway.serving.decode import Asked, RowDecoder
from slipway.serving.explain import not_json
from slipway.serving.refusal import Refusal
from slipway.serving.waiting import Waiting

_NUMBERS = {"FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8", "UINT64", "UINT32", "UINT16", "UINT8"}
_DATATYPES = {FieldKind.NUMBER: _NUMBERS, FieldKind.BOOLEAN: {"BOOL"}, FieldKind.CATEGORY: {"BYTES"}}
_TOLD = {FieldKind.NUMBER: "FP64", FieldKind.BOOLEAN: "BOOL", FieldKind.CATEGORY: "BYTES"}


class _Tensor(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


class _Infer(msgspec.Struct):
    inputs: list[_Tensor]
    id: str = ""


_decode = msgspec.json.Decoder(_Infer).decode


def decode_infer(body: bytes, *, config: WorkerConfig, decoder: RowDecoder) -> tuple[Asked, str]:
    """Return the rows of an infer request, and the id that the caller gave it.

    Each field, the entity and, if wanted, the prediction id is one tensor of shape [rows] or [rows, 1].

    Raises:
        Refusal: 400; names the tensor, what was wanted, what came.
    """
    try:
        asked = _decode(body)
    except msgspec.ValidationError as error:
        raise Refusal(400, "This is no infer request.", wanted="Open Inference Protocol v2", got=str(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise not_json(error) from None
    kinds = {f.name: f.kind for f in config.signature.fields}
    columns = {t.name: _values(t, kinds.get(t.name)) for t in asked.inputs}
    lengths = {name: len(values) for name, values in columns.items()}
    if len(columns) < len(asked.inputs) or len(set(lengths.values())) != 1:
        raise Refusal(400, "inputs: tensors do not match.", wanted="one a name, all of as many rows", got=str(lengths))
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return decoder.convert(rows), asked.id


def encode_infer(config: WorkerConfig, *, request_id: str, route_version: int) -> Encode:
    """Return how to encode the answer: tensors ``score``, ``label`` (binary), ``arm``, ``fallback`` and ``id``."""
    threshold = config.signature.threshold if config.signature.kind is TaskKind.BINARY else None

    def encode(w: Waiting) -> bytes:
        labels = [] if threshold is None else [("label", "INT64", [int(s >= threshold) for s in w.score])]
        told: list[tuple[str, str, list[Any]]] = [("score", "FP64", w.score), *labels]
        told += [("arm", "BYTES", w.arm), ("fallback", "BOOL", w.fallback), ("id", "BYTES", w.ids)]
        outputs = [{"name": n, "datatype": d, "shape": [len(v)], "data": v} for n, d, v in told]
        reply = {"model_name": config.route, "model_version": str(route_version), "outputs": outputs}
        return msgspec.json.encode(reply | ({"id": request_id} if request_id else {}))

    return encode


def server_metadata() -> bytes:
    """Return the body of ``GET /v2``."""
    return msgspec.json.encode({"name": "slipway", "version": version("slipway"), "extensions": []})


def model_metadata(config: WorkerConfig, route: Route) -> bytes:
    """Return the body of ``GET /v2/models/{route}``."""
    inputs = [{"name": f.name, "datatype": _TOLD[f.kind], "shape": [-1, 1]} for f in config.signature.fields]
    if config.entity not in {f.name for f in config.signature.fields}:
        inputs.append({"name": config.entity, "datatype": "BYTES", "shape": [-1, 1]})
    outputs = [{"name": "score", "datatype": "FP64", "shape": [-1]}]
    if config.signature.kind is TaskKind.BINARY:
        outputs.append({"name": "label", "datatype": "INT64", "shape": [-1]})
    outputs += [
        {"name": n, "datatype": d, "shape": [-1]} for n, d in (("arm", "BYTES"), ("fallback", "BOOL"), ("id", "BYTES"))
    ]
    body = {"name": route.name, "versions": [str(route.version)], "platform": "slipway", "inputs": inputs}
    return msgspec.json.encode(body | {"outputs": outputs})


def _values(tensor: _Tensor, kind: FieldKind | None) -> list[Any]:
    if tensor.data is None:
        hint = "Binary tensors are not spoken here; in tritonclient set binary_data=False."
        raise Refusal(400, f"inputs.{tensor.name}: no data.", wanted="data as JSON", got="none", hint=hint)
    data = tensor.data
    if data and isinstance(data[0], list):
        data = list(chain.from_iterable(v if isinstance(v, list) else [v] for v in data))
    shape = tensor.shape
    if not (len(shape) in (1, 2) and shape[0] == len(data) and shape[1:] in ([], [1])):
        wanted = f"shape [{len(data)}] or [{len(data)}, 1] for {len(data)} values"
        raise Refusal(400, f"inputs.{tensor.name}: shape and data differ.", wanted=wanted, got=f"shape {shape}")
    if kind is not None and tensor.datatype not in _DATATYPES[kind]:
        wanted = f"datatype {' or '.join(sorted(_DATATYPES[kind]))} for a {kind}"
        raise Refusal(400, f"inputs.{tensor.name}: another datatype.", wanted=wanted, got=tensor.datatype)
    return data
