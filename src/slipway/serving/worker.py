"""One worker: a socket, an event loop, and the projects that it serves."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from slipway.errors import Unavailable
from slipway.serving.access_log import AccessLog
from slipway.serving.collector import collect_seldom
from slipway.serving.guard import Guard
from slipway.serving.http_limits import HttpLimits
from slipway.serving.http_protocol import Connections
from slipway.serving.run_state import State
from slipway.serving.service import Service
from slipway.serving.site import Site

if TYPE_CHECKING:
    from slipway.serving.grpc_server import GrpcServer
    from slipway.serving.tls import Tls

_DRAIN_S = 20.0
_HANDSHAKE_S = 10.0
_LOAD_S = 10.0
"""How long projects wait for one another's arms before the worker takes requests."""
_log = structlog.get_logger()


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket that others may bind too, so that each worker has its own queue of callers.

    Raises:
        Unavailable: Somebody else has the port, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((host.strip("[]"), port))
        made.listen(1024)
    except OSError as error:
        made.close()
        raise Unavailable(f"{host}:{port}: want to listen here, got '{error.strerror}'. Choose another port.") from None
    made.settimeout(0)
    return made


class Worker:
    """Serves until it is told to stop.

    Args:
        services: The projects, at least one. What belongs to none of them alone, such as a caller who sends no HTTP,
            is counted with the first.
        sock: Socket to serve on; it stays open when the worker ends, if whoever made it keeps it.
        alive: Tells whether whoever started the worker still runs; if not, the worker ends too.
        guard: Who may ask; each project has one of its own too.
        tls: Certificate to speak TLS with, or None.
        grpc: What speaks gRPC on a port of its own, or None.
        access: Where each request leaves a line, or None.
        limits: Bounds of a connection.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        sock: socket.socket,
        alive: Callable[[], bool],
        guard: Guard,
        tls: "Tls | None" = None,
        grpc: "GrpcServer | None" = None,
        access: AccessLog | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        self.services, self._sock, self._alive = tuple(services), sock, alive
        self._tls, self._grpc, self._access = tls, grpc, access
        first = self.services[0]
        handle = first.handle if len(self.services) == 1 else Site(self.services, guard=guard).handle
        self._connections = Connections(
            access.around(handle) if access else handle,
            limits=limits or HttpLimits(),
            now=time.monotonic,
            refused=lambda status: first.counts.failed(f"http_{status}"),
        )
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then answer what was taken, and return."""
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for sign in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(sign, self._stop.set)
        self._enter(State.STARTING)
        loads = [asyncio.create_task(service.load()) for service in self.services]
        await asyncio.wait(loads, timeout=_LOAD_S if len(loads) > 1 else None)
        server = await loop.create_server(
            self._connections.make,
            sock=self._sock,
            backlog=1024,
            ssl=self._tls.context if self._tls else None,
            ssl_handshake_timeout=_HANDSHAKE_S if self._tls else None,
            ssl_shutdown_timeout=_HANDSHAKE_S if self._tls else None,
        )
        if self._grpc:
            await self._grpc.start()
        self._enter(State.READY)
        collect_seldom()
        follows = [service.follow(loaded) for service, loaded in zip(self.services, loads, strict=True)]
        chores = [asyncio.create_task(chore) for chore in (self._every_second(), *follows)]
        await self._stop.wait()
        await self._drain(server)
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        for service in self.services:
            await service.close()
        if self._access:
            self._access.close()
        self._enter(State.STOPPED)

    def stop(self) -> None:
        """Begin to end, as SIGTERM does."""
        self._stop.set()

    async def _drain(self, server: asyncio.AbstractServer) -> None:
        self._enter(State.DRAINING)
        server.close()
        self._connections.drain()
        ends = [service.ticker.drained() for service in self.services]
        if self._grpc:
            ends.append(self._grpc.stop(grace_s=_DRAIN_S))
        try:
            await asyncio.wait_for(asyncio.gather(*ends), _DRAIN_S)
        except TimeoutError:
            rows = sum(s.ticker.rows for s in self.services)
            _log.error("drain took too long", rows=rows, limit_s=_DRAIN_S)
        until = time.monotonic() + 2.0
        while self._connections.open and time.monotonic() < until:
            self._connections.drain()
            await asyncio.sleep(0.01)

    async def _every_second(self) -> None:
        while True:
            self._connections.sweep()
            for service in self.services:
                service.every_second()
            if self._tls:
                self._tls.look()
            if not self._alive():
                _log.error("the supervisor is gone; ending")
                self._stop.set()
            await asyncio.sleep(1.0)

    def _enter(self, state: State) -> None:
        host, port = self._sock.getsockname()[:2] if self._sock.fileno() >= 0 else ("", 0)
        for service in self.services:
            service.enter(state, address=(host, port))
