"""Thrift's compact protocol, as far as a Parquet footer uses it: bytes to a tree and back. Pure.

A tree says nothing of what its fields mean, so whoever changes one of them leaves all others, those that are not known
here too, as they were.

Reference:
    Apache Thrift, "Thrift compact protocol" (doc/specs/thrift-compact-protocol.md).
"""

from typing import Any, NamedTuple

Tree = dict[int, "Field"]
"""A struct: number of a field to the field, in the order written."""

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 12
"""Types of fields."""

_WHOLE = (I16, I32, I64)
_LONG = 15


class Field(NamedTuple):
    """A value and its type.

    Attributes:
        type: One of the types above.
        value: A bool, an int, bytes (also for a double), a :class:`Items`, or a tree.
    """

    type: int
    value: Any


class Items(NamedTuple):
    """A list.

    Attributes:
        type: Of each item.
        values: The items.
    """

    type: int
    values: list[Any]


def read_struct(data: bytes) -> Tree:
    """Return a struct.

    Raises:
        ValueError: The bytes are none, or use a type that Parquet's footers do not.

    >>> read_struct(bytes.fromhex("1502160400"))  # field 1: i32 1; field 2: i64 2
    {1: Field(type=5, value=1), 2: Field(type=6, value=2)}
    """
    try:
        return _Reader(data).struct()
    except IndexError:
        raise ValueError("want a whole struct, got its beginning") from None


def write_struct(tree: Tree) -> bytes:
    """Return the bytes of a struct.

    >>> write_struct({1: Field(I32, 1), 2: Field(I64, 2)}).hex()
    '1502160400'
    """
    out = bytearray()
    _put_struct(out, tree)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def struct(self) -> Tree:
        found, number = Tree(), 0
        while head := self._byte():
            kind = head & 15
            number = number + (head >> 4) if head >> 4 else self._signed()
            found[number] = Field(kind, kind == TRUE if kind in (TRUE, FALSE) else self._value(kind))
        return found

    def _value(self, kind: int) -> Any:
        if kind in _WHOLE:
            return self._signed()
        if kind in (TRUE, FALSE, BYTE):  # in a list a bool takes a byte
            return self._byte()
        if kind in (DOUBLE, BINARY):
            return self._bytes(8 if kind == DOUBLE else self._varint())
        if kind == LIST:
            head = self._byte()
            length = head >> 4 if head >> 4 < _LONG else self._varint()
            return Items(head & 15, [self._value(head & 15) for _ in range(length)])
        if kind == STRUCT:
            return self.struct()
        raise ValueError(f"want a type of Thrift that Parquet uses, got {kind}")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _bytes(self, length: int) -> bytes:
        self._at += length
        if self._at > len(self._data):
            raise IndexError
        return self._data[self._at - length : self._at]

    def _varint(self) -> int:
        found = shift = 0
        while (byte := self._byte()) & 128:
            found |= (byte & 127) << shift
            shift += 7
        return found | byte << shift

    def _signed(self) -> int:
        number = self._varint()
        return number >> 1 ^ -(number & 1)


def _put_struct(out: bytearray, tree: Tree) -> None:
    before = 0
    for number, (kind, value) in tree.items():
        told = (TRUE if value else FALSE) if kind in (TRUE, FALSE) else kind
        step = number - before
        if 0 < step <= 15:
            out.append(step << 4 | told)
        else:
            out.append(told)
            _put_signed(out, number)
        if kind not in (TRUE, FALSE):
            _put(out, kind, value)
        before = number
    out.append(0)


def _put(out: bytearray, kind: int, value: Any) -> None:
    if kind in _WHOLE:
        _put_signed(out, value)
    elif kind in (TRUE, FALSE, BYTE):
        out.append(value)
    elif kind == STRUCT:
        _put_struct(out, value)
    elif kind == LIST:
        out.append(min(len(value.values), _LONG) << 4 | value.type)
        if len(value.values) >= _LONG:
            _put_varint(out, len(value.values))
        for item in value.values:
            _put(out, value.type, item)
    else:
        if kind == BINARY:
            _put_varint(out, len(value))
        out += value


def _put_varint(out: bytearray, number: int) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def _put_signed(out: bytearray, number: int) -> None:
    _put_varint(out, number << 1 if number >= 0 else (-number << 1) - 1)
