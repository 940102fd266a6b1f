"""Exact bytes for the state of a test, so that it survives a restart bit for bit."""

from typing import Any, TypeVar

import msgspec
import numpy as np

from slipway.errors import Corrupt

T = TypeVar("T")


def encode(state: object) -> bytes:
    """Serialise a state (a frozen struct of numbers, text and numpy arrays) to MessagePack, exactly.

    >>> decode(encode(np.array([0.1, np.inf])), np.ndarray)
    array([0.1, inf])
    """
    return msgspec.msgpack.encode(state, enc_hook=_to_plain)


def decode(data: bytes, kind: type[T]) -> T:
    """Read back what :func:`encode` wrote.

    Raises:
        Corrupt: The bytes are not a state of that kind.
    """
    try:
        return msgspec.msgpack.decode(data, type=kind, dec_hook=_from_plain)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise Corrupt(f"state: want a {kind.__name__}, got bytes that are not one ({error}).") from error


def _to_plain(value: object) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(type(value).__name__)


def _from_plain(kind: type, value: Any) -> Any:
    if kind is np.ndarray or getattr(kind, "__origin__", None) is np.ndarray:
        dtype, shape, raw = value
        return np.frombuffer(raw, dtype=np.dtype(dtype)).reshape(shape).copy()
    raise NotImplementedError(kind)
