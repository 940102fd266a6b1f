"""Tensors of the Open Inference Protocol as columns, by whichever wire they came: JSON, binary, gRPC.

A field is a tensor of shape [rows] or [rows, 1]. Where all fields are numbers they may also come as one matrix of shape
[rows, fields], columns in the signature's order, under any name that is not a field's.

Reference:
    kserve/open-inference-protocol, inference_rest.md, "Tensor Data Types"; Triton, extension_binary_data.md.
"""

import struct
from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from slipway.ports import Floats
from slipway.records.field import FieldKind
from slipway.records.misfit import Reason
from slipway.records.model import Signature
from slipway.serving.decode import Asked
from slipway.serving.refusal import Refusal
from slipway.serving.tabular import ColumnDecoder, Values

_SIGNS = {"": "i", "U": "u"}
_INTEGERS = {f"{s}INT{8 * n}": np.dtype(f"<{_SIGNS[s]}{n}") for s in _SIGNS for n in (1, 2, 4, 8)}
_FLOATS = {f"FP{8 * size}": np.dtype(f"<f{size}") for size in (2, 4, 8)}
_DTYPES = {"BOOL": np.dtype("?"), **_INTEGERS, **_FLOATS}
_NUMBERS = _DTYPES.keys() - {"BOOL"}
_FITS = {FieldKind.NUMBER: _NUMBERS, FieldKind.BOOLEAN: {"BOOL"}, FieldKind.CATEGORY: {"BYTES"}}
TOLD = {FieldKind.NUMBER: "FP64", FieldKind.BOOLEAN: "BOOL", FieldKind.CATEGORY: "BYTES"}
"""The datatype that the metadata names for each kind of field."""


class Tensor(NamedTuple):
    """One named tensor.

    Attributes:
        name: Name of a field, of the entity or of the prediction id; or of a matrix of all fields.
        datatype: Such as ``FP32``.
        shape: Its dimensions.
        values: Its elements in row-major order, in one dimension.
    """

    name: str
    datatype: str
    shape: Sequence[int]
    values: Values


class TensorDecoder:
    """Decodes tensors of one signature.

    Args:
        signature: Fields of X.
        entity: Name of the value that the assignment is keyed on.
        id_name: Name under which a caller may name predictions.
    """

    def __init__(self, signature: Signature, *, entity: str, id_name: str) -> None:
        self._columns = ColumnDecoder(signature, entity=entity, id_name=id_name)
        fields = signature.fields
        self._kinds = {f.name: f.kind for f in fields}
        self._reserved = {*self._kinds, entity, id_name}
        self._all_numbers = all(f.kind is FieldKind.NUMBER for f in fields)

    def decode(self, tensors: Iterable[Tensor]) -> Asked:
        """Return the rows of an infer request.

        Raises:
            Refusal: 400; names the tensor, what was wanted, what came.
        """
        columns: dict[str, Values] = {}
        lengths: dict[str, int] = {}
        matrix: Floats | None = None
        taken: set[str] = set()
        for tensor in tensors:
            lengths[tensor.name] = rows = _rows(tensor)
            if self._is_matrix(tensor):
                names = set(self._kinds)
                found, matrix = self._matrix(tensor, rows)
            else:
                names = {tensor.name}
                found = self._column(tensor)
            if twice := names & taken:
                raise Refusal(400, f"inputs.{min(twice)}: comes twice.", wanted="one tensor a name", got="two")
            taken |= names
            columns |= found
        if len(set(lengths.values())) != 1:
            raise Refusal(400, "inputs: tensors do not match.", wanted="all of as many rows", got=str(lengths)[:200])
        return self._columns.decode(columns, rows=next(iter(lengths.values())), matrix=matrix)

    def _is_matrix(self, tensor: Tensor) -> bool:
        return len(tensor.shape) == 2 and tensor.shape[1] > 1 and tensor.name not in self._reserved

    def _matrix(self, tensor: Tensor, rows: int) -> tuple[dict[str, Values], Floats | None]:
        """Return a matrix as it is or, where some of its values are no numbers, column by column."""
        width, name = len(self._kinds), tensor.name
        if not self._all_numbers:
            kinds = ", ".join(f"{field} ({kind})" for field, kind in self._kinds.items())
            wanted = f"one tensor a field, for not all are numbers: {kinds}"
            raise Refusal(400, f"inputs.{name}: no matrix fits these fields.", wanted=wanted, got="one matrix")
        if tensor.shape[1] != width:
            wanted = f"shape [{rows}, {width}], columns {', '.join(self._kinds)}"
            got = f"shape {list(tensor.shape)}"
            raise Refusal(400, f"inputs.{name}: another number of columns.", wanted=wanted, got=got)
        _check_datatype(tensor, FieldKind.NUMBER)
        values = tensor.values
        if not isinstance(values, np.ndarray):
            packed = _packed(values)
            if packed is None and not set(map(type, values)) <= {float, type(None)}:
                return {field: values[i::width] for i, field in enumerate(self._kinds)}, None
            values = values if packed is None else packed
        return {}, np.asarray(values, np.float64).reshape(rows, width)

    def _column(self, tensor: Tensor) -> dict[str, Values]:
        shape = list(tensor.shape)
        if not (len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)):
            wanted = f"shape [{shape[0]}] or [{shape[0]}, 1]"
            raise Refusal(400, f"inputs.{tensor.name}: another shape.", wanted=wanted, got=f"shape {shape}")
        if (kind := self._kinds.get(tensor.name)) is not None:
            _check_datatype(tensor, kind)
        return {tensor.name: tensor.values}


