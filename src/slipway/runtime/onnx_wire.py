"""Does an ONNX file refer to data outside itself? Told from its bytes, before anything loads it.

A tensor may keep its values in another file (``external_data``), whose path the file's author chooses: loading such
a model reads that path. A package is one file whose hash is checked, so external data is refused.

The walk follows the protobuf wire format through every message of ``onnx.proto`` that can hold a tensor.

Reference:
    protobuf.dev, "Encoding"; onnx/onnx.proto (field numbers below).
"""

from collections.abc import Iterator

from slipway.errors import Refused

_TENSOR = "tensor"
_HOLDS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: _TENSOR, 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: _TENSOR, 6: "graph", 10: _TENSOR, 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: _TENSOR, 2: _TENSOR},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_DEEPEST = 64


def refuse_external_data(model: bytes, *, name: str) -> None:
    """Return if the model keeps all its values in itself.

    Raises:
        Refused: A tensor points outside, or the bytes are no protobuf message at all.

    >>> refuse_external_data(bytes.fromhex("3a00"), name="empty graph")
    """
    try:
        outside = _points_outside(memoryview(model), "model", 0)
    except (IndexError, ValueError) as error:
        raise Refused(f"{name}: want an ONNX model, got other bytes ({error}). Package the model again.") from None
    if outside:
        raise Refused(
            f"{name}: want a model that keeps its weights in itself, got one with external data. "
            "Save it with onnx.save(model, path, save_as_external_data=False) and package it again."
        )


def _points_outside(data: memoryview, message: str, depth: int) -> bool:
    if depth > _DEEPEST:
        raise ValueError(f"nested deeper than {_DEEPEST}")
    holds = _HOLDS.get(message, {})
    for number, value in _fields(data):
        if message == _TENSOR:
            if number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0):
                return True
        elif number in holds and isinstance(value, memoryview) and _points_outside(value, holds[number], depth + 1):
            return True
    return False


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if at + size > end:
            raise ValueError(f"{size} bytes wanted at byte {at}, {end - at} left")
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError(f"number too long at byte {at}")
