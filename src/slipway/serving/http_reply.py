"""Replies as bytes. Pure."""

from http import HTTPStatus

JSON = "application/json"
_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
_JSON_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_SHORT = tuple(_JSON_OK % length for length in range(1024))


def json_ok(body: bytes) -> bytes:
    r"""Return the whole reply for the common case: 200, JSON, connection stays.

    >>> json_ok(b"{}").endswith(b"content-length: 2\r\n\r\n{}")
    True
    """
    length = len(body)
    return (_SHORT[length] if length < len(_SHORT) else _JSON_OK % length) + body


def reply(
    status: int,
    body: bytes,
    *,
    content_type: str = JSON,
    headers: tuple[tuple[str, str], ...] = (),
    only_head: bool = False,
) -> bytes:
    """Return a whole reply.

    Args:
        status: HTTP status code.
        body: Body.
        content_type: Its type.
        headers: Further headers; a value must hold no line break.
        only_head: Leave the body out, as the answer to HEAD.
    """
    head = _LINES[status] + f"content-type: {content_type}\r\ncontent-length: {len(body)}\r\n".encode()
    for name, value in headers:
        head += f"{name}: {value}\r\n".encode("latin-1", "replace")
    return head + b"\r\n" + (b"" if only_head else body)
