"""One request of a connection, and the place where its reply goes."""

from typing import TYPE_CHECKING

import msgspec

from slipway.serving.caller import UNLOGGED
from slipway.serving.http_reply import JSON, json_ok, reply
from slipway.serving.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable


class Request:
    """One request, and the place of its reply.

    Attributes:
        method: Such as ``POST``.
        target: Path and query as sent.
        body: Whole body.
        headers: Those that the data plane reads, names in lower case.
    """

    __slots__ = (
        "_answered", "_bytes", "_more", "_only_head", "body", "closes", "headers", "keeps_old", "method", "target",
    )  # fmt: skip

    def __init__(self, answered: "Callable[[Request], None]") -> None:
        self._answered = answered
        self._bytes: bytes | None = None
        self._only_head = False
        self._more: tuple[tuple[str, str], ...] = ()
        self.method = self.target = ""
        self.body = b""
        self.headers: dict[bytes, bytes] = {}
        self.closes = False
        self.keeps_old = False

    def ok(self, body: bytes) -> None:
        """Reply 200 with JSON."""
        if self.closes or self.keeps_old or self._only_head or self._more or b"x-request-id" in self.headers:
            self.reply(200, body)
        else:
            self._send(json_ok(body))

    def unlogged(self) -> None:
        """Let the reply say that the journal does not hold the answer."""
        self._more = (UNLOGGED,)

    def refuse(self, refusal: Refusal) -> None:
        """Reply with an error."""
        self.reply(refusal.status, msgspec.json.encode(refusal.body), headers=refusal.headers)

    def reply(
        self, status: int, body: bytes, *, content_type: str = JSON, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Reply; the bytes leave once all earlier requests of the connection are answered. A second call is ignored."""
        headers = (*headers, *self._more)
        if b"x-request-id" in self.headers:
            headers = (*headers, ("x-request-id", self.headers[b"x-request-id"].decode("latin-1")))
        if self.closes:
            headers = (*headers, ("connection", "close"))
        elif self.keeps_old:
            headers = (*headers, ("connection", "keep-alive"))
        self._send(reply(status, body, content_type=content_type, headers=headers, only_head=self._only_head))

    def _send(self, data: bytes) -> None:
        if self._bytes is None:
            self._bytes = data
            self._answered(self)

    def begin(self, method: str, *, keep_alive: bool, old: bool) -> None:
        """Note what the parser knows at the end of the headers."""
        self.method = method
        self._only_head = method == "HEAD"
        self.closes = not keep_alive
        self.keeps_old = keep_alive and old

    @property
    def data(self) -> bytes | None:
        """The reply, or None as long as there is none."""
        return self._bytes
