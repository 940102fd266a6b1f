"""An arm that is somebody else's service, asked over HTTP in the Open Inference Protocol, version 2.

One batch is one request. Each field travels as one tensor of shape [rows, 1]: FP64 for numbers, BOOL for booleans,
BYTES for categories; a missing value is ``null``, since JSON has no NaN. Of the reply the output ``score`` counts, or
the only output if there is just one.

Reference:
    Open Inference Protocol, Required API, "Inference Request JSON Object" (kserve/open-inference-protocol).
"""

import math
from typing import Any

import httpx
import msgspec
import numpy as np

from slipway.errors import BadInput, DeadlineExceeded, Unavailable
from slipway.ports import Columns, Floats
from slipway.records.arm import Arm
from slipway.records.field import Field, FieldKind
from slipway.records.model import Signature
from slipway.records.task import TaskKind

_DATATYPES = {FieldKind.NUMBER: "FP64", FieldKind.BOOLEAN: "BOOL", FieldKind.CATEGORY: "BYTES"}


class _Output(msgspec.Struct):
    name: str
    data: list[float | None]
    shape: list[int] = []


class _Reply(msgspec.Struct):
    outputs: list[_Output]


_decode = msgspec.json.Decoder(_Reply).decode


class HttpRuntime:
    """Asks one remote system; connections are kept alive between batches.

    Args:
        arm: Arm of kind HTTP; its ``timeout_ms`` bounds one batch from sending to the last byte.
        signature: What is sent and what an answer may be.
        transport: Another way to carry requests, for tests of the protocol itself.
    """

    def __init__(self, arm: Arm, *, signature: Signature, transport: httpx.AsyncBaseTransport | None = None) -> None:
        url = httpx.URL(arm.url)
        if url.scheme not in ("http", "https") or not url.host:
            raise BadInput(
                f"arm {arm.name}: want an address such as 'http://127.0.0.1:9000/v2/models/old/infer', got '{arm.url}'."
            )
        self._arm, self._fields = arm, signature.fields
        self._binary = signature.kind is TaskKind.BINARY
        self._client = httpx.AsyncClient(
            timeout=arm.timeout_ms / 1000,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            transport=transport,
            trust_env=False,
        )

    async def predict(self, columns: Columns, *, rows: int) -> Floats:
        """Return the service's answers, shape (rows,), NaN where it answered ``null``.

        Raises:
            Unavailable: It refused, could not be reached, or answered something else than one score a row.
            DeadlineExceeded: It did not answer within ``timeout_ms``.
        """
        inputs = [_tensor(field, columns[field.name], rows) for field in self._fields]
        body = msgspec.json.encode({"inputs": inputs})
        try:
            reply = await self._client.post(self._arm.url, content=body, headers={"content-type": "application/json"})
        except httpx.TimeoutException:
            raise DeadlineExceeded(
                f"{self._arm.url}: want an answer within {self._arm.timeout_ms:g} ms, got none. "
                f"Raise arms.{self._arm.name}.timeout_ms or look at that service."
            ) from None
        except httpx.HTTPError as error:
            raise self._unavailable("an answer", f"{type(error).__name__} ({error})") from None
        if reply.status_code != 200:
            raise self._unavailable("status 200", f"{reply.status_code} {reply.text[:120]!r}")
        return self._scores(reply.content, rows)

    def _scores(self, content: bytes, rows: int) -> Floats:
        try:
            outputs = _decode(content).outputs
        except msgspec.DecodeError as error:
            raise self._unavailable(
                "outputs of the Open Inference Protocol v2 with finite numbers", f"{content[:80]!r} ({error})"
            ) from None
        named = [o for o in outputs if o.name == "score"] or outputs
        if len(named) != 1:
            raise self._unavailable("one output, or one named 'score'", f"{[o.name for o in outputs]}")
        output = named[0]
        if len(output.data) != rows or (output.shape and math.prod(output.shape) != rows):
            raise self._unavailable(f"{rows} scores", f"{len(output.data)} with shape {output.shape}")
        scores = np.array(output.data, np.float64)
        if self._binary and ((scores < 0) | (scores > 1)).any():
            raise self._unavailable("scores in [0, 1]", f"{np.nanmin(scores):g} to {np.nanmax(scores):g}")
        return scores

    def _unavailable(self, wanted: str, got: str) -> Unavailable:
        return Unavailable(f"{self._arm.url}: want {wanted}, got {got}. Ask that service's owner, or route around it.")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _tensor(field: Field, column: Any, rows: int) -> dict[str, Any]:
    if field.kind is FieldKind.CATEGORY:
        data = list(column)
    elif field.kind is FieldKind.BOOLEAN:
        data = [None if math.isnan(v) else bool(v) for v in column.tolist()]
    else:
        data = [None if math.isnan(v) else v for v in column.tolist()]
    return {"name": field.name, "shape": [rows, 1], "datatype": _DATATYPES[field.kind], "data": data}
