"""The Open Inference Protocol, version 2, over HTTP: tensors in and out, as JSON, as bytes, or both.

With the header ``Inference-Header-Content-Length: N`` the first N bytes of the body are JSON, and the tensors that give
a ``binary_data_size`` follow behind them in order. A reply has the same form where a binary output is asked for.

Reference:
    kserve/open-inference-protocol, inference_rest.md; triton-inference-server/server, extension_binary_data.md.
"""

from itertools import chain
from typing import Any

import msgspec

from slipway.records.worker_config import WorkerConfig
from slipway.serving.answers import Encode
from slipway.serving.caller import Caller
from slipway.serving.decode import Asked
from slipway.serving.explain import NO_JSON, not_json
from slipway.serving.http_request import Request
from slipway.serving.once import refuse_twice
from slipway.serving.refusal import Refusal
from slipway.serving.v2_outputs import Outputs
from slipway.serving.v2_tensors import Tensor, TensorDecoder, from_raw, to_raw
from slipway.serving.waiting import Waiting

BINARY = "application/octet-stream"
"""Content type of a body that is not JSON alone."""
_HEADER = "inference-header-content-length"


class _InputParameters(msgspec.Struct, frozen=True):
    binary_data_size: int | None = None


class _Input(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: _InputParameters = _InputParameters()


class _OutputParameters(msgspec.Struct, frozen=True):
    binary_data: bool | None = None


class _Output(msgspec.Struct):
    name: str
    parameters: _OutputParameters = _OutputParameters()


class _Parameters(msgspec.Struct, frozen=True):
    binary_data_output: bool = False


class _Infer(msgspec.Struct):
    inputs: list[_Input]
    id: str = ""
    outputs: list[_Output] = []
    parameters: _Parameters = _Parameters()


_decode = msgspec.json.Decoder(_Infer).decode


class Infer:
    """Answers infer requests of one signature.

    Args:
        config: Facts of the data plane.
        tensors: Decodes tensors; shared with gRPC.
        outputs: Makes tensors; shared with gRPC.
    """

    def __init__(self, config: WorkerConfig, *, tensors: TensorDecoder, outputs: Outputs) -> None:
        self._route, self._tensors, self._outputs = config.route, tensors, outputs

    def read(self, request: Request, *, route_version: int) -> tuple[Caller, Asked, Encode]:
        """Return who gets the reply, the rows, and how to encode the answer.

        Raises:
            Refusal: 400; names the tensor, what was wanted, what came.
        """
        head, raw = _split(request)
        try:
            asked = _decode(head)
        except msgspec.ValidationError as error:
            wanted = "Open Inference Protocol v2"
            raise Refusal(400, "This is no infer request.", wanted=wanted, got=str(error)) from None
        except NO_JSON as error:
            raise not_json(error) from None
        refuse_twice(head, names=_names_in(asked))
        rows = self._tensors.decode(_tensors(asked.inputs, raw))
        names = self._outputs.chosen(output.name for output in asked.outputs)
        default = asked.parameters.binary_data_output
        own = {o.name: o.parameters.binary_data for o in asked.outputs}
        binary = {name for name in names if (default if own.get(name) is None else own[name])}
        told = {"model_name": self._route, "model_version": str(route_version)} | ({"id": asked.id} if asked.id else {})
        reply = _Reply(request, told, self._outputs, names, binary)
        return reply if binary else request, rows, reply.encode


class _Reply:
    """One reply: encodes the answer, and tells in the header where the JSON ends."""

    def __init__(
        self, request: Request, told: dict[str, Any], outputs: Outputs, names: tuple[str, ...], binary: set[str]
    ) -> None:
        self._request, self._told, self._outputs, self._names, self._binary = request, told, outputs, names, binary
        self._head_bytes = 0

    def encode(self, w: Waiting) -> bytes:
        outputs, tail = [], []
        for output in self._outputs.of(w, names=self._names):
            told: dict[str, Any] = {"name": output.name, "datatype": output.datatype, "shape": [len(output.values)]}
            outputs.append(told)
            if output.name in self._binary:
                tail.append(to_raw(output.datatype, output.values))
                told["parameters"] = {"binary_data_size": len(tail[-1])}
            else:
                told["data"] = output.values
        head = msgspec.json.encode(self._told | {"outputs": outputs})
        self._head_bytes = len(head)
        return b"".join([head, *tail])

    def ok(self, body: bytes) -> None:
        self._request.reply(200, body, content_type=BINARY, headers=((_HEADER, str(self._head_bytes)),))

    def unlogged(self) -> None:
        self._request.unlogged()

    def refuse(self, refusal: Refusal) -> None:
        self._request.refuse(refusal)


def _split(request: Request) -> tuple[bytes, memoryview]:
    body, given = request.body, request.headers.get(_HEADER.encode())
    if given is None:
        return body, memoryview(b"")
    if not (given.isdigit() and len(given) < 10 and int(given) <= len(body)):
        wanted = f"the number of bytes that are JSON, at most {len(body)}"
        got = given.decode("latin-1")[:40] or "nothing"
        raise Refusal(400, "Inference-Header-Content-Length does not fit the body.", wanted=wanted, got=got)
    size = int(given)
    return body[:size], memoryview(body)[size:]


def _names_in(asked: _Infer) -> int:
    """Return how many names the JSON has at the least, each once in its object."""
    names = 1 + bool(asked.id) + bool(asked.outputs) + 2 * asked.parameters.binary_data_output + 4 * len(asked.inputs)
    names += sum(one.data is None for one in asked.inputs)  # parameters and binary_data_size instead of data
    return names + sum(1 if output.parameters.binary_data is None else 3 for output in asked.outputs)


def _tensors(inputs: list[_Input], raw: memoryview) -> list[Tensor]:
    tensors, at = [], 0
    for one in inputs:
        size = one.parameters.binary_data_size
        if (one.data is None) == (size is None):
            wanted = "data as JSON, or parameters.binary_data_size and the bytes behind the JSON"
            got = "neither" if size is None else "both"
            raise Refusal(400, f"inputs.{one.name}: where is its data?", wanted=wanted, got=got)
        if size is None:
            tensors.append(Tensor(one.name, one.datatype, one.shape, _flat(one.data or [])))
            continue
        if not 0 <= size <= len(raw) - at:
            got = f"{len(raw) - at} bytes left"
            raise Refusal(400, f"inputs.{one.name}: its bytes are not all there.", wanted=f"{size} bytes", got=got)
        tensors.append(from_raw(one.name, one.datatype, one.shape, raw=raw[at : at + size]))
        at += size
    if at < len(raw):
        wanted = f"{at} bytes behind the JSON"
        raise Refusal(400, "There are bytes that belong to no tensor.", wanted=wanted, got=f"{len(raw)}")
    return tensors


def _flat(data: list[Any]) -> list[Any]:
    if data and isinstance(data[0], list):
        return list(chain.from_iterable(v if isinstance(v, list) else [v] for v in data))
    return data
