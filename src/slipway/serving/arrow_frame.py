"""How large an Arrow stream says it is, read from its metadata before anything is made of it. Pure.

A few bytes can claim a billion rows (a column of nulls has no buffer at all), buffers that lie outside the body, or
compressed buffers of any size. Whoever believes them allocates, and an allocation that fails ends the process with all
its callers. So the claims are added up first, with nothing but bounds-checked reads; what passes can be as large in
memory as it is on the wire, and no larger.

Reference:
    arrow.apache.org, "Arrow Columnar Format", sections "Encapsulated message format" and "Serialization and IPC";
    flatbuffers.dev, "Internals".
"""

import struct
from typing import NamedTuple

from slipway.serving.refusal import Refusal

_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_CONTINUES = 0xFFFFFFFF


class _Table(NamedTuple):
    """A table of a flatbuffer: where it is, and where it says its fields are."""

    data: memoryview
    at: int

    def field(self, index: int) -> int | None:
        """Return the place of a field, or None where it is left out."""
        vtable = self.at - _read("<i", self.data, self.at)
        slot = 4 + 2 * index
        if slot >= _read("<H", self.data, vtable):
            return None
        offset = _read("<H", self.data, vtable + slot)
        return self.at + offset if offset else None

    def number(self, index: int, form: str, *, default: int = 0) -> int:
        at = self.field(index)
        return default if at is None else _read(form, self.data, at)

    def table(self, index: int) -> "_Table | None":
        at = self.field(index)
        return None if at is None else _Table(self.data, at + _read("<I", self.data, at))

    def pairs(self, index: int) -> list[tuple[int, int]]:
        """Return a vector of structs of two 64-bit numbers each."""
        at = self.field(index)
        if at is None:
            return []
        start = at + _read("<I", self.data, at)
        count = _read("<I", self.data, start)
        if start + 4 + 16 * count > len(self.data):
            raise _Torn
        numbers = struct.unpack_from(f"<{2 * count}q", self.data, start + 4)
        return list(zip(numbers[::2], numbers[1::2], strict=True))


class _Torn(Exception):
    """The bytes are not what they claim to be."""


def check_stream(body: bytes, *, most_rows: int) -> None:
    """Return if a stream claims no more than it holds.

    Args:
        body: An Arrow IPC stream.
        most_rows: Rows that it may have.

    Raises:
        Refusal: 400, no such stream, or a compressed one; 413, too many rows.
    """
    data, at, rows = memoryview(body), 0, 0
    try:
        while (message := _next(data, at)) is not None:
            header, payload, at = message
            rows += _rows(header, payload)
            if rows > most_rows:
                hint = "Send them in several requests, or score the file with 'slipway batch'."
                wanted = f"at most {most_rows} rows"
                raise Refusal(413, "These are too many rows for one request.", wanted=wanted, got="more", hint=hint)
    except (_Torn, struct.error, OverflowError):
        raise no_stream("bytes that do not add up") from None
    if at == 0:
        raise no_stream("nothing")


def no_stream(got: str) -> Refusal:
    """Say that a body is no Arrow stream."""
    return Refusal(
        400,
        "The body is no Arrow stream.",
        wanted="an Arrow IPC stream (not a file), uncompressed",
        got=got[:200],
        hint="With polars: table.write_ipc_stream(file, compression='uncompressed').",
    )


def _next(data: memoryview, at: int) -> tuple[_Table, memoryview, int] | None:
    """Return the next message, its body, and where the one behind it begins; None at the end."""
    if at == len(data):
        return None
    marker, size = _read("<I", data, at), _read("<i", data, at + 4)
    if marker != _CONTINUES or size < 0 or at + 8 + size > len(data):
        raise _Torn
    if size == 0:
        return None
    metadata = data[at + 8 : at + 8 + size]
    message = _Table(metadata, _read("<I", metadata, 0))
    length, start = message.number(3, "<q"), at + 8 + size
    if not 0 <= length <= len(data) - start:
        raise _Torn
    return message, data[start : start + length], start + length


def _rows(message: _Table, payload: memoryview) -> int:
    kind, header = message.number(1, "<B"), message.table(2)
    if kind not in (_SCHEMA, _DICTIONARY, _RECORDS) or header is None:
        raise _Torn
    if kind == _SCHEMA:
        return 0
    batch = header.table(1) if kind == _DICTIONARY else header
    if batch is None:
        raise _Torn
    if batch.field(3) is not None:
        raise no_stream("compressed buffers")
    length = batch.number(0, "<q")
    for start, size in batch.pairs(2):
        if not 0 <= start <= start + size <= len(payload) or size < 0:
            raise _Torn
    if not 0 <= length <= (len(payload) if kind == _DICTIONARY else length):
        raise _Torn
    for count, nulls in batch.pairs(1):
        if not 0 <= nulls <= count <= length:
            raise _Torn
    return length if kind == _RECORDS else 0


def _read(form: str, data: memoryview, at: int) -> int:
    if at < 0:
        raise _Torn
    number: int = struct.unpack_from(form, data, at)[0]
    return number
