"""The Open Inference Protocol over gRPC, in the worker's own event loop and through the same tick. Needs slipway[grpc].

Each worker binds the port for itself (``SO_REUSEPORT``). gRPC's own threads do the wire; a call enters the loop as a
coroutine that waits for the tick. One event loop a process is what grpc.aio wants: several would wake each other up for
nothing (grpc/grpc issue 25364).

Messages are decoded here and not by gRPC, which answers what it cannot decode with INTERNAL as if we had failed.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from slipway.errors import MissingExtra, NotFound, Overloaded, SlipwayError, Unavailable
from slipway.records.access import May
from slipway.serving.access_log import Access, AccessLog
from slipway.serving.caller import UNLOGGED
from slipway.serving.http_limits import HttpLimits
from slipway.serving.intake import Intake
from slipway.serving.metrics import Counts
from slipway.serving.people import WaitsForPeople, check_nobody_waits
from slipway.serving.refusal import Refusal, refusal_of
from slipway.serving.refusal_log import refusals
from slipway.serving.tracing.context import HEADER
from slipway.serving.tracing.rpc import trace_of, traced_call
from slipway.serving.tracing.tracer import Tracer
from slipway.serving.v2_metadata import model_metadata, server_metadata

try:
    import grpc
    from grpc import StatusCode
except ImportError as error:
    raise MissingExtra("gRPC: want the package 'grpcio', found none. pip install 'slipway[grpc]'.") from error

from slipway.serving.grpc_infer import decode, encoder, tensors_of
from slipway.serving.grpc_messages import SERVICE, message

_log = structlog.get_logger()

_Handler = Callable[[bytes, Any], Awaitable[bytes]]
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


class Model(NamedTuple):
    """One project behind the service.

    Attributes:
        intake: The way in.
        counts: Where its failures are counted.
        why_not_ready: Gives the reason why it wants no traffic, or an empty string.
        tracer: Decides which calls are traced, or None: none is.
    """

    intake: Intake
    counts: Counts
    why_not_ready: Callable[[], str]
    tracer: Tracer | None = None


class GrpcServer:
    """Serves projects on a port of their own, until it is stopped.

    Args:
        models: Projects by the names of their routes, at least one.
        host: Address to bind.
        port: Port to bind; 0 takes any free one.
        certificate: PEM files of certificate and key, or None to speak without TLS. They are read anew when they
            change, before the next handshake.
        access: Where each call leaves a line, or None.
        limits: Bounds in size; those in time are gRPC's own.

    Attributes:
        port: Port that is bound, once started.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
        *,
        host: str,
        port: int,
        certificate: tuple[Path, Path] | None = None,
        access: AccessLog | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        self._models, self._certificate, self._limits = dict(models), certificate, limits or HttpLimits()
        self._address, self.port, self._access = host, port, access
        self._server: Any = None

    async def start(self) -> None:
        """Bind and serve.

        Raises:
            Unavailable: Somebody else has the port.
        """
        size = self._limits.body_bytes
        options = [
            ("grpc.so_reuseport", 1),
            ("grpc.max_receive_message_length", size),
            ("grpc.max_send_message_length", 4 * size),
            ("grpc.max_metadata_size", self._limits.head_bytes),
            ("grpc.max_concurrent_streams", self._limits.pipelined),
        ]
        self._server = grpc.aio.server(options=options)
        calls: dict[str, _Handler] = {
            "ServerLive": self._answer(self._server_live),
            "ServerReady": self._answer(self._server_ready),
            "ModelReady": self._answer(self._model_ready),
            "ServerMetadata": self._answer(self._server_metadata),
            "ModelMetadata": self._answer(self._model_metadata),
            "ModelInfer": self._infer,
        }
        handlers = {name: grpc.unary_unary_rpc_method_handler(self._noted(name, call)) for name, call in calls.items()}
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        host = f"[{self._address}]" if self._address.count(":") > 1 and self._address[0] != "[" else self._address
        address = f"{host}:{self.port}"
        try:
            if self._certificate is None:
                self.port = self._server.add_insecure_port(address)
            else:
                self.port = self._server.add_secure_port(address, _credentials(*self._certificate))
        except RuntimeError as error:
            raise Unavailable(f"{address}: want to serve gRPC here, got '{error}'. Choose another grpc_port.") from None
        await self._server.start()
        _log.info("gRPC", port=self.port, tls=self._certificate is not None)

    async def stop(self, *, grace_s: float) -> None:
        """Take no more calls, and return when those under way are answered or the time is over."""
        if self._server is not None:
            await self._server.stop(grace_s)

    # ---- calls ----

    def _noted(self, name: str, call: _Handler) -> _Handler:
        log = self._access
        if log is None:
            return call

        async def noting(data: bytes, context: Any) -> bytes:
            at_us, start_ns, reply = time.time_ns() // 1000, time.monotonic_ns(), b""
            status = "CANCELLED"  # the caller has gone
            try:
                reply = await call(data, context)
                status = _status(context).name
            finally:
                took_us = (time.monotonic_ns() - start_ns) // 1000
                headers = _headers(context)
                request_id = dict(_id_of(headers)).get("x-request-id", "")
                trace_id = trace_of(headers)
                log.note(Access(at_us, "grpc", name, status, took_us, len(data), len(reply), request_id, trace_id))
            return reply

        return noting

    def _answer(self, tell: Callable[[bytes, dict[bytes, bytes]], bytes]) -> _Handler:
        async def call(data: bytes, context: Any) -> bytes:
            headers = _headers(context)
            _send_id(context, headers)
            try:
                return tell(data, headers)
            except SlipwayError as error:
                return _refuse(context, error, headers)

        return call

    async def _infer(self, data: bytes, context: Any) -> bytes:
        headers = _headers(context)
        _send_id(context, headers)
        try:
            request = decode("ModelInferRequest", data=data)
            model = self._model(request.model_name)
        except SlipwayError as error:
            next(iter(self._models.values())).counts.failed(f"grpc_{_code(error).name.lower()}")
            return _refuse(context, error, headers)
        with traced_call(
            model.tracer, service=SERVICE, method="ModelInfer", headers=headers, status=lambda: _status(context)
        ):
            return await _asked(model, request, context, headers, data=data)

    def _server_live(self, _data: bytes, _headers: dict[bytes, bytes]) -> bytes:
        return _bytes(message("ServerLiveResponse")(live=True))

    def _server_ready(self, _data: bytes, _headers: dict[bytes, bytes]) -> bytes:
        ready = not any(model.why_not_ready() for model in self._models.values())
        return _bytes(message("ServerReadyResponse")(ready=ready))

    def _model_ready(self, data: bytes, _headers: dict[bytes, bytes]) -> bytes:
        asked = decode("ModelReadyRequest", data=data)
        model = self._model(asked.name)
        ready = not model.why_not_ready()
        if ready:
            model.intake.route(version=asked.version)
        return _bytes(message("ModelReadyResponse")(ready=ready))

    def _server_metadata(self, _data: bytes, _headers: dict[bytes, bytes]) -> bytes:
        return _bytes(message("ServerMetadataResponse")(**server_metadata()))

    def _model_metadata(self, data: bytes, headers: dict[bytes, bytes]) -> bytes:
        asked = decode("ModelMetadataRequest", data=data)
        intake = self._model(asked.name).intake
        intake.guard.admit(headers)
        route = intake.route(version=asked.version)
        return _bytes(message("ModelMetadataResponse")(**model_metadata(intake.config, route)))

    def _model(self, name: str) -> Model:
        found = self._models.get(name)
        if found is None:
            known = ", ".join(sorted(self._models))
            raise NotFound(f"There is no such model here: want one of {known}, got '{name[:80]}'.")
        return found


