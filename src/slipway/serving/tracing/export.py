"""Sends traces to a collector, off the hot path: the loop puts what is over into a queue, and a thread sends.

Whatever the collector does, it costs no answer: what the thread cannot keep up with, and what is not taken within some
seconds, is dropped and counted. Spans are made a few at a time, for a thread that computes takes turns with the loop.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan

from slipway.serving.tracing.spans import spans_of
from slipway.serving.tracing.trace import Trace

MOST_WAITING = 1_000
"""Traces that may wait for the thread."""
MOST_AT_ONCE = 20
"""Traces made into spans and sent together: some 100 spans, or some 3 ms."""
_PAUSE_S = 0.02
"""How long traces gather: some 1,000 a second can be sent."""
_TAKEN_WITHIN_S = 5.0
_CLOSED_WITHIN_S = 3.0
_TELL_EACH_S = 60.0
_log = structlog.get_logger()


class Sends(Protocol):
    """What carries spans; OpenTelemetry's exporters do."""

    def export(self, spans: list[ReadableSpan]) -> object:
        """Send them; the result's ``name`` is ``SUCCESS`` where they were taken."""
        ...

    def shutdown(self) -> None:
        """Give up what is under way, and end."""
        ...


class TraceExport:
    """Sends traces until it is closed.

    Args:
        send: Carries spans.
        resource: Who notes them.
        count: Told of spans: how many, and what became of them (``sent``, ``dropped`` or ``not_taken``).
        now: Monotonic seconds.
    """

    def __init__(
        self,
        send: Sends,
        *,
        resource: Resource,
        count: Callable[[str, int], object],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._resource, self._count = send, resource, count
        self._queue: queue.SimpleQueue[Trace | None] = queue.SimpleQueue()
        self._closing, self._now = threading.Event(), now
        self._lost, self._told_s = 0, -_TELL_EACH_S
        self._thread = threading.Thread(target=self._run, name="trace export", daemon=True)
        self._thread.start()

    def note(self, trace: Trace) -> None:
        """Have one trace sent; never wait."""
        if self._queue.qsize() < MOST_WAITING:
            self._queue.put(trace)
        else:
            self._count("dropped", 1 + len(trace.pieces))

    def close(self) -> None:
        """Send what waits, as far as that goes fast, and end."""
        self._closing.set()
        self._queue.put(None)
        self._thread.join(_CLOSED_WITHIN_S)
        self._send.shutdown()

    def _run(self) -> None:
        more = True
        while more:
            traces, more = self._some()
            if traces:
                self._export([span for trace in traces for span in spans_of(trace, resource=self._resource)])

    def _some(self) -> tuple[list[Trace], bool]:
        """Wait for traces, and return some, and whether more may come."""
        traces, one = [], self._queue.get()
        if one is not None:
            self._closing.wait(_PAUSE_S)
        while one is not None:
            traces.append(one)
            if len(traces) == MOST_AT_ONCE:
                return traces, True
            try:
                one = self._queue.get_nowait()
            except queue.Empty:
                return traces, True
        return traces, False

    def _export(self, spans: list[ReadableSpan]) -> None:
        begun_s = self._now()
        try:
            result = self._send.export(spans)
            taken = getattr(result, "name", "") == "SUCCESS"
            why = "" if taken else f"refused, or not taken within {_TAKEN_WITHIN_S:g} s"
        except Exception as error:  # noqa: BLE001 - whatever a collector answers, nobody else may notice
            why = f"{type(error).__name__}: {error}"
        self._count("not_taken" if why else "sent", len(spans))
        if why:
            self._tell(why, len(spans), begun_s=begun_s)

    def _tell(self, why: str, spans: int, *, begun_s: float) -> None:
        """Say what is not taken once a minute: a collector that takes every other batch is not to fill the disk."""
        now_s = self._now()
        self._lost += spans
        if now_s - self._told_s >= _TELL_EACH_S:
            _log.error("traces not taken", reason=why, after_s=round(now_s - begun_s, 1), spans=self._lost)
            self._lost, self._told_s = 0, now_s


def open_export(endpoint: str, *, project: str, process: str, count: Callable[[str, int], object]) -> TraceExport:
    """Return what sends traces to a collector by OTLP over HTTP.

    Keys and certificates are taken from OpenTelemetry's own variables, such as ``OTEL_EXPORTER_OTLP_HEADERS``.

    Args:
        endpoint: Address of the collector, without ``/v1/traces``.
        project: Name of the project; the spans' service, unless ``OTEL_SERVICE_NAME`` says another.
        process: Such as ``worker-0``.
        count: As :class:`TraceExport` wants it.

    Raises:
        MissingExtra: OpenTelemetry is not installed.
    """
    import requests  # noqa: PLC0415 - comes with that extra
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra

    theirs = logging.getLogger("opentelemetry")  # it would say of every attempt what is said here once
    theirs.addHandler(logging.NullHandler())
    theirs.propagate = False
    service = os.environ.get("OTEL_SERVICE_NAME") or project
    words = {"service.name": service, "service.instance.id": f"{process}-{os.getpid()}", "slipway.process": process}

    def taken(reply: requests.Response, **_: object) -> None:
        if 300 <= reply.status_code < 400:  # a login page, say: the exporter would count it as sent
            reply.close()
            raise requests.RequestException(f"status {reply.status_code}, a redirect; name where it leads")

    session = requests.Session()
    session.hooks["response"].append(taken)
    send = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=_TAKEN_WITHIN_S, session=session)
    return TraceExport(send, resource=Resource.create(words), count=count)
