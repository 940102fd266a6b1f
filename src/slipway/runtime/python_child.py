"""The process in which a project's own function runs: length-framed MessagePack in on stdin, out on stdout.

The first message has its orders: which function, and its limits. They are set before the function's file is run.
"""

import importlib.util
import math
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from slipway.records.held import Column
from slipway.runtime.proc import die_with_parent, limit
from slipway.storage.columns import decode_column


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is for.

    Attributes:
        file: File of the function, from the working folder.
        function: Its name.
        memory_bytes: Private memory that it may take; more is refused to it.
        cpu_s: Processor time that one batch may take.
        parent: Process that must live for this one to live.
    """

    file: str
    function: str
    memory_bytes: int
    cpu_s: float
    parent: int


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
        kind: The same without words that may be a caller's.
    """

    score: bytes | None = None
    error: str = ""
    kind: str = ""


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
        return Tell(error=f"{type(error).__name__}: {error}", kind=type(error).__name__)
    if scores.shape != (ask.rows,):
        got = f"scores of shape {scores.shape}"
        return Tell(error=f"{got}. Return one number a row, here ({ask.rows},).", kind=got)
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


def _read() -> bytes:
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(int.from_bytes(head, "little")) if head else b""


def _allow(cpu_s: float) -> None:
    """Let the process use so much more processor time; the kernel ends it where it uses more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + cpu_s))


def _main() -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the function prints goes to the log, not into our answers
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # else it is lost when the process is killed
    orders = msgspec.msgpack.decode(_read(), type=Orders)
    die_with_parent(orders.parent)
    limit(resource.RLIMIT_DATA, orders.memory_bytes)
    limit(resource.RLIMIT_CORE, 0)
    try:
        asked = _load(orders.file, orders.function)
    except Exception as error:  # noqa: BLE001 - see answer()
        _send(out, Tell(error=f"{type(error).__name__}: {error}", kind=type(error).__name__))
        return
    _send(out, Tell())
    while body := _read():
        _allow(orders.cpu_s)
        _send(out, answer(asked, msgspec.msgpack.decode(body, type=Ask)))


if __name__ == "__main__":
    _main()
