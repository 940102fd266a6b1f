"""What a gRPC call brings besides its message, and how one ends that gets no answer."""

import os
from typing import TYPE_CHECKING, Any

from grpc import StatusCode

from slipway.errors import Overloaded, SlipwayError
from slipway.serving.grpc_messages import SERVICE
from slipway.serving.people import WaitsForPeople
from slipway.serving.refusal import refusal_of
from slipway.serving.refusal_log import refusals
from slipway.serving.tracing.context import HEADER
from slipway.serving.tracing.rpc import trace_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_CODES = {
    400: StatusCode.INVALID_ARGUMENT,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.NOT_FOUND,
    409: StatusCode.ALREADY_EXISTS,
    413: StatusCode.RESOURCE_EXHAUSTED,  # what gRPC itself says of a message that is too large
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.DEADLINE_EXCEEDED,
}
_TOLD = {b"authorization", b"slipway-time-us", b"x-request-id", HEADER}
_LONGEST_ID = 128


def status_of(context: Any) -> StatusCode:
    """Return how a call has ended; one that nobody set a status of went well."""
    told = context.code()
    return next((code for code in StatusCode if told in (code, code.value[0])), StatusCode.OK)


def code_of(error: SlipwayError) -> StatusCode:
    """Return the status that a call ends with that failed so."""
    if isinstance(error, Overloaded):
        return StatusCode.RESOURCE_EXHAUSTED
    if isinstance(error, WaitsForPeople):
        return StatusCode.FAILED_PRECONDITION
    return _CODES.get(refusal_of(error).status, StatusCode.INTERNAL)


def refuse(context: Any, error: SlipwayError, headers: dict[bytes, bytes]) -> bytes:
    """Set the status of a call that gets no answer.

    Not by ``context.abort``: its exception holds the call in a cycle until the collector comes by, which it seldom does
    here, and a call that is held is one of the ``pipelined`` ones of its connection: 64 mistakes, and nobody on that
    connection was answered any more.
    """
    refusal = refusal_of(error)
    told_id = id_of(headers) or (("x-request-id", os.urandom(8).hex()),)
    refusals.note(refusal, method="grpc", path=SERVICE, request_id=told_id[0][1], trace_id=trace_of(headers))
    body = refusal.body
    told = [body.error, f"Want {body.wanted}, got {body.got}." if body.wanted else "", body.hint]
    more = tuple((name, value) for name, value in refusal.headers if name in ("retry-after", "www-authenticate"))
    details = " ".join(part for part in told if part)
    context.set_code(code_of(error))
    context.set_details(details)
    context.set_trailing_metadata(told_id + more)
    return b""


def headers_of(context: Any) -> dict[bytes, bytes]:
    """Return the few metadata of a call that matter."""
    told: Sequence[tuple[str, str | bytes]] = context.invocation_metadata() or ()
    pairs = ((k.encode(), v.encode("latin-1", "replace") if isinstance(v, str) else v) for k, v in told)
    return {name: value for name, value in pairs if name in _TOLD}


def id_of(headers: dict[bytes, bytes]) -> tuple[tuple[str, str], ...]:
    """Return the caller's own id of a call as metadata, or nothing."""
    given = headers.get(b"x-request-id")
    return () if given is None else (("x-request-id", given[:_LONGEST_ID].decode("latin-1")),)


def send_id(context: Any, headers: dict[bytes, bytes], *, more: tuple[tuple[str, str], ...] = ()) -> None:
    """Send the id back behind the reply, and what else there is to say of it."""
    if told := (*id_of(headers), *more):
        context.set_trailing_metadata(told)