class _Call:
    """One ModelInfer that waits for its tick; a caller who has gone away by then gets nothing."""

    def __init__(self) -> None:
        self.reply: asyncio.Future[bytes | Refusal] = asyncio.get_running_loop().create_future()
        self.more: tuple[tuple[str, str], ...] = ()

    def ok(self, body: bytes) -> None:
        if not self.reply.done():
            self.reply.set_result(body)

    def unlogged(self) -> None:
        self.more = (UNLOGGED,)

    def refuse(self, refusal: Refusal) -> None:
        if not self.reply.done():
            self.reply.set_result(refusal)


async def _asked(model: Model, request: Any, context: Any, headers: dict[bytes, bytes], *, data: bytes) -> bytes:
    call, intake = _Call(), model.intake
    try:
        intake.guard.admit(headers, may=May.PREDICT)
        at_us, route = intake.at_us(headers), intake.route(version=request.model_version)
        check_nobody_waits(route, protocol="The Open Inference Protocol")
        asked = intake.tensors.decode(tensors_of(request))
        encode = encoder(request, route=route.name, route_version=route.version, outputs=intake.outputs)
        intake.ticker.ask(call, asked, at_us=at_us, encode=encode)
    except SlipwayError as error:
        model.counts.failed(f"grpc_{_code(error).name.lower()}")
        intake.refusals.note(refusal_of(error), body=data)
        return _refuse(context, error, headers)
    answer = await call.reply
    if isinstance(answer, Refusal):
        return _refuse(context, answer, headers)
    if call.more:
        _send_id(context, headers, more=call.more)
    return answer


