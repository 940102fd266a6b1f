"""Infer requests and answers as messages of the Open Inference Protocol: typed contents, or raw bytes. Pure."""

from typing import Any

from slipway.serving.answers import Encode
from slipway.serving.grpc_messages import DecodeError, message
from slipway.serving.refusal import Refusal
from slipway.serving.v2_outputs import Outputs
from slipway.serving.v2_tensors import Tensor, from_raw, to_raw
from slipway.serving.waiting import Waiting

_CONTENTS = {
    "BOOL": "bool_contents", "BYTES": "bytes_contents", "FP32": "fp32_contents", "FP64": "fp64_contents",
    "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents", "INT64": "int64_contents",
    "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents", "UINT64": "uint64_contents",
}  # fmt: skip


def decode(name: str, *, data: bytes) -> Any:
    """Return the message of that name.

    Raises:
        Refusal: 400; the bytes are none.
    """
    try:
        return message(name).FromString(data)
    except DecodeError as error:
        raise Refusal(400, f"These bytes are no {name}.", wanted=f"inference.{name}", got=str(error)[:200]) from None


def tensors_of(request: Any) -> list[Tensor]:
    """Return the inputs of a ModelInferRequest.

    Raises:
        Refusal: 400; the contents are missing, are there twice, or do not fit the datatype.
    """
    inputs, raw = request.inputs, request.raw_input_contents
    if not raw:
        return [_typed(one) for one in inputs]
    if len(raw) != len(inputs):
        wanted = f"{len(inputs)}, one an input"
        raise Refusal(400, "raw_input_contents: another number of tensors.", wanted=wanted, got=str(len(raw)))
    if odd := [one.name for one in inputs if one.HasField("contents")]:
        raise Refusal(400, f"inputs.{odd[0]}: comes twice.", wanted="raw_input_contents or contents", got="both")
    return [from_raw(i.name, i.datatype, i.shape, raw=data) for i, data in zip(inputs, raw, strict=True)]


def encoder(request: Any, *, route: str, route_version: int, outputs: Outputs) -> Encode:
    """Return how to encode the answer to a ModelInferRequest: raw bytes where it came so, else typed contents.

    Raises:
        Refusal: 400; an output is asked for that there is not.
    """
    names = outputs.chosen(output.name for output in request.outputs)
    raw = bool(request.raw_input_contents)

    def encode(w: Waiting) -> bytes:
        reply = message("ModelInferResponse")(model_name=route, model_version=str(route_version), id=request.id)
        for name, datatype, values in outputs.of(w, names=names):
            told = reply.outputs.add(name=name, datatype=datatype, shape=[len(values)])
            if raw:
                reply.raw_output_contents.append(to_raw(datatype, values))
            else:
                content = [v.encode() for v in values] if datatype == "BYTES" else values
                getattr(told.contents, _CONTENTS[datatype]).extend(content)
        data: bytes = reply.SerializeToString()
        return data

    return encode


def _typed(one: Any) -> Tensor:
    kind = _CONTENTS.get(one.datatype)
    if kind is None:
        hint = "FP16 has no typed contents; send it as raw_input_contents." if one.datatype == "FP16" else ""
        wanted = ", ".join(_CONTENTS)
        raise Refusal(400, f"inputs.{one.name}: unknown datatype.", wanted=wanted, got=one.datatype, hint=hint)
    if odd := [field.name for field, _ in one.contents.ListFields() if field.name != kind]:
        raise Refusal(400, f"inputs.{one.name}: contents of another datatype.", wanted=kind, got=odd[0])
    values: list[Any] = list(getattr(one.contents, kind))
    if one.datatype == "BYTES":
        try:
            values = [value.decode() for value in values]
        except UnicodeDecodeError as error:
            raise Refusal(400, f"inputs.{one.name}: this is no text.", wanted="UTF-8", got=str(error)) from None
    return Tensor(one.name, one.datatype, one.shape, values)
