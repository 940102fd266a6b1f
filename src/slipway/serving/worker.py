"""One worker: a socket, an event loop, the route in force, a journal of its own."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from slipway.errors import Unavailable
from slipway.ports import JournalWriter, Runtime
from slipway.records.arm import Arm
from slipway.records.worker_config import WorkerConfig
from slipway.serving import metrics
from slipway.serving.app import App
from slipway.serving.http_limits import HttpLimits
from slipway.serving.http_protocol import Connections
from slipway.serving.live_route import LiveRoute
from slipway.serving.metrics import Counts
from slipway.serving.routes import RouteKeeper
from slipway.serving.run_state import State, tell_state
from slipway.serving.tick import Ticker
from slipway.storage.routes import RouteWatch

_DRAIN_S = 20.0
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
        config: Facts of the data plane.
        name: Such as ``worker-0``; names its files in the run folder.
        run_folder: Where it says how it is.
        journal: Where frames go.
        writer: Name of the journal's series; prediction ids begin with it.
        watch: Tells of another route.
        open_arm: Loads an arm.
        sock: Socket to serve on; it stays open when the worker ends, if whoever made it keeps it.
        alive: Tells whether whoever started the worker still runs; if not, the worker ends too.
        limits: Bounds of a connection.
    """

    def __init__(
        self,
        config: WorkerConfig,
        *,
        name: str,
        run_folder: Path,
        journal: JournalWriter,
        writer: str,
        watch: RouteWatch,
        open_arm: Callable[[Arm], Awaitable[Runtime]],
        sock: socket.socket,
        alive: Callable[[], bool],
        limits: HttpLimits | None = None,
    ) -> None:
        self._config, self._name, self._folder = config, name, run_folder
        self._journal, self._sock, self._alive = journal, sock, alive
        self._counts = Counts()
        self._metrics_path = metrics.path_of(name, folder=run_folder)
        self._state = State.STARTING
        self._routes = RouteKeeper(watch, open_arm=open_arm, changed=self._tell)
        self._ticker = Ticker(config, journal=journal, writer=writer, live=self._live, counts=self._counts)
        app = App(
            config,
            ticker=self._ticker,
            live=self._live,
            counts=self._counts,
            metrics_path=self._metrics_path,
            ready=self._why_not_ready,
        )
        self._connections = Connections(
            app.handle,
            limits=limits or HttpLimits(),
            now=time.monotonic,
            refused=lambda status: self._counts.failed(f"http_{status}"),
        )
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then answer what was taken, and return."""
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for sign in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(sign, self._stop.set)
        self._tell()
        await self._routes.look()
        server = await loop.create_server(self._connections.make, sock=self._sock, backlog=1024)
        self._state = State.READY
        self._tell()
        gc.collect()
        gc.freeze()  # what is loaded now stays; the collector need not look at it again
        gc.set_threshold(20_000, 50, 100)  # a request leaves no cycles behind, so look seldom
        chores = [asyncio.create_task(chore) for chore in (self._routes.run(), self._every_second())]
        await self._stop.wait()
        await self._drain(server)
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        await self._routes.close()
        self._journal.close()
        self._state = State.STOPPED
        self._tell()

    def stop(self) -> None:
        """Begin to end, as SIGTERM does."""
        self._stop.set()

    async def _drain(self, server: asyncio.AbstractServer) -> None:
        self._state = State.DRAINING
        self._tell()
        server.close()
        self._connections.drain()
        try:
            await asyncio.wait_for(self._ticker.drained(), _DRAIN_S)
        except TimeoutError:
            _log.error("drain took too long", rows=self._ticker.rows, limit_s=_DRAIN_S)
        until = time.monotonic() + 2.0
        while self._connections.open and time.monotonic() < until:
            self._connections.drain()
            await asyncio.sleep(0.01)

    async def _every_second(self) -> None:
        while True:
            self._connections.sweep()
            try:
                metrics.save(self._counts, path=self._metrics_path)
            except OSError as error:
                _log.error("metrics not saved", error=str(error))
                with contextlib.suppress(OSError):
                    os.utime(self._metrics_path)  # a full disk still takes this sign that the worker does not hang
            if not self._alive():
                _log.error("the supervisor is gone; ending")
                self._stop.set()
            await asyncio.sleep(1.0)

    def _live(self) -> LiveRoute | None:
        return self._routes.live

    def _why_not_ready(self) -> str:
        if self._state is not State.READY:
            return f"The worker is {self._state}."
        if self._routes.live is None:
            return f"No route is in force. {self._routes.trouble}".strip()
        return ""

    def _tell(self) -> None:
        live = self._routes.live
        host, port = self._sock.getsockname()[:2] if self._sock.fileno() >= 0 else ("", 0)
        self._counts.route_version = live.route.version if live else 0
        try:
            tell_state(
                self._folder,
                name=self._name,
                state=self._state,
                host=host,
                port=port,
                route=self._config.route,
                route_version=self._counts.route_version,
                trouble=self._routes.trouble,
            )
        except OSError as error:
            _log.error("state not told", error=str(error), pid=os.getpid())
