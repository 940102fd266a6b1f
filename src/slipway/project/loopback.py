"""One request to a process of this machine, without the weight of a client for the whole internet."""

import http.client
from typing import NamedTuple

TIMEOUT_S = 60.0


class Reply(NamedTuple):
    """Status and body."""

    status: int
    body: bytes


def ask(
    method: str,
    *,
    port: int,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    host: str = "127.0.0.1",
    timeout_s: float = TIMEOUT_S,
) -> Reply:
    """Send one request and return the reply.

    Raises:
        OSError: Nobody answered in time.
        http.client.HTTPException: Somebody answered with something else than HTTP.
    """
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        reply = connection.getresponse()
        return Reply(reply.status, reply.read())
    finally:
        connection.close()
