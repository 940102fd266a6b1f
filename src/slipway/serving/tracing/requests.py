"""Traces of requests that came over HTTP: a span of the server, by OpenTelemetry's conventions for HTTP.

Only what asks or tells something (POST) is traced; whoever looks at health or metrics leaves no trace.

Reference:
    OpenTelemetry, "Semantic conventions for HTTP spans", HTTP server.
"""

from collections.abc import Callable

from slipway.serving.http_request import Request
from slipway.serving.paths import shape_of
from slipway.serving.tracing.context import HEADER
from slipway.serving.tracing.trace import under_way
from slipway.serving.tracing.tracer import Tracer


def traced(handle: Callable[[Request], None], *, tracer: Tracer) -> Callable[[Request], None]:
    """Return a handler of requests that does the same, and traces those that are to be."""

    def tracing(request: Request) -> None:
        trace = tracer.begin("", given=request.headers.get(HEADER)) if request.method == "POST" else None
        if trace is None:
            handle(request)
            return
        route = shape_of(request.target)
        trace.name = f"POST {route}".strip()
        trace.words["http.request.method"] = "POST"
        if route:
            trace.words["http.route"] = route
        if given := request.headers.get(b"x-request-id"):
            trace.words["slipway.request_id"] = given.decode("latin-1")
        request.trace_id = trace.context.trace_id

        def answered(request: Request) -> None:
            status = int((request.data or b"")[9:12])
            trace.words["http.response.status_code"] = status
            tracer.over(trace, error=str(status) if status >= 500 else "")

        request.then(answered)
        token = under_way.set(trace)
        try:
            handle(request)
        finally:
            under_way.reset(token)

    return tracing
