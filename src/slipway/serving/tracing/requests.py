"""Traces of requests that came over HTTP: a span of the server, by OpenTelemetry's conventions for HTTP.

Only what asks or tells something (POST) is traced; whoever looks at health or metrics leaves no trace.

Reference:
    OpenTelemetry, "Semantic conventions for HTTP spans", HTTP server.
"""

import re
from collections.abc import Callable

from slipway.serving.http_request import Request
from slipway.serving.tracing.context import HEADER
from slipway.serving.tracing.trace import under_way
from slipway.serving.tracing.tracer import Tracer

_ROUTES = (
    (re.compile(r"/predict(/[^/]*)?"), "/predict"),
    (re.compile(r"/outcomes(/[^/]*)?"), "/outcomes"),
    (re.compile(r"/v2/models/[^/]*/infer"), "/v2/models/{model}/infer"),
    (re.compile(r"/v2/models/[^/]*/versions/[^/]*/infer"), "/v2/models/{model}/versions/{version}/infer"),
)


def route_of(target: str) -> str:
    """Return the way that was asked for, as one of few, or an empty string: who mistypes may type anything.

    >>> [route_of(t) for t in ("/predict?who=Ann", "/v2/models/hearts/infer", "/Ann")]
    ['/predict', '/v2/models/{model}/infer', '']
    """
    path = target.partition("?")[0]
    return next((name for form, name in _ROUTES if form.fullmatch(path)), "")


def traced(handle: Callable[[Request], None], *, tracer: Tracer) -> Callable[[Request], None]:
    """Return a handler of requests that does the same, and traces those that are to be."""

    def tracing(request: Request) -> None:
        trace = tracer.begin("", given=request.headers.get(HEADER)) if request.method == "POST" else None
        if trace is None:
            handle(request)
            return
        route = route_of(request.target)
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
