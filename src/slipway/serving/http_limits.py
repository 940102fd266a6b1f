"""What one connection may cost the worker."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HttpLimits:
    """Bounds in size and time; beyond them a connection gets an error and is closed.

    Attributes:
        head_bytes: Request line and headers together.
        headers: How many headers.
        body_bytes: Body, after chunks are joined.
        head_timeout_s: From the first byte of a request (or from connecting) to the end of its headers.
        body_timeout_s: From the end of the headers to the end of the body.
        idle_timeout_s: Between two requests of one connection.
        write_timeout_s: How long a caller may leave its reply unread.
        linger_s: How long a refused caller may go on sending before the connection is cut.
        pipelined: Requests of one connection that may be under way; more are read when some are answered.
    """

    head_bytes: int = 16 << 10
    headers: int = 100
    body_bytes: int = 4 << 20
    head_timeout_s: float = 10.0
    body_timeout_s: float = 30.0
    idle_timeout_s: float = 75.0
    write_timeout_s: float = 30.0
    linger_s: float = 2.0
    pipelined: int = 64
