"""Traces of calls that came over gRPC: a span of the server, by OpenTelemetry's conventions for RPC.

Reference:
    OpenTelemetry, "Semantic conventions for gRPC", server attributes and status.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum

from slipway.serving.tracing.context import HEADER, trace_id_of
from slipway.serving.tracing.trace import under_way
from slipway.serving.tracing.tracer import Tracer

_OURS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
"""What counts as an error of the server's."""


@contextmanager
def traced_call(
    tracer: Tracer | None, *, service: str, method: str, headers: Mapping[bytes, bytes], status: Callable[[], Enum]
) -> Iterator[None]:
    """Trace what happens inside, if that is to be traced.

    Args:
        tracer: Decides, or None: nothing is traced.
        service: Name of the service.
        method: Name of the call.
        headers: The metadata that is read, names in lower case.
        status: Gives gRPC's status in the end; its value begins with the number.
    """
    trace = tracer.begin(f"{service}/{method}", given=headers.get(HEADER)) if tracer else None
    if tracer is None or trace is None:
        yield
        return
    trace.words |= {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
    if given := headers.get(b"x-request-id"):
        trace.words["slipway.request_id"] = given[:128].decode("latin-1")
    under_way.set(trace)  # a call has a context of its own, in which the log may still ask for it
    code: Enum | None = None
    try:
        yield
        code = status()
    finally:
        name = code.name if code is not None else "CANCELLED"  # the caller has gone
        trace.words["rpc.grpc.status_code"] = code.value[0] if code is not None else 1
        tracer.over(trace, error=name if name in _OURS else "")


def trace_of(headers: Mapping[bytes, bytes]) -> str:
    """Return the trace that the call under way belongs to, here or as its caller says, or an empty string."""
    trace = under_way.get()
    return trace.context.trace_id if trace else trace_id_of(headers.get(HEADER))
