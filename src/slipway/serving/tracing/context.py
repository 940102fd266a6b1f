"""Which trace a request belongs to, as programs tell each other. Pure.

Reference:
    W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/), sections 3.2 and 4.3.
"""

import re
from random import Random
from typing import NamedTuple

HEADER = b"traceparent"
_FORM = re.compile(rb"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Context(NamedTuple):
    """One span's place in the world.

    Attributes:
        trace_id: 32 hex digits.
        span_id: 16 hex digits.
        sampled: Whether whoever made it keeps the trace.
    """

    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def written(self) -> str:
        """The header's value."""
        return f"00-{self.trace_id}-{self.span_id}-{self.sampled:02x}"


def read(value: bytes | None) -> Context | None:
    """Return what the header ``traceparent`` says, or None where it is not there or is none.

    A version that is newer may say more behind; what version 00 says is read of it, as the standard wants.

    >>> read(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")  # the standard's own example
    Context(trace_id='0af7651916cd43dd8448eb211c80319c', span_id='b7ad6b7169203331', sampled=True)
    >>> [read(wrong) for wrong in (None, b"", b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01", b"ff-" + b"1" * 52)]
    [None, None, None, None]
    """
    found = _FORM.fullmatch(value) if value else None
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if not int(trace_id, 16) or not int(span_id, 16) or (more and version == b"00"):
        return None
    return Context(trace_id.decode(), span_id.decode(), bool(int(flags, 16) & 1))


def trace_id_of(value: bytes | None) -> str:
    """Return the trace that the header names, or an empty string.

    >>> trace_id_of(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
    '0af7651916cd43dd8448eb211c80319c'
    """
    found = read(value)
    return found.trace_id if found else ""


def new(chance: Random, *, within: str = "") -> Context:
    """Return the place of a new span.

    Args:
        chance: Where its digits come from.
        within: The trace that it belongs to; empty begins one.

    >>> new(Random(1), within="0af7651916cd43dd8448eb211c80319c").written[:36]
    '00-0af7651916cd43dd8448eb211c80319c-'
    """
    return Context(within or f"{chance.getrandbits(128) or 1:032x}", f"{chance.getrandbits(64) or 1:016x}")