def from_raw(name: str, datatype: str, shape: Sequence[int], *, raw: bytes | memoryview) -> Tensor:
    r"""Return a tensor over the bytes of its elements, little end first.

    Raises:
        Refusal: 400; an unknown datatype, or other bytes than shape and datatype want.

    >>> from_raw("a", "FP32", [2], raw=bytes.fromhex("0000803f000000c0")).values.tolist()  # IEEE 754: 1 and -2
    [1.0, -2.0]
    >>> from_raw("c", "BYTES", [2], raw=b"\x02\0\0\0EV\0\0\0\0").values
    ['EV', '']
    """
    if datatype == "BYTES":
        return Tensor(name, datatype, shape, _texts(name, bytes(raw)))
    dtype = _DTYPES.get(datatype)
    if dtype is None:
        wanted = ", ".join([*_DTYPES, "BYTES"])
        raise Refusal(400, f"inputs.{name}: unknown datatype.", wanted=wanted, got=datatype or "an empty text")
    if len(raw) % dtype.itemsize:
        wanted = f"{dtype.itemsize} bytes an element"
        raise Refusal(400, f"inputs.{name}: a part of an element.", wanted=wanted, got=f"{len(raw)} bytes")
    if datatype == "BOOL":
        return Tensor(name, datatype, shape, np.frombuffer(raw, np.uint8) != 0)
    return Tensor(name, datatype, shape, np.frombuffer(raw, dtype))


def to_raw(datatype: str, values: Sequence[Any]) -> bytes:
    r"""Return the bytes of a tensor's elements.

    >>> to_raw("BYTES", ["EV"])
    b'\x02\x00\x00\x00EV'
    """
    if datatype == "BYTES":
        return b"".join(struct.pack("<I", len(data)) + data for data in (v.encode() for v in values))
    return np.asarray(values, _DTYPES[datatype]).tobytes()


def _packed(values: Sequence[Any]) -> Floats | None:
    """Return numbers out of JSON as an array, or None where not all of them are numbers.

    Packed first, for that is three times as fast as an array made of a list; and what packs is a number or a boolean,
    which then is 1 or 0. So only what equals 1 or 0 is asked for its type.

    >>> _packed([1.5, 2]), _packed([1.5, True]), _packed([1.5, None])
    (array([1.5, 2. ]), None, None)
    """
    try:
        packed = np.frombuffer(struct.pack(f"={len(values)}d", *values))
    except (struct.error, OverflowError):
        return None
    doubtful = np.flatnonzero((packed == 0) | (packed == 1)).tolist()
    return None if any(type(values[i]) is bool for i in doubtful) else packed


def _rows(tensor: Tensor) -> int:
    shape, count = tensor.shape, len(tensor.values)
    if not shape or min(shape) < 0 or prod(shape) != count:
        wanted = f"shape [{count}] or [{count}, 1] for {count} values"
        got = f"shape {list(shape)}"
        raise Refusal(400, f"inputs.{tensor.name}: shape and data differ.", wanted=wanted, got=got)
    return shape[0]


def _check_datatype(tensor: Tensor, kind: FieldKind) -> None:
    if tensor.datatype not in _FITS[kind]:
        wanted = f"datatype {' or '.join(sorted(_FITS[kind]))} for a {kind}"
        got = tensor.datatype or "an empty text"
        raise Refusal(
            400,
            f"inputs.{tensor.name}: another datatype.",
            wanted=wanted,
            got=got,
            misfit=(_reason(tensor.datatype), tensor.name),
            rows=max(1, tensor.shape[0]),
        )


def _reason(datatype: str) -> Reason:
    if datatype in _NUMBERS:
        return Reason.NUMBER
    return {"BYTES": Reason.TEXT, "BOOL": Reason.BOOLEAN}.get(datatype, Reason.OTHER)


def _texts(name: str, raw: bytes) -> list[str]:
    texts, at = [], 0
    while at < len(raw):
        if len(raw) - at < 4 or len(raw) - at - 4 < (length := int.from_bytes(raw[at : at + 4], "little")):
            wanted = "4 bytes of length before each text, little end first"
            raise Refusal(400, f"inputs.{name}: this is no text.", wanted=wanted, got=f"too few bytes after {at}")
        try:
            texts.append(raw[at + 4 : at + 4 + length].decode())
        except UnicodeDecodeError as error:
            raise Refusal(400, f"inputs.{name}: this is no text.", wanted="UTF-8", got=str(error)) from None
        at += 4 + length
    return texts
