"""Keeps the route in force: looks at the route file, loads what is new, swaps between two ticks.

New arms are loaded and tried first; only a route whose every arm is ready comes into force. If one is not, the present
route stays and the reason is kept for whoever asks (:attr:`RouteKeeper.trouble`). Arms that have left the route stay
loaded for a while, so that the way back is as short as a pointer.

Versions only grow. An older route is the late word of a controller that was stopped and has been replaced meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from slipway.errors import Conflict, SlipwayError
from slipway.ports import Runtime
from slipway.records.arm import Arm
from slipway.records.route import Route
from slipway.records.usage import ArmUsage
from slipway.runtime.usage import Measured
from slipway.serving.live_route import LiveRoute, answering_arms
from slipway.serving.use import Use
from slipway.storage.routes import RouteWatch

LOOK_S = 0.05
"""How often a worker looks for another route."""
_RETRY_S = 2.0
_KEPT_ARMS = 8

_log = structlog.get_logger()


class RouteKeeper:
    """Holds the route in force of one worker.

    Args:
        watch: Tells of another route.
        open_arm: Loads an arm.
        changed: Called after each swap and each failure.
        use: Where the time that each arm takes is counted, or None: nowhere.

    Attributes:
        live: Route in force, or None before the first.
        trouble: Why the newest route is not in force, or an empty string.
    """

    def __init__(
        self,
        watch: RouteWatch,
        *,
        open_arm: Callable[[Arm], Awaitable[Runtime]],
        changed: Callable[[], None],
        use: Use | None = None,
    ) -> None:
        self._watch, self._open, self._changed, self._use = watch, open_arm, changed, use
        self._loaded: dict[Arm, Runtime] = {}
        self._wanted: Route | None = None
        self._retry_at_s = 0.0
        self.live: LiveRoute | None = None
        self.trouble = ""

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once: if there is another route, load its arms and put it in force. A failure is kept, not raised."""
        try:
            found = self._watch.poll()
        except SlipwayError as error:
            self._fail(error)
            return
        if found is not None and self.live is not None and found.version < self.live.route.version:
            self._fail(_older(found, live=self.live.route))
        elif found is not None:
            self._wanted, self._retry_at_s = found, 0.0
        if self._wanted is not None and time.monotonic() >= self._retry_at_s:
            await self._put_in_force(self._wanted)

    def usage(self) -> dict[str, ArmUsage]:
        """Return what the arms of the route in force take, those that say."""
        runtimes = self.live.runtimes if self.live else {}
        return {name: runtime.usage() for name, runtime in runtimes.items() if isinstance(runtime, Measured)}

    async def close(self) -> None:
        """Give back every arm."""
        self._watch.close()
        for runtime in self._loaded.values():
            await runtime.close()
        self._loaded.clear()

    async def _put_in_force(self, route: Route) -> None:
        arms = [route.arm(name) for name in sorted(answering_arms(route))]
        try:
            for arm in arms:
                if arm not in self._loaded:
                    self._loaded[arm] = await self._open(arm)
        except Exception as error:  # noqa: BLE001 - a route that cannot be loaded must not stop the one in force
            self._retry_at_s = time.monotonic() + _RETRY_S
            self._fail(error)
            return
        self.live = LiveRoute(route, {arm.name: self._loaded[arm] for arm in arms}, use=self._use)
        self._wanted, self.trouble = None, ""
        _log.info("route in force", route=route.name, version=route.version)
        self._changed()
        await self._forget(keep=arms)

    async def _forget(self, *, keep: list[Arm]) -> None:
        for arm in keep:  # what is used moves to the end, so the front is what was not used for longest
            self._loaded[arm] = self._loaded.pop(arm)
        while len(self._loaded) > max(_KEPT_ARMS, len(keep)):
            arm = next(iter(self._loaded))
            await self._loaded.pop(arm).close()

    def _fail(self, error: Exception) -> None:
        present = f"version {self.live.route.version} stays in force" if self.live else "no route is in force"
        trouble = f"{error} ({present})"
        if trouble != self.trouble:
            self.trouble = trouble
            _log.error("route refused", reason=trouble)
            self._changed()


def _older(found: Route, *, live: Route) -> Conflict:
    return Conflict(
        f"route {found.name}: want version {live.version}, which is in force, or a newer one, got {found.version}. "
        "Control puts the newest in force again at its next step; where the store was set back, start the server anew."
    )
