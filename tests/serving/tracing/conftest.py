"""A collector that takes OTLP over HTTP, and a remote system that is asked: both real servers, for tests of traces."""

import contextlib
import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

WITHIN_S = 60


class Span(NamedTuple):
    """One span as it came."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    words: dict
    links: list
    failed: bool
    begun_ns: int
    ended_ns: int
    service: str


class Collector:
    """Takes spans; ``status`` is what it answers, ``hangs`` how long it takes."""

    def __init__(self):
        self.spans, self.status, self.hangs = [], 200, threading.Event()
        self.hangs.set()
        self.asked = 0

    def take(self, data):
        for resource in ExportTraceServiceRequest.FromString(data).resource_spans:
            service = _words(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans += [
                    Span(
                        s.name, s.trace_id.hex(), s.span_id.hex(), s.parent_span_id.hex(), s.kind,
                        _words(s.attributes), [(x.trace_id.hex(), x.span_id.hex()) for x in s.links],
                        s.status.code == 2, s.start_time_unix_nano, s.end_time_unix_nano, service,
                    )
                    for s in scope.spans
                ]  # fmt: skip

    def until(self, found):
        """Wait until ``found(spans)`` gives something, and return it."""
        end_s = time.monotonic() + WITHIN_S
        while not (got := found(list(self.spans))):
            assert time.monotonic() < end_s, [(s.name, s.trace) for s in self.spans]
            time.sleep(0.02)
        return got

    def trace(self, trace_id, *, spans):
        """Return the spans of a trace by name, once there are so many."""
        got = self.until(lambda all_: len(mine := [s for s in all_ if s.trace == trace_id]) >= spans and mine)
        return {span.name: span for span in got}


def _words(attributes):
    def plain(value):
        kind = value.WhichOneof("value")
        return [plain(v) for v in value.array_value.values] if kind == "array_value" else getattr(value, kind)

    return {a.key: plain(a.value) for a in attributes}


@pytest.fixture
def taken():
    """A collector; its ``url`` is the endpoint."""
    taken = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.asked += 1
            taken.hangs.wait(WITHIN_S)
            if taken.status == 200 and self.path == "/v1/traces":
                taken.take(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(taken.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with _serving(Handler) as taken.url:
        yield taken
        taken.hangs.set()


@pytest.fixture
def remote():
    """Start systems that answer .75 to each row: ``url, told = remote()``; ``told`` are the traceparents they got."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(_remote())


@contextlib.contextmanager
def _remote():
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["inputs"][0]["shape"][0]
            told.append(self.headers.get("traceparent"))
            output = {"name": "score", "datatype": "FP64", "shape": [rows, 1], "data": [0.75] * rows}
            body = json.dumps({"outputs": [output]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with _serving(Handler) as url:
        yield f"{url}/v2/models/old/infer", told


@contextlib.contextmanager
def _serving(handler):
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(WITHIN_S)
