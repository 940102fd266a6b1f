"""The Open Inference Protocol over gRPC, in the worker's own event loop and through the same tick. Needs slipway[grpc].

Each worker binds the port for itself (``SO_REUSEPORT``). gRPC's own threads do the wire; a call enters the loop as a
coroutine that waits for the tick. One event loop a process is what grpc.aio wants: several would wake each other up for
nothing (grpc/grpc issue 25364).

Messages are decoded here and not by gRPC, which answers what it cannot decode with INTERNAL as if we had failed.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from slipway.errors import MissingExtra, NotFound, SlipwayError, Unavailable
from slipway.records.access import May
from slipway.serving.access_log import Access, AccessLog
from slipway.serving.caller import UNLOGGED
from slipway.serving.http_limits import HttpLimits
from slipway.serving.intake import Intake
from slipway.serving.metrics import Counts
from slipway.serving.people import check_nobody_waits
from slipway.serving.refusal import Refusal, refusal_of
from slipway.serving.tracing.rpc import trace_of, traced_call
from slipway.serving.tracing.tracer import Tracer
from slipway.serving.v2_metadata import model_metadata, server_metadata

try:
    import grpc
except ImportError as error:
    raise MissingExtra("gRPC: want the package 'grpcio', found none. pip install 'slipway[grpc]'.") from error

from slipway.serving.grpc_calls import code_of, headers_of, id_of, refuse, send_id, status_of
from slipway.serving.grpc_credentials import reloading_credentials
from slipway.serving.grpc_infer import decode, encoder, tensors_of
from slipway.serving.grpc_messages import SERVICE, message

_log = structlog.get_logger()

_Handler = Callable[[bytes, Any], Awaitable[bytes]]


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
                self.port = self._server.add_secure_port(address, reloading_credentials(*self._certificate))
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
                status = status_of(context).name
            finally:
                took_us = (time.monotonic_ns() - start_ns) // 1000
                headers = headers_of(context)
                request_id = dict(id_of(headers)).get("x-request-id", "")
                trace_id = trace_of(headers)
                log.note(Access(at_us, "grpc", name, status, took_us, len(data), len(reply), request_id, trace_id))
            return reply

        return noting

    def _answer(self, tell: Callable[[bytes, dict[bytes, bytes]], bytes]) -> _Handler:
        async def call(data: bytes, context: Any) -> bytes:
            headers = headers_of(context)
            send_id(context, headers)
            try:
                return tell(data, headers)
            except SlipwayError as error:
                return refuse(context, error, headers)

        return call

    async def _infer(self, data: bytes, context: Any) -> bytes:
        headers = headers_of(context)
        send_id(context, headers)
        try:
            request = decode("ModelInferRequest", data=data)
            model = self._model(request.model_name)
        except SlipwayError as error:
            next(iter(self._models.values())).counts.failed(f"grpc_{code_of(error).name.lower()}")
            return refuse(context, error, headers)
        with traced_call(
            model.tracer, service=SERVICE, method="ModelInfer", headers=headers, status=lambda: status_of(context)
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
        model.counts.failed(f"grpc_{code_of(error).name.lower()}")
        intake.refusals.note(refusal_of(error), body=data)
        return refuse(context, error, headers)
    answer = await call.reply
    if isinstance(answer, Refusal):
        return refuse(context, answer, headers)
    if call.more:
        send_id(context, headers, more=call.more)
    return answer


def _bytes(reply: Any) -> bytes:
    data: bytes = reply.SerializeToString()
    return data
