"""One connection: one request under way at a time, and what became of it."""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

LOST = "connection lost"


class Caller(asyncio.Protocol):
    """Sends a request, tells when its reply is whole.

    Args:
        done: Called with this caller and the HTTP status (as text), or :data:`LOST`, once for each request.
        gone: Called once with this caller when the connection has ended.
    """

    __slots__ = ("_done", "_gone", "_parser", "_transport", "number")

    def __init__(self, *, done: Callable[["Caller", str], None], gone: Callable[["Caller"], None]) -> None:
        self._done, self._gone = done, gone
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self.number = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where to write."""
        self._transport = cast(asyncio.Transport, transport)

    def send(self, number: int, request: bytes) -> None:
        """Send a request and note its number until it is done."""
        self.number = number
        if self._transport is None or self._transport.is_closing():
            self._finish(LOST)
            return
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take a part of a reply."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def on_message_complete(self) -> None:
        """Tell the status of a whole reply."""
        status = self._parser.get_status_code()
        if not self._parser.should_keep_alive():
            self.close()
        self._finish(str(status))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that the request under way was lost, and that this connection is gone."""
        del exc
        self._transport = None
        if self.number >= 0:
            self._finish(LOST)
        self._gone(self)

    @property
    def open(self) -> bool:
        """Whether another request may be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def _finish(self, outcome: str) -> None:
        if self.number >= 0:
            self._done(self, outcome)
