"""A line a request, off the hot path: the loop puts a tuple into a queue, and a thread writes.

What is written says what was asked, how it ended and how long it took. It holds no body, no query, no address, and no
header but the request's own id: the values of a row are the journal's, under the scope's privacy classes, and nobody's
else. What the thread cannot keep up with is left out and counted, for a log must not cost an answer.
"""

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from slipway.serving.http_request import Request
from slipway.serving.paths import told_path

MOST_WAITING = 50_000
"""Lines that may wait for the thread."""
MOST_BYTES = 64 << 20
"""Size at which the file is put aside as ``.1``, in place of the one before."""
_PAUSE_S = 0.1
"""How long lines gather: a thread that wakes for each takes turns with the loop that answers."""
_log = structlog.get_logger()


class Access(NamedTuple):
    """One request.

    Attributes:
        at_us: When it was whole, microseconds since the epoch.
        method: Such as ``POST``, or ``grpc``.
        path: As asked for, without the query; of a request that failed as far as it is one of ours.
        status: HTTP status, or the name of gRPC's.
        took_us: From then to the reply.
        body_bytes: Size of its body.
        reply_bytes: Size of the reply.
        request_id: As the caller gave it, or empty.
        trace_id: The trace that it belongs to, or empty.
    """

    at_us: int
    method: str
    path: str
    status: int | str
    took_us: int
    body_bytes: int
    reply_bytes: int
    request_id: str
    trace_id: str = ""


class AccessLog:
    """Writes lines until it is closed.

    Args:
        path: The file; lines are added to it.
        most_bytes: Size at which it is put aside.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._path, self._most_bytes = path, most_bytes
        self._queue: queue.SimpleQueue[Access | None] = queue.SimpleQueue()
        self._left_out, self._closing = 0, threading.Event()
        self._thread = threading.Thread(target=self._write, name="access log", daemon=True)
        self._thread.start()

    def note(self, access: Access) -> None:
        """Have one line written; never wait."""
        if self._queue.qsize() < MOST_WAITING:
            self._queue.put(access)
        else:
            self._left_out += 1

    def around(self, handle: Callable[[Request], None]) -> Callable[[Request], None]:
        """Return a handler of requests that does the same and notes each."""

        def noting(request: Request) -> None:
            at_us, start_ns = time.time_ns() // 1000, time.monotonic_ns()

            def answered(request: Request) -> None:
                took_us = (time.monotonic_ns() - start_ns) // 1000
                data, head = request.data or b"", request.head
                request_id = head.headers.get(b"x-request-id", b"").decode("latin-1")
                status, size, trace_id = int(data[9:12]), len(request.body), request.trace
                path = told_path(head.target, status=status)
                self.note(Access(at_us, head.method, path, status, took_us, size, len(data), request_id, trace_id))

            request.then(answered)
            handle(request)

        return noting

    def close(self) -> None:
        """Write what waits, and end."""
        self._closing.set()
        self._queue.put(None)
        self._thread.join(5.0)

    def _write(self) -> None:
        encode, more = msgspec.json.Encoder().encode, True
        while more:
            lines, more = self._some()
            data = b"".join(encode(line._asdict()) + b"\n" for line in lines)
            if self._left_out:
                data += encode({"at_us": time.time_ns() // 1000, "left_out": self._left_out}) + b"\n"
                self._left_out = 0
            try:
                self._append(data)
            except OSError as error:
                _log.error("access log not written", lines=len(lines), error=str(error))

    def _some(self) -> tuple[list[Access], bool]:
        """Wait for lines, and return all that there are, and whether more may come."""
        lines, one = [], self._queue.get()
        if one is not None:
            self._closing.wait(_PAUSE_S)
        while one is not None:
            lines.append(one)
            try:
                one = self._queue.get_nowait()
            except queue.Empty:
                return lines, True
        return lines, False

    def _append(self, data: bytes) -> None:
        if not data:
            return
        with self._path.open("ab") as file:
            file.write(data)
            large = file.tell() > self._most_bytes
        if large:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