def _status(context: Any) -> StatusCode:
    """Return how a call has ended; one that nobody set a status of went well."""
    told = context.code()
    return next((code for code in StatusCode if told in (code, code.value[0])), StatusCode.OK)


def _code(error: SlipwayError) -> StatusCode:
    if isinstance(error, Overloaded):
        return StatusCode.RESOURCE_EXHAUSTED
    if isinstance(error, WaitsForPeople):
        return StatusCode.FAILED_PRECONDITION
    return _CODES.get(refusal_of(error).status, StatusCode.INTERNAL)


def _refuse(context: Any, error: SlipwayError, headers: dict[bytes, bytes]) -> bytes:
    """Set the status of a call that gets no answer.

    Not by ``context.abort``: its exception holds the call in a cycle until the collector comes by, which it seldom does
    here, and a call that is held is one of the ``pipelined`` ones of its connection: 64 mistakes, and nobody on that
    connection was answered any more.
    """
    refusal = refusal_of(error)
    told_id = _id_of(headers) or (("x-request-id", os.urandom(8).hex()),)
    refusals.note(refusal, method="grpc", path=SERVICE, request_id=told_id[0][1], trace_id=trace_of(headers))
    body = refusal.body
    told = [body.error, f"Want {body.wanted}, got {body.got}." if body.wanted else "", body.hint]
    more = tuple((name, value) for name, value in refusal.headers if name in ("retry-after", "www-authenticate"))
    details = " ".join(part for part in told if part)
    context.set_code(_code(error))
    context.set_details(details)
    context.set_trailing_metadata(told_id + more)
    return b""


def _headers(context: Any) -> dict[bytes, bytes]:
    told: Sequence[tuple[str, str | bytes]] = context.invocation_metadata() or ()
    pairs = ((k.encode(), v.encode("latin-1", "replace") if isinstance(v, str) else v) for k, v in told)
    return {name: value for name, value in pairs if name in _TOLD}


def _id_of(headers: dict[bytes, bytes]) -> tuple[tuple[str, str], ...]:
    given = headers.get(b"x-request-id")
    return () if given is None else (("x-request-id", given[:_LONGEST_ID].decode("latin-1")),)


def _send_id(context: Any, headers: dict[bytes, bytes], *, more: tuple[tuple[str, str], ...] = ()) -> None:
    if told := (*_id_of(headers), *more):
        context.set_trailing_metadata(told)


def _bytes(reply: Any) -> bytes:
    data: bytes = reply.SerializeToString()
    return data


def _credentials(certificate: Path, key: Path) -> Any:
    known: list[Any] = [None]

    def read() -> Any:
        stamp = (certificate.stat().st_mtime_ns, key.stat().st_mtime_ns)
        if stamp == known[0]:
            return None
        pair = (key.read_bytes(), certificate.read_bytes())
        known[0] = stamp
        return grpc.ssl_server_certificate_configuration([pair])

    def fetch() -> Any:
        try:
            return read()
        except OSError as error:  # what is in use goes on being used
            _log.error("certificate not taken up", error=str(error))
            return None

    return grpc.dynamic_ssl_server_credentials(read(), fetch, require_client_authentication=False)
