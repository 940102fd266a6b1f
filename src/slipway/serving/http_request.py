"""One request of a connection, and the place where its reply goes."""

import os
from typing import TYPE_CHECKING

import msgspec

from slipway.serving.caller import UNLOGGED
from slipway.serving.http_head import Head
from slipway.serving.http_reply import JSON, json_ok, reply
from slipway.serving.paths import told_path
from slipway.serving.refusal import Refusal
from slipway.serving.refusal_log import refusals
from slipway.serving.tracing.context import HEADER, trace_id_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Request:
    """One request, and the place of its reply.

    Args:
        answered: Called once, when there is a reply.
        head: Its head.
        body: Whole body.

    Attributes:
        head: As given.
        body: As given.
        closes: Whether the connection ends with the reply.
        data: The reply, or None as long as there is none.
        trace_id: The trace that it belongs to, once that is known to this server, or empty.
    """

    __slots__ = ("_answered", "_more", "body", "closes", "data", "head", "trace_id")

    def __init__(self, answered: "Callable[[Request], None]", head: Head, body: bytes = b"") -> None:
        self._answered, self.head, self.body = answered, head, body
        self.closes = head.closes
        self.data: bytes | None = None
        self.trace_id = ""
        self._more: tuple[tuple[str, str], ...] = ()

    @property
    def method(self) -> str:
        """Such as ``POST``."""
        return self.head.method

    @property
    def target(self) -> str:
        """Path and query as sent."""
        return self.head.target

    @property
    def headers(self) -> dict[bytes, bytes]:
        """Those that the data plane reads, names in lower case."""
        return self.head.headers

    @property
    def trace(self) -> str:
        """The trace that it belongs to, here or as its caller says, for logs; empty where there is none."""
        return self.trace_id or trace_id_of(self.head.headers.get(HEADER))

    def ok(self, body: bytes) -> None:
        """Reply 200 with JSON."""
        if self.closes or self._more or not self.head.plain:
            self.reply(200, body)
        else:
            self._send(json_ok(body))

    def unlogged(self) -> None:
        """Let the reply say that the journal does not hold the answer."""
        self._more = (UNLOGGED,)

    def refuse(self, refusal: Refusal) -> None:
        """Reply with an error; where the caller named no id for the request, it is told one to ask about."""
        given, headers = self.head.headers.get(b"x-request-id"), refusal.headers
        request_id = os.urandom(8).hex() if given is None else given.decode("latin-1")
        if given is None:
            headers = (*headers, ("x-request-id", request_id))
        path = told_path(self.head.target, status=refusal.status)
        refusals.note(refusal, method=self.head.method, path=path, request_id=request_id, trace_id=self.trace)
        self.reply(refusal.status, msgspec.json.encode(refusal.body), headers=headers)

    def then(self, called: "Callable[[Request], None]") -> None:
        """Have something called once there is a reply, before its bytes leave."""
        answered = self._answered

        def both(request: Request) -> None:
            called(request)
            answered(request)

        self._answered = both

    def reply(
        self, status: int, body: bytes, *, content_type: str = JSON, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Reply; the bytes leave once all earlier requests of the connection are answered. A second call is ignored."""
        head, headers = self.head, (*headers, *self._more)
        if b"x-request-id" in head.headers:
            headers = (*headers, ("x-request-id", head.headers[b"x-request-id"].decode("latin-1")))
        if self.closes:
            headers = (*headers, ("connection", "close"))
        elif head.keeps_old:
            headers = (*headers, ("connection", "keep-alive"))
        self._send(reply(status, body, content_type=content_type, headers=headers, only_head=head.only_head))

    def _send(self, data: bytes) -> None:
        if self.data is None:
            self.data = data
            self._answered(self)
