"""One project inside a worker: its route in force, its journal, its endpoints. A worker has one, or several."""

import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from slipway.ports import JournalWriter, Runtime
from slipway.records.arm import Arm
from slipway.records.route import Route
from slipway.records.worker_config import WorkerConfig
from slipway.serving import metrics
from slipway.serving.app import App
from slipway.serving.guard import Guard
from slipway.serving.live_route import LiveRoute
from slipway.serving.metrics import Counts
from slipway.serving.pulse import beat
from slipway.serving.refusal_log import refusals
from slipway.serving.routes import RouteKeeper
from slipway.serving.run_state import State, tell_state
from slipway.serving.tick import Ticker
from slipway.serving.tracing.opening import open_tracing
from slipway.serving.tracing.requests import traced
from slipway.storage.routes import RouteWatch

_log = structlog.get_logger()


class Service:
    """Answers for one project, as long as the worker that holds it runs.

    Nothing of it is shared with the projects beside it: one whose arms cannot be loaded leaves the others alone.

    Args:
        config: Facts of the data plane.
        worker: Name of the worker, such as ``worker-0``; names its files in the run folder.
        run_folder: Where the project's processes say how they are.
        journal: Where frames go.
        writer: Name of the journal's series; prediction ids begin with it.
        watch: Tells of another route.
        open_arm: Loads an arm.
        guard: Who may ask for what.
        typical: Gives a usual row for the arms of a route.

    Attributes:
        route: Name of the route.
        counts: What is counted.
        ticker: Answers rows and takes outcomes.
        app: The endpoints.
        handle: Answers a request.
        tracer: Decides which requests are traced, or None: none is.
    """

    def __init__(
        self,
        config: WorkerConfig,
        *,
        worker: str,
        run_folder: Path,
        journal: JournalWriter,
        writer: str,
        watch: RouteWatch,
        open_arm: Callable[[Arm], Awaitable[Runtime]],
        guard: Guard,
        typical: Callable[[Route | None], Mapping[str, Any]] | None = None,
    ) -> None:
        self.route = config.route
        budget_ms = config.latency_budget_ms
        self.counts = Counts(worker=worker, slow_over_us=math.inf if budget_ms is None else budget_ms * 1e3)
        self._worker, self._folder, self._journal, self._guard = worker, run_folder, journal, guard
        self._metrics_path = metrics.path_of(worker, folder=run_folder)
        self._state, self._address = State.STARTING, ("", 0)
        self._routes = RouteKeeper(watch, open_arm=open_arm, changed=self._tell, use=self.counts.use)
        self.ticker = Ticker(config, journal=journal, writer=writer, live=self.live, counts=self.counts)
        self.app = App(
            config,
            ticker=self.ticker,
            live=self.live,
            counts=self.counts,
            metrics_path=self._metrics_path,
            ready=self.why_not_ready,
            guard=guard,
            typical=typical,
        )
        refusals.know((*(f.name for f in config.signature.fields), config.entity))
        self._tracing = open_tracing(config, process=worker, counts=self.counts)
        self.tracer = self._tracing.tracer if self._tracing else None
        self.handle = traced(self.app.handle, tracer=self.tracer) if self.tracer else self.app.handle

    async def load(self) -> None:
        """Look for the route once, so that the first request finds it in force."""
        await self._routes.look()

    async def follow(self, loaded: Awaitable[None]) -> None:
        """Look for other routes for ever, once the first look has ended."""
        await loaded
        await self._routes.run()

    def enter(self, state: State, *, address: tuple[str, int]) -> None:
        """Say how far the worker is, and where it listens."""
        self._state, self._address = state, address
        self._tell()

    def every_second(self) -> None:
        """Give a sign of life, leave the counts where the other workers find them, take up keys that changed."""
        self._guard.look()
        with contextlib.suppress(OSError):
            beat(self._worker, folder=self._folder)
        self.counts.waiting = self.ticker.rows
        self.counts.use.measure(self._routes.usage(), now_s=time.monotonic())
        try:
            metrics.save(self.counts, path=self._metrics_path)
        except OSError as error:
            _log.error("metrics not saved", route=self.route, error=str(error))

    async def close(self) -> None:
        """Give back every arm and end the journal's series; call it when all that was taken is answered."""
        await self._routes.close()
        self._journal.close()
        if self._tracing:
            self._tracing.export.close()

    def live(self) -> LiveRoute | None:
        """Return the route in force, or None before the first."""
        return self._routes.live

    def why_not_ready(self) -> str:
        """Return the reason why requests should not come here, or an empty string."""
        if self._state is not State.READY:
            return f"The worker is {self._state}."
        if self._routes.live is None:
            return f"No route is in force. {self._routes.trouble}".strip()
        return ""

    def _tell(self) -> None:
        live = self._routes.live
        host, port = self._address
        self.counts.route_version = live.route.version if live else 0
        try:
            tell_state(
                self._folder,
                name=self._worker,
                state=self._state,
                host=host,
                port=port,
                route=self.route,
                route_version=self.counts.route_version,
                trouble=self._routes.trouble,
            )
        except OSError as error:
            _log.error("state not told", route=self.route, error=str(error))
