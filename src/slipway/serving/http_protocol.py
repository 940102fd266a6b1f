"""HTTP/1.1 on a bare socket: a Protocol for uvloop, with llhttp (httptools) as the parser.

It is the hot path, so it does little: parse, bound, hand over, write replies in the order of the requests. A head that
came before, byte for byte, is not parsed again (:class:`KnownHeads`). What it must withstand is in its tests: slow,
half-closed, oversized, malformed and pipelining callers.

Time is checked by one sweep a second over all connections (:meth:`Connections.sweep`), not by a timer a request.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

import httptools

from slipway.records.load_test import HEADER as LOAD_TEST
from slipway.serving.http_head import Head, KnownHeads
from slipway.serving.http_limits import HttpLimits
from slipway.serving.http_request import Request
from slipway.serving.refusal import Refusal

_KEPT = {
    b"host",
    b"origin",
    b"authorization",
    LOAD_TEST.encode(),
    b"content-encoding",
    b"content-type",
    b"expect",
    b"x-request-id",
    b"slipway-time-us",
    b"traceparent",
    b"content-length",
    b"inference-header-content-length",
}
_LONGEST_ID = 128
_NEVER = float("inf")


class Connections:
    """All connections of a worker: bounded in time, and told to end when the worker does.

    Args:
        handle: Called with each whole request; it must see to it that the request is answered some time.
        limits: Bounds.
        now: Monotonic seconds.
        refused: Called with the status of each reply to what never became a whole request, so ``handle`` never saw it.
    """

    def __init__(
        self,
        handle: Callable[[Request], None],
        *,
        limits: HttpLimits,
        now: Callable[[], float],
        refused: Callable[[int], object] = lambda _: None,
    ) -> None:
        self.handle, self.limits, self.now, self.refused = handle, limits, now, refused
        self.draining = False
        self.heads = KnownHeads()
        self.open: set[HttpProtocol] = set()

    def make(self) -> "HttpProtocol":
        """Return the protocol of a new connection."""
        return HttpProtocol(self)

    def sweep(self) -> None:
        """Close what ran out of time."""
        now = self.now()
        for connection in list(self.open):
            connection.check_time(now)

    def drain(self) -> None:
        """Close idle connections now, and the others after the reply under way."""
        self.draining = True
        self.heads.forget()  # from now on each reply ends its connection
        for connection in list(self.open):
            connection.drain()


class HttpProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, all_connections: Connections) -> None:
        self._all = all_connections
        self._limits = all_connections.limits
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._parser = httptools.HttpRequestParser(self)
        self._pending: deque[Request] = deque()
        self._between = True  # two requests: none is under way, and another may come
        self._head: Head | None = None
        self._target, self._kept = "", dict[bytes, bytes]()
        self._fed_bytes = self._head_bytes = self._headers = self._body_bytes = 0
        self._completed = 0
        self._chunks: list[bytes] = []
        self._refused = self._ended = self._paused = self._blocked = False
        self._deadline = all_connections.now() + self._limits.head_timeout_s
        self._read_by = _NEVER

    # ---- transport ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._all.open.add(self)
        if self._all.draining:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything; replies under way go nowhere."""
        del exc
        self._all.open.discard(self)
        self._ended = True
        self._pending.clear()

    def data_received(self, data: bytes) -> None:
        """Take a request whose head is known, or feed the parser; its callbacks below do the work."""
        if self._between and (known := self._all.heads.find(data)) is not None:
            self._take(Request(self.answered, *known))
        else:
            self._parse(data)
        if len(self._pending) >= self._limits.pipelined and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def _parse(self, data: bytes) -> None:
        if self._refused or self._ended:
            return
        fresh, self._completed, body_bytes = self._between, 0, self._body_bytes
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400, "This server speaks HTTP/1.1 only.", wanted="no Upgrade, no CONNECT", got="one of them")
            return
        except httptools.HttpParserError as error:
            self._refuse(400, "These bytes are no HTTP request.", wanted="HTTP/1.1", got=str(error)[:200])
            return
        if fresh and self._between and self._completed == 1 and self._head is not None:
            self._all.heads.remember(data, head=self._head, body_bytes=self._body_bytes)
        elif self._in_head() and not self._completed:
            self._fed_bytes += len(data)
            if self._fed_bytes > self._limits.head_bytes:
                self._refuse_head()
        elif self._under_way() and not self._completed and self._head is not None:
            self._fed_bytes = self._fed_bytes + len(data) if self._body_bytes == body_bytes else 0
            if (
                self._fed_bytes > 2 * self._limits.head_bytes
            ):  # a head, then a chunk's extension or trailers without end
                self._refuse_head()

    def eof_received(self) -> bool:
        """Answer what was asked before the caller stopped sending, then close."""
        self._ended = True
        if self._under_way():
            self._refuse(400, "The request ended in its middle.", wanted="all of it", got="the end of the connection")
        return bool(self._pending)

    def pause_writing(self) -> None:
        """Stop reading from a caller that does not read."""
        self._blocked = True
        self._read_by = self._all.now() + self._limits.write_timeout_s
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Read again."""
        self._blocked = False
        self._read_by = _NEVER
        if not self._paused and not self._transport.is_closing():
            self._transport.resume_reading()

    # ---- parser ----

    def on_message_begin(self) -> None:
        """A request begins."""
        self._between = False
        self._head = None
        self._target, self._kept = "", {}
        self._fed_bytes = self._head_bytes = self._headers = self._body_bytes = 0
        if not self._pending:
            self._deadline = self._all.now() + self._limits.head_timeout_s

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        if self._in_head():
            self._target += url.decode("latin-1")
            self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the few headers that matter, count them all."""
        if not self._in_head():
            return
        self._headers += 1
        self._head_bytes += len(name) + len(value)
        key = name.lower()
        if key in _KEPT:
            if key == b"host" and key in self._kept:
                self._refuse(400, "A request names one host.", wanted="one Host header", got="two")
            self._kept[key] = value

    def on_headers_complete(self) -> None:
        """Decide on the body."""
        if not self._under_way():
            return
        parser, headers = self._parser, self._kept
        old = parser.get_http_version() != "1.1"
        keep_alive = parser.should_keep_alive()
        self._head = Head(parser.get_method().decode(), self._target, headers=headers, keep_alive=keep_alive, old=old)
        self._deadline = self._all.now() + self._limits.body_timeout_s
        if self._head_bytes > self._limits.head_bytes or self._headers > self._limits.headers:
            self._refuse_head()
        elif b"host" not in headers and not old:
            self._refuse(400, "A request names its host.", wanted="a Host header", got="none")
        elif len(request_id := headers.get(b"x-request-id", b"")) > _LONGEST_ID:
            headers[b"x-request-id"] = request_id[:_LONGEST_ID]  # it comes back
            self._refuse(400, "X-Request-Id is too long.", wanted=f"at most {_LONGEST_ID} characters", got="more")
        elif int(headers.get(b"content-length", 0)) > self._limits.body_bytes:
            self._refuse_body()
        elif headers.get(b"expect", b"").lower() == b"100-continue" and not self._pending:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._refused:
            return
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.body_bytes:
            self._refuse_body()
        else:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Hand the request over."""
        if self._head is None or not self._under_way():
            return
        self._completed += 1
        self._between = True
        request = Request(self.answered, self._head, b"".join(self._chunks))
        self._chunks.clear()
        if self._all.draining or self._parser.should_upgrade():
            request.closes = True
        self._take(request)

    def _under_way(self) -> bool:
        return not self._between and not self._refused

    def _in_head(self) -> bool:
        return self._head is None and self._under_way()

    def _take(self, request: Request) -> None:
        if request.closes:  # nothing after it will be answered
            self._refused, self._between = True, False
        self._pending.append(request)
        self._deadline = _NEVER
        self._all.handle(request)

    # ---- replies ----

    def answered(self, request: Request) -> None:
        """Write this reply if it is its turn, and those that waited for it."""
        pending = self._pending
        if not pending or pending[0] is not request or self._transport.is_closing():
            return
        while pending and (data := pending[0].data) is not None:
            last = pending.popleft()
            self._transport.write(data)
            if last.closes:
                pending.clear()
                self._finish()
                return
        if pending:
            return
        if self._ended:
            self._transport.close()
            return
        idle = self._between
        self._deadline = self._all.now() + (self._limits.idle_timeout_s if idle else self._limits.head_timeout_s)
        if self._paused:
            self._paused = False
            if not self._blocked:
                self._transport.resume_reading()

    def _refuse_head(self) -> None:
        limits = self._limits
        wanted = f"at most {limits.head_bytes} bytes in {limits.headers} headers"
        self._refuse(431, "The headers are too large.", wanted=wanted, got="more", hint="Send fewer headers.")

    def _refuse_body(self) -> None:
        wanted = f"at most {self._limits.body_bytes} bytes"
        self._refuse(413, "The body is too large.", wanted=wanted, got="more", hint="Send fewer rows a request.")

    def _refuse(self, status: int, error: str, *, wanted: str, got: str, hint: str = "") -> None:
        if self._refused:
            return
        self._all.refused(status)
        head = None if self._between else self._head or Head("", "", headers=self._kept)
        request = Request(self.answered, head or Head("", "", headers={}))
        request.closes = True
        self._refused, self._between = True, False
        self._chunks.clear()
        self._pending.append(request)
        self._deadline = _NEVER  # the replies before it may take their time
        request.refuse(Refusal(status, error, wanted=wanted, got=got, hint=hint))

    def _finish(self) -> None:
        """Say that nothing more comes, and let the caller read it: closing at once could reset the connection."""
        self._refused, self._between = True, False
        if self._ended or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._deadline = self._all.now() + self._limits.linger_s
        self._transport.write_eof()

    def check_time(self, now: float) -> None:
        """Close the connection if its time is up."""
        if now >= self._read_by:
            self._transport.abort()
        if now < self._deadline:
            return
        if self._refused or self._transport.is_closing():
            self._transport.abort()
        elif not self._between:
            self._refuse(408, "The request did not come in time.", wanted="all of it", got="a part of it")
        else:
            self._transport.close()

    def drain(self) -> None:
        """End after the replies under way."""
        if not self._pending and (self._between or self._refused):
            self._transport.close()
        for request in self._pending:
            request.closes = request is self._pending[-1]
