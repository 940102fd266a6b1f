"""The control process: a step every so often, and the control surface beside it."""

import asyncio
import contextlib
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING

import structlog
import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from slipway.control.desk import Desk
from slipway.control.office import Office
from slipway.control.requests import StepRequest
from slipway.control.surface import surface
from slipway.control.tenure import Tenure
from slipway.errors import SlipwayError, Unavailable
from slipway.records.rollout import Action
from slipway.records.worker_config import ClockKind
from slipway.serving.guard import Guard
from slipway.serving.run_state import State

if TYPE_CHECKING:
    from slipway.serving.tls import Tls

Pages = Callable[[Desk], Sequence[BaseRoute]]
"""Desk to what is shown of it to people."""

_log = structlog.get_logger()

LOOK_S = 0.2
"""How often it looks whether whoever started it still runs."""

INTERVAL_S = 1.0
"""Pause between two steps; see :func:`pause_s`."""

LONGEST_PAUSE_S = 2.0
"""The longest pause: reading takes longer the longer one paused, and without a limit each would lengthen the other."""


def run(
    desk: Desk,
    *,
    host: str,
    port: int,
    tell: Callable[[State, int], object],
    guard: Guard,
    tenure: Tenure | None = None,
    pages: Sequence[BaseRoute] = (),
    tls: "Tls | None" = None,
    alive: Callable[[], bool] = lambda: True,
    beat: Callable[[], object] = lambda: None,
    interval_s: float = INTERVAL_S,
    keep: Callable[[], Sequence[str]] = tuple,
    keep_s: float = 60.0,
) -> None:
    """Serve until the process is told to end (SIGTERM, SIGINT), or whoever started it is gone.

    With the machine's clock it steps by itself; with the event clock only when it is asked to. As long as another
    process is the controller it reads the journal and changes nothing.

    Args:
        desk: What is served.
        host: Address to bind.
        port: Port to bind; 0 takes any free one.
        tell: Called with (how far it is, the port bound).
        guard: Who may command.
        tenure: Makes this process the controller, and tells whether it is; None: it is.
        pages: What is shown to people; see :func:`slipway.control.surface.surface`.
        tls: Certificate to speak TLS with, or None.
        alive: Tells whether whoever started the process still runs.
        beat: Gives a sign of life, five times a second.
        interval_s: Pause between two steps.
        keep: Keeps house, such as sealing what the journal has closed; returns one sentence for each thing that failed.
        keep_s: Pause before each round of it.

    Raises:
        Unavailable: The port is taken.
    """
    listening = _listen(host, port)
    app = surface(desk, guard=guard, pages=pages)
    config = uvicorn.Config(app, lifespan="off", log_config=None, server_header=False)
    config.load()
    config.ssl = tls.context if tls else None
    server = _Server(config)

    def look() -> None:
        beat()
        guard.look()
        if tls:
            tls.look()

    async def main() -> None:
        office = Office(tenure, desk=desk, told=lambda held: tell(State.READY if held else State.STANDBY, bound))
        await office.look()
        async with (
            _in_background(office.watch()),
            _in_background(_keep_forever(keep, pause_s=keep_s)),
            _in_background(_step_forever(desk, office=office, interval_s=interval_s)),
            _watching(server, alive=alive, look=look),
        ):
            await server.serve(sockets=[listening])

    bound = int(listening.getsockname()[1])
    with contextlib.closing(listening):
        asyncio.run(main())
    tell(State.STOPPED, bound)


class _Server(uvicorn.Server):
    """Ends in order and returns: uvicorn's own raises the signal again, and dies of it before the lease is back."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT for the word to stop."""
        loop = asyncio.get_running_loop()
        signs = (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
        for sign in signs:
            loop.add_signal_handler(sign, self._stop)
        try:
            yield
        finally:
            for sign in signs:
                loop.remove_signal_handler(sign)

    def _stop(self) -> None:
        self.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Unavailable(
            f"control surface: want to listen on {host}:{port}, got '{error.strerror}'. "
            "End what listens there, or set another serving.port (control takes the next one)."
        ) from error
    listening.listen(128)
    return listening


@contextlib.asynccontextmanager
async def _watching(
    server: uvicorn.Server, *, alive: Callable[[], bool], look: Callable[[], object]
) -> AsyncIterator[None]:
    async def watch() -> None:
        while alive():
            with contextlib.suppress(OSError):
                look()
            await asyncio.sleep(LOOK_S)
        server.should_exit = True

    async with _in_background(watch()):
        yield


@contextlib.asynccontextmanager
async def _in_background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _step_forever(desk: Desk, *, office: Office, interval_s: float) -> None:
    while True:
        began = time.monotonic()
        if not office.held:
            await run_in_threadpool(desk.stand_by)
        elif desk.kind is ClockKind.SYSTEM:
            await _step_once(desk, request=StepRequest())
        await asyncio.sleep(pause_s(time.monotonic() - began, interval_s=interval_s))


def pause_s(took_s: float, *, interval_s: float = INTERVAL_S) -> float:
    """Return how long to pause after a step: a while, or five times what it took, but never so long as to fall behind.

    >>> pause_s(0.01), pause_s(0.3), pause_s(4.0)
    (1.0, 1.5, 2.0)
    """
    return max(interval_s, min(5 * took_s, LONGEST_PAUSE_S))


async def _keep_forever(keep: Callable[[], Sequence[str]], *, pause_s: float) -> None:
    while True:
        await asyncio.sleep(pause_s)
        try:
            problems = await run_in_threadpool(keep)
        except Exception:  # noqa: BLE001 - what keeps house must not end what rolls back
            _log.exception("housekeeping failed")
            continue
        for problem in problems:
            _log.warning("housekeeping", problem=problem)


async def _step_once(desk: Desk, *, request: StepRequest) -> None:
    try:
        report = await run_in_threadpool(desk.step, request)
    except SlipwayError as error:
        _log.error("control step failed", error=str(error))
        return
    except Exception:  # noqa: BLE001 - a bug in one step must not end the loop that rolls back
        _log.exception("control step failed")
        return
    if desk.controller.fault is not None:
        _log.error("control step failed", error=desk.controller.fault.words, exc_info=desk.controller.fault.error)
    for problem in report.problems:
        _log.warning("control step", problem=problem)
    for verdict in report.verdicts:
        if verdict.action is not Action.STAY:
            _log.info("verdict", rollout=verdict.rollout, action=verdict.action, reason=verdict.reason)
