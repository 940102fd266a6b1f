"""The process in which a project's own function runs: length-framed MessagePack in on stdin, out on stdout."""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from slipway.records.held import Column
from slipway.storage.columns import decode_column


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One batch.

    Attributes:
        x: Columns, as in a frame.
        rows: How many scores are wanted.
    """

    x: dict[str, Column]
    rows: int


class Tell(msgspec.Struct, frozen=True, kw_only=True):
    """One answer.

    Attributes:
        score: float64 bytes, or None.
        error: Why there is none, or an empty string.
    """

    score: bytes | None = None
    error: str = ""


def frame_head(body: bytes) -> bytes:
    """Return the four bytes that go before a message: its length, little-endian."""
    return len(body).to_bytes(4, "little")


def answer(function: Callable[[dict[str, Any]], Any], ask: Ask) -> Tell:
    """Ask the function, and turn whatever it does into an answer.

    >>> import numpy as np
    >>> answer(lambda x: x["a"] * 2, Ask(x={"a": np.array([1.5]).tobytes()}, rows=1)).score == np.array([3.0]).tobytes()
    True
    >>> answer(lambda x: [1.0, 2.0], Ask(x={}, rows=1)).error
    'scores of shape (2,). Return one number a row, here (1,).'
    """
    try:
        scores = np.asarray(function({name: decode_column(c) for name, c in ask.x.items()}), np.float64)
    except Exception as error:  # noqa: BLE001 - a stranger's function may raise anything; the caller is told
        return Tell(error=f"{type(error).__name__}: {error}")
    if scores.shape != (ask.rows,):
        return Tell(error=f"scores of shape {scores.shape}. Return one number a row, here ({ask.rows},).")
    return Tell(score=scores.tobytes())


def _load(file: str, function: str) -> Callable[[dict[str, Any]], Any]:
    sys.path.insert(0, str(Path.cwd()))
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"no Python in {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found: Callable[[dict[str, Any]], Any] = getattr(module, function)
    return found


def _send(out: BinaryIO, tell: Tell) -> None:
    body = msgspec.msgpack.encode(tell)
    out.write(frame_head(body) + body)
    out.flush()


def _main(file: str, function: str) -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the function prints goes to the log, not into our answers
    try:
        asked = _load(file, function)
    except Exception as error:  # noqa: BLE001 - see answer()
        _send(out, Tell(error=f"{type(error).__name__}: {error}"))
        return
    _send(out, Tell())
    while head := sys.stdin.buffer.read(4):
        body = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        _send(out, answer(asked, msgspec.msgpack.decode(body, type=Ask)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
