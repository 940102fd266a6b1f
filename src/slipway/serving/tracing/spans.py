"""Traces as spans of OpenTelemetry. Needs slipway[otel]."""

from slipway.errors import MissingExtra
from slipway.serving.tracing.context import Context
from slipway.serving.tracing.trace import Role, Trace

try:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags
except ImportError as error:
    raise MissingExtra("tracing: want OpenTelemetry's SDK, found none. pip install 'slipway[otel]'.") from error

_SCOPE = InstrumentationScope("slipway")
_KINDS = {
    Role.SERVER: SpanKind.SERVER,
    Role.INTERNAL: SpanKind.INTERNAL,
    Role.CLIENT: SpanKind.CLIENT,
    Role.CONSUMER: SpanKind.CONSUMER,
}


def spans_of(trace: Trace, *, resource: Resource) -> list[ReadableSpan]:
    """Return the span of the whole and one for each of its parts.

    Args:
        trace: What is over.
        resource: Who noted it.
    """
    whole, to_wall_ns = _context(trace.context), trace.at_ns - trace.begun_ns
    spans = [
        ReadableSpan(
            trace.name,
            context=whole,
            parent=_context(trace.parent, remote=True) if trace.parent else None,
            resource=resource,
            attributes=trace.words | ({"error.type": trace.error} if trace.error else {}),
            links=[Link(_context(link, remote=True)) for link in trace.links],
            kind=_KINDS[trace.role],
            status=_status(trace.error),
            start_time=trace.at_ns,
            end_time=trace.ended_ns + to_wall_ns,
            instrumentation_scope=_SCOPE,
        )
    ]
    spans += [
        ReadableSpan(
            piece.name,
            context=_context(piece.context),
            parent=whole,
            resource=resource,
            attributes=piece.words | ({"error.type": piece.error} if piece.error else {}),
            links=[Link(_context(link)) for link in piece.links],
            kind=_KINDS[piece.role],
            status=_status(piece.error),
            start_time=piece.begun_ns + to_wall_ns,
            end_time=piece.ended_ns + to_wall_ns,
            instrumentation_scope=_SCOPE,
        )
        for piece in trace.pieces
    ]
    return spans


def _context(context: Context, *, remote: bool = False) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if context.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(context.trace_id, 16), int(context.span_id, 16), is_remote=remote, trace_flags=flags)


def _status(error: str) -> Status:
    return Status(StatusCode.ERROR, error) if error else Status()
