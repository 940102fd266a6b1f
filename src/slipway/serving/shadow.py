"""The shadow process: asks the shadow arms what they would have answered, beside the requests and never before them.

Each arm follows the journal on its own, so one that fails, hangs or lags stops no other.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import structlog

from slipway.errors import SlipwayError
from slipway.ports import JournalReader, JournalWriter, Runtime
from slipway.records.arm import Arm
from slipway.records.field import Field
from slipway.records.route import Route
from slipway.serving import metrics
from slipway.serving.followed import load_followed, save_followed
from slipway.serving.follower import Follower
from slipway.serving.pulse import beat
from slipway.serving.routes import LOOK_S
from slipway.serving.run_state import State, tell_state
from slipway.serving.shadow_progress import Progress
from slipway.serving.tracing.tracer import Tracer
from slipway.storage.routes import RouteWatch

_BEAT_S = 0.5
_LATE_S = 30.0
"""How long to look for rows of an arm that shadows no more. Those under way when the route changed name it still: they
wait for other arms, or for a worker that hangs, which is replaced after 10 s."""
_log = structlog.get_logger()


class Shadow:
    """Runs one follower for each shadow of the route in force.

    Args:
        fields: Fields of X.
        run_folder: Where it says how it is.
        reader: Makes a journal reader.
        writer: Where answers go.
        watch: Tells of another route.
        open_arm: Loads an arm.
        alive: Tells whether whoever started the process still runs.
        counts: Where it is counted what the arms take, or None: nowhere else.
        tracer: Begins the traces of its batches, or None: nothing is traced.
    """

    def __init__(
        self,
        *,
        fields: tuple[Field, ...],
        run_folder: Path,
        reader: Callable[[], JournalReader],
        writer: JournalWriter,
        watch: RouteWatch,
        open_arm: Callable[[Arm], Awaitable[Runtime]],
        alive: Callable[[], bool],
        counts: metrics.Counts | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self._fields, self._folder, self._reader, self._writer = fields, run_folder, reader, writer
        self._watch, self._open, self._alive = watch, open_arm, alive
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._followers: dict[str, Follower] = {}
        self._counts, self._tracer = counts or metrics.Counts(worker="shadow"), tracer
        self._wanted: set[Arm] = set()
        self._replaced: set[str] = set()
        self._noted = load_followed(run_folder)
        self._left = set(self._noted)
        self._trouble: dict[str, str] = {}
        self._told = ""
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Follow until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self._stop.set)
        self._tell(State.STARTING)
        beating = asyncio.create_task(self._beat())
        version = 0
        while not self._stop.is_set() and self._alive():
            if (route := self._poll()) is not None:
                version = route.version
                self._wanted = {route.arm(name) for name in route.followers}
            await self._start_followers()
            self._limit(version)
            await self._note()
            self._tell(State.READY, version)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), LOOK_S)
        tasks = [beating, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._writer.close()
        self._watch.close()
        self._tell(State.STOPPED, version)

    def stop(self) -> None:
        """Begin to end, as SIGTERM does."""
        self._stop.set()

    async def _beat(self) -> None:
        while True:
            with suppress(OSError):
                beat("shadow", folder=self._folder)
            used = {name: told for name, one in self._followers.items() if (told := one.usage()) is not None}
            self._counts.use.measure(used, now_s=time.monotonic())
            with suppress(OSError):
                metrics.save(self._counts, path=metrics.shadow_path(self._folder))
            await asyncio.sleep(_BEAT_S)

    async def _start_followers(self) -> None:
        # one arm of a name at a time: another has to leave first, and what it did not answer is its successor's
        arms = {arm.name: arm for arm in (*self._left, *self._wanted)}
        new = [arm for name, arm in arms.items() if name not in self._tasks]
        if not new:
            return
        try:
            # all of the journal, which may take a while: in a thread, so that it does not look as if the process hung
            progress = await asyncio.to_thread(lambda: Progress(self._reader().read({})))
        except SlipwayError as error:
            self._trouble["journal"] = str(error)
            _log.error("journal not read", error=str(error))
            return
        self._trouble.pop("journal", None)
        for arm in new:
            follower = self._followers[arm.name] = Follower(
                arm,
                fields=self._fields,
                reader=self._reader(),
                writer=self._writer,
                after=progress.of(arm.name),
                open_arm=self._open,
                use=self._counts.use,
                tracer=self._tracer,
            )
            self._tasks[arm.name] = asyncio.create_task(self._follow(follower))
        self._left.clear()

    def _limit(self, version: int) -> None:
        """Keep each follower to rows of routes in which its arm is known to be the one of its name."""
        namesakes = {arm.name: arm for arm in self._wanted}
        for name, follower in self._followers.items():
            if name not in self._replaced:
                follower.before = version + 1
                if namesakes.get(name, follower.arm) != follower.arm:
                    self._replaced.add(name)
                    follower.before = version

    async def _note(self) -> None:
        followed = {follower.arm for follower in self._followers.values()} | self._left
        if followed == self._noted:
            return
        try:
            await asyncio.to_thread(save_followed, followed, folder=self._folder)
            self._noted = followed
        except SlipwayError as error:
            _log.error("arms not noted", error=str(error))

    def _poll(self) -> Route | None:
        try:
            return self._watch.poll()
        except SlipwayError as error:
            _log.error("route not read", error=str(error))
            return None

    async def _follow(self, follower: Follower) -> None:
        name, late_s = follower.arm.name, time.monotonic() + _LATE_S
        try:
            while True:
                try:
                    found = await follower.step()
                    self._trouble[name] = follower.trouble
                except SlipwayError as error:
                    self._trouble[name] = str(error)
                    _log.error("shadow waits", arm=name, error=str(error))
                    await asyncio.sleep(1.0)
                    continue
                now_s = time.monotonic()
                if found or follower.arm in self._wanted:
                    late_s = now_s + _LATE_S
                elif now_s > late_s or name in self._replaced:
                    return
                await asyncio.sleep(LOOK_S)
        finally:
            await follower.close()
            self._trouble.pop(name, None)
            self._replaced.discard(name)
            del self._followers[name], self._tasks[name]

    def _tell(self, state: State, version: int = 0) -> None:
        trouble = " ".join(f"{arm}: {why}" for arm, why in sorted(self._trouble.items()) if why)
        told = f"{state} {version} {trouble}"
        if told != self._told:
            self._told = told
            try:
                tell_state(self._folder, name="shadow", state=state, route_version=version, trouble=trouble)
            except OSError as error:
                _log.error("state not told", error=str(error))
