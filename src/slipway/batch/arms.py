"""The route in force and its arms, for threads: one event loop that looks for other routes, as a worker's does.

Arms that answer at once are asked in the thread that has the rows; those that must be awaited are asked in the loop. So
all threads share one set of arms, and a rollback reaches a job as it reaches a worker: the next part is dealt by it.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType

from slipway.errors import NotFound, Unavailable
from slipway.ports import Columns, Floats, Runtime
from slipway.records.arm import Arm
from slipway.runtime.batch import Immediate
from slipway.serving.live_route import LiveRoute
from slipway.serving.routes import RouteKeeper
from slipway.storage.routes import RouteWatch


class Arms:
    """Keeps the route in force between ``with`` and its end.

    Args:
        watch: Tells of another route.
        open_arm: Loads an arm.
    """

    def __init__(self, watch: RouteWatch, *, open_arm: Callable[[Arm], Awaitable[Runtime]]) -> None:
        self._keeper = RouteKeeper(watch, open_arm=open_arm, changed=lambda: None)
        self._loop = asyncio.new_event_loop()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slipway-arms", daemon=True)

    def __enter__(self) -> "Arms":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def live(self) -> LiveRoute:
        """Return the route in force; the first call waits until its arms are loaded.

        Raises:
            NotFound: None was published.
            Unavailable: Its arms cannot be loaded; the message says why.
        """
        self._looked.wait()
        if self._keeper.live is not None:
            return self._keeper.live
        if self._keeper.trouble:
            raise Unavailable(f"route: want arms that can be loaded, got: {self._keeper.trouble}")
        raise NotFound("route: want one in force, found none. Name a live arm in slipway.toml, or start a rollout.")

    def score(self, runtime: Runtime, columns: Columns, *, rows: int) -> Floats:
        """Return what one arm says, shape (rows,); raises what the arm raises."""
        if isinstance(runtime, Immediate):
            return runtime.score(columns, rows=rows)
        return asyncio.run_coroutine_threadsafe(_predict(runtime, columns, rows), self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._keep())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._looked.set()
            self._loop.run_until_complete(self._keeper.close())
            self._loop.close()

    async def _keep(self) -> None:
        await self._keeper.look()
        self._looked.set()
        await self._keeper.run()


async def _predict(runtime: Runtime, columns: Columns, rows: int) -> Floats:
    return await runtime.predict(columns, rows=rows)
