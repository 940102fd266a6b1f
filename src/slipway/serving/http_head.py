"""The head of a request: what stays the same, byte for byte, for as long as a caller asks in the same way."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_HEADS = 1024
"""Heads that a worker remembers; beyond, it forgets all and begins anew."""
LONGEST_HEAD_BYTES = 1024
"""A longer head is parsed each time."""
_CHANGING = {b"x-request-id", b"slipway-time-us", b"expect", b"traceparent"}


class Head:
    """One parsed head; many requests may share it.

    Args:
        method: Such as ``POST``.
        target: Path and query as sent.
        headers: Those that the data plane reads, names in lower case.
        keep_alive: Whether the caller wants the connection to stay.
        old: Whether it speaks an HTTP older than 1.1.

    Attributes:
        method: As given.
        target: As given.
        headers: As given.
        closes: Whether the connection ends with the reply.
        keeps_old: Whether an old caller has to be told that it stays.
        only_head: Whether the reply has no body.
        plain: Whether a reply of 200 needs no header of its own.
        handler: What answers any request with this head, once that is known; a note of whoever answers, for whoever
            answers.
    """

    __slots__ = ("closes", "handler", "headers", "keeps_old", "method", "only_head", "plain", "target")

    def __init__(
        self, method: str, target: str, *, headers: dict[bytes, bytes], keep_alive: bool = True, old: bool = False
    ) -> None:
        self.method, self.target, self.headers = method, target, headers
        self.handler: Callable[[Any], None] | None = None
        self.only_head = method == "HEAD"
        self.closes = not keep_alive
        self.keeps_old = keep_alive and old
        self.plain = not (self.only_head or self.closes or self.keeps_old or b"x-request-id" in headers)


class KnownHeads:
    r"""Heads that were parsed and found good, by their bytes.

    A caller that keeps its connection sends the same head again and again; as the same bytes mean the same, it need not
    be parsed again. What is remembered includes the length of the body, which the head states.

    >>> known, head = KnownHeads(), Head("POST", "/", headers={})
    >>> asked = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok"
    >>> known.find(asked)
    >>> known.remember(asked, head=head, body_bytes=2)
    >>> known.find(asked.replace(b"ok", b"no")) == (head, b"no")
    True
    >>> known.find(asked + b"!")  # another length
    """

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Head, int]] = {}

    def find(self, data: bytes) -> tuple[Head, bytes] | None:
        """Return head and body where the bytes are one whole request with a head that is known."""
        end = data.find(b"\r\n\r\n") + 4
        known = self._known.get(data[:end])
        if known is None or len(data) - end != known[1]:
            return None
        return known[0], data[end:]

    def remember(self, data: bytes, *, head: Head, body_bytes: int) -> None:
        """Remember the head of a request that was parsed, if it may come again and the bytes leave no doubt of its end.

        Args:
            data: Bytes of which the parser made exactly this request.
            head: What it found.
            body_bytes: Length of the body that it found.
        """
        end = len(data) - body_bytes
        # a head that ends elsewhere (chunks, bare line feeds, bytes behind the request) is not for this short way
        if end > LONGEST_HEAD_BYTES or data.find(b"\r\n\r\n") + 4 != end:
            return
        if head.plain and not head.headers.keys() & _CHANGING:
            if len(self._known) >= MOST_HEADS:
                self._known.clear()
            self._known[data[:end]] = head, body_bytes

    def forget(self) -> None:
        """Forget all."""
        self._known.clear()
