"""The shadow process: asks the shadow arms what they would have answered, beside the requests and never before them.

Each arm follows the journal on its own, so one that fails, hangs or lags stops no other. What it has answered it
appends to the journal with the place of the requests, in one write: killed at any moment, it goes on behind its last
answer and counts nothing twice.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import structlog

from slipway.errors import SlipwayError
from slipway.ports import Columns, Floats, JournalReader, JournalWriter, Runtime
from slipway.records.arm import Arm
from slipway.records.field import Field
from slipway.records.frame import PredictionFrame, ShadowFrame
from slipway.records.route import Route
from slipway.records.usage import ArmUsage
from slipway.runtime.batch import Immediate
from slipway.runtime.usage import Measured
from slipway.serving import metrics
from slipway.serving.followed import load_followed, save_followed
from slipway.serving.pulse import beat
from slipway.serving.routes import LOOK_S
from slipway.serving.run_state import State, tell_state
from slipway.serving.shadow_batch import Index, batch_of, unanswered_by
from slipway.serving.shadow_progress import SKIP, Progress
from slipway.serving.use import Use
from slipway.storage.routes import RouteWatch

_ROWS = 4096
_LOAD_AGAIN_S = 2.0
_PATIENCE_S = 10.0
_BEAT_S = 0.5
_LATE_S = 30.0
"""How long to look for rows of an arm that shadows no more. Those under way when the route changed name it still: they
wait for other arms, or for a worker that hangs, which is replaced after 10 s."""
_log = structlog.get_logger()


class Follower:
    """One shadow arm on its way through the journal.

    Args:
        arm: The arm.
        fields: Fields of X.
        reader: Reads the journal; not shared with another follower.
        writer: Where answers go.
        after: Segment to the offset from which to go on; changed as it goes.
        open_arm: Loads an arm.
        use: Where the time that the arm takes is counted.
    """

    def __init__(
        self,
        arm: Arm,
        *,
        fields: tuple[Field, ...],
        reader: JournalReader,
        writer: JournalWriter,
        after: dict[str, int],
        open_arm: Callable[[Arm], Awaitable[Runtime]],
        use: Use,
    ) -> None:
        self._arm, self._fields, self._reader, self._writer = arm, fields, reader, writer
        self._after, self._open, self._use = after, open_arm, use
        self._runtime: Runtime | None = None
        self._load_at_s = 0.0
        self._since_s = time.monotonic()
        self.trouble = ""

    async def step(self) -> bool:
        """Answer what there is; return whether there was anything.

        Raises:
            SlipwayError: The journal cannot be read or written; nothing is lost, try again later.
        """
        if not await self._loaded():
            return True
        found = False
        pending: list[PredictionFrame] = []
        segment, offset, rows = "", 0, 0
        for frame, position in self._reader.read(self._after):
            if isinstance(frame, ShadowFrame):
                self._after[position.segment] = SKIP
                continue
            if position.segment != segment or rows >= _ROWS:
                await self._answer(pending, segment, offset)
                pending, rows = [], 0
            segment, offset = position
            if isinstance(frame, PredictionFrame) and self._arm.name in frame.shadows:
                pending.append(frame)
                rows += len(frame.id)
                found = True
        await self._answer(pending, segment, offset)
        return found

    def usage(self) -> ArmUsage | None:
        """Return what the arm takes, or None where it is not loaded or does not know."""
        runtime: object = self._runtime
        return runtime.usage() if isinstance(runtime, Measured) else None

    async def close(self) -> None:
        """Give the arm back."""
        if self._runtime is not None:
            await self._runtime.close()
            self._runtime = None

    async def _loaded(self) -> bool:
        """Load the arm; tell whether to go on, with it or, once patience has run out, without it."""
        now_s = time.monotonic()
        if self._runtime is None and now_s >= self._load_at_s:
            try:
                self._runtime, self.trouble = await self._open(self._arm), ""
            except Exception as error:  # noqa: BLE001 - a shadow that cannot be loaded must stop no other
                self.trouble = str(error)
                self._load_at_s = time.monotonic() + _LOAD_AGAIN_S
                _log.error("shadow not loaded", arm=self._arm.name, error=self.trouble)
        return self._runtime is not None or now_s - self._since_s > _PATIENCE_S

    async def _answer(self, frames: list[PredictionFrame], segment: str, offset: int) -> None:
        if not segment:
            return
        if frames:
            chosen = unanswered_by(self._arm.name, frames)
            ids = _ids(frames, chosen)
            scores, error = np.empty(0), ""
            if ids:
                scores, error = await self._score(batch_of(frames, rows=chosen, fields=self._fields), len(ids))
            told = ShadowFrame(
                arm=self._arm.name, id=ids, score=scores.tolist(), error=error, segment=segment, offset=offset
            )
            self._writer.append([told])
        self._after[segment] = offset

    async def _score(self, columns: Columns, rows: int) -> tuple[Floats, str]:
        runtime = self._runtime
        if runtime is None:
            return np.full(rows, np.nan), self.trouble[:500] or "not loaded"
        begun_ns = time.monotonic_ns()
        try:
            if isinstance(runtime, Immediate):
                return await asyncio.to_thread(runtime.score, columns, rows=rows), ""
            return await runtime.predict(columns, rows=rows), ""
        except Exception as error:  # noqa: BLE001 - a shadow that fails is an observation, not an accident
            _log.error("shadow failed", arm=self._arm.name, rows=rows, error=str(error))
            return np.full(rows, np.nan), str(error)[:500] or type(error).__name__
        finally:
            self._use.spent(self._arm.name, rows=rows, ns=time.monotonic_ns() - begun_ns)


def _ids(frames: list[PredictionFrame], chosen: Sequence[Index | None]) -> list[str]:
    ids: list[str] = []
    for frame, rows in zip(frames, chosen, strict=True):
        ids += frame.id if rows is None else [frame.id[i] for i in rows.tolist()]
    return ids


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
    ) -> None:
        self._fields, self._folder, self._reader, self._writer = fields, run_folder, reader, writer
        self._watch, self._open, self._alive = watch, open_arm, alive
        self._tasks: dict[Arm, asyncio.Task[None]] = {}
        self._followers: dict[str, Follower] = {}
        self._counts = metrics.Counts(worker="shadow")
        self._wanted: set[Arm] = set()
        self._left = load_followed(run_folder)
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
                self._wanted = {route.arm(name) for name in route.shadows}
            await self._start_followers()
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
        held = {arm.name for arm in self._tasks}  # also by another arm of that name, which has to leave first
        arms = {arm.name: arm for arm in (*self._wanted, *self._left)}
        new = [arm for name, arm in arms.items() if name not in held]
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
            self._tasks[arm] = asyncio.create_task(self._follow(arm, progress.of(arm.name)))
        self._left.clear()
        self._remember()

    def _remember(self) -> None:
        try:
            save_followed(self._tasks, folder=self._folder)
        except SlipwayError as error:
            _log.error("arms not noted", error=str(error))

    def _poll(self) -> Route | None:
        try:
            return self._watch.poll()
        except SlipwayError as error:
            _log.error("route not read", error=str(error))
            return None

    async def _follow(self, arm: Arm, after: dict[str, int]) -> None:
        follower = Follower(
            arm,
            fields=self._fields,
            reader=self._reader(),
            writer=self._writer,
            after=after,
            open_arm=self._open,
            use=self._counts.use,
        )
        self._followers[arm.name] = follower
        late_s = time.monotonic() + _LATE_S
        try:
            while True:
                try:
                    found = await follower.step()
                    self._trouble[arm.name] = follower.trouble
                except SlipwayError as error:
                    self._trouble[arm.name] = str(error)
                    _log.error("shadow waits", arm=arm.name, error=str(error))
                    await asyncio.sleep(1.0)
                    continue
                now_s = time.monotonic()
                if found or arm in self._wanted:
                    late_s = now_s + _LATE_S
                elif now_s > late_s or arm.name in {wanted.name for wanted in self._wanted}:
                    self._tasks.pop(arm, None)
                    self._remember()
                    return
                await asyncio.sleep(LOOK_S)
        finally:
            await follower.close()
            self._trouble.pop(arm.name, None)
            self._followers.pop(arm.name, None)
            self._tasks.pop(arm, None)

    def _tell(self, state: State, version: int = 0) -> None:
        trouble = " ".join(f"{arm}: {why}" for arm, why in sorted(self._trouble.items()) if why)
        told = f"{state} {version} {trouble}"
        if told != self._told:
            self._told = told
            try:
                tell_state(self._folder, name="shadow", state=state, route_version=version, trouble=trouble)
            except OSError as error:
                _log.error("state not told", error=str(error))
