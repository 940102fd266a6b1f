"""The heart of a worker: what arrived in one tick of the event loop is one batch an arm and one write to the journal.

Nobody waits for a window to fill: at low load a batch is one row, at high load the loop finds more each time. Rows of
arms that must be awaited leave the tick and come back in a later one, so a slow arm holds up nobody else. Replies go
out only after the write; if the disk refuses it, nobody is told that his row was taken.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from slipway.errors import DiskRefused, Overloaded, SlipwayError, Unavailable
from slipway.ports import JournalWriter
from slipway.records.frame import Frame, PredictionFrame
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.batch import BatchPlan
from slipway.serving.asking import ask_later, ask_now, live_or_none
from slipway.serving.caller import Caller
from slipway.serving.decode import Asked
from slipway.serving.live_route import LiveRoute
from slipway.serving.logging_policy import LoggingPolicy
from slipway.serving.metrics import Counts
from slipway.serving.privacy import PrivacyFilter
from slipway.serving.refusal import Refusal, refusal_of
from slipway.serving.told import Told, frames_of
from slipway.serving.tracing.calls import dealt, journalled, told
from slipway.serving.tracing.trace import under_way
from slipway.serving.waiting import Group, Waiting

_log = structlog.get_logger()


class Ticker:
    """Takes requests, answers them at the end of the tick.

    Args:
        config: Facts of the data plane.
        journal: Where frames go before the replies.
        writer: Name that prediction ids begin with; unique to this process start.
        live: Gives the route in force, or None before the first.
        counts: What is counted.
    """

    def __init__(
        self,
        config: WorkerConfig,
        *,
        journal: JournalWriter,
        writer: str,
        live: Callable[[], LiveRoute | None],
        counts: Counts,
    ) -> None:
        self._traced = bool(config.tracing.endpoint)
        self._writer, self._live, self._counts = writer, live, counts
        self._most = config.queue_rows
        self._log = LoggingPolicy(journal, when_full=config.when_full, counts=counts)
        self._deadline_ns = int(config.deadline_ms * 1e6)
        self._plan = BatchPlan(config.signature.fields)
        self._privacy = PrivacyFilter(config)
        self._kind = config.signature.kind
        self._asked: list[Waiting] = []
        self._told: list[Told] = []
        self._back: list[Group] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._rows = 0
        self._number = 0
        self._scheduled = False
        self._dealing: LiveRoute | None = None
        self._since_ns = 0

    @property
    def rows(self) -> int:
        """Rows that were taken and not answered yet."""
        return self._rows

    def ask(self, request: Caller, asked: Asked, *, at_us: int, encode: Callable[[Waiting], bytes]) -> None:
        """Take rows; the reply follows.

        Raises:
            Overloaded: Too many rows wait.
            Refusal: 413; more rows than may ever wait.
            Unavailable: No route is in force yet.
        """
        ids = asked.ids
        count = len(ids)
        live = self._live()
        if live is None:
            live_or_none(None)
        self._make_room(count)
        if live is not self._dealing:
            if self._asked:  # who asked before the swap gets the route that was in force, and that his reply names
                self._tick()
            self._dealing = live
        if not self._asked:  # whatever else comes before the tick had come by now; only its bytes were not read yet
            self._since_ns = time.monotonic_ns()
        named = self._named(ids)
        entities = self._privacy.entities(asked.entities)
        self._asked.append(Waiting(request, asked, named, entities, at_us, encode, count))
        self._rows += count
        if self._traced and (trace := under_way.get()) is not None:
            trace.since_mark("decode")
            trace.words["slipway.rows"] = count
            self._asked[-1].trace = trace
        if not self._scheduled:
            self._schedule()

    def tell(self, told: Told) -> None:
        """Take outcomes, decisions or metrics; the reply follows.

        Raises:
            Overloaded: Too many rows wait.
            Refusal: 413; more of them than may ever wait.
        """
        self._make_room(len(told.ids))
        self._rows += len(told.ids)
        self._told.append(told)
        self._schedule()

    async def drained(self) -> None:
        """Return when everything taken is answered."""
        while self._rows:
            await asyncio.sleep(0.005)

    def _make_room(self, count: int) -> None:
        if count > self._most:  # however long he waits
            hint = "Send them in several requests, or score the file with 'slipway batch'."
            error, wanted = "These are too many rows for one request.", f"at most {self._most} rows"
            raise Refusal(413, error, wanted=wanted, got=str(count), hint=hint)
        if self._rows + count <= self._most:
            return
        self._counts.failed("overloaded", count=count)
        raise Overloaded(
            f"The queue is full: want room for {count}, got {self._rows} of {self._most} waiting. "
            "Try again in a second; if it stays so, add workers."
        )

    def _named(self, given: list[str | None]) -> list[str]:
        first, writer = self._number + 1, self._writer
        self._number += len(given)
        return [name or f"{writer}-{number:x}" for number, name in enumerate(given, first)]

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._tick)

    def _tick(self) -> None:
        self._scheduled = False
        asked, self._asked = self._asked, []
        told, self._told = self._told, []
        done, self._back = self._back, []
        try:
            if asked:
                done += self._answer(asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller gets a reply and the loop goes on
            self._fail(error, asked, [])
        try:
            self._write(done, told)
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error, [w for group in done for w in group.waiting], told)

    def _answer(self, asked: list[Waiting]) -> list[Group]:
        live = live_or_none(self._dealing)
        group = Group.of(asked, live=live, plan=self._plan, since_ns=self._since_ns)
        if self._traced:
            group.traces = dealt(asked, route=live.route.name, version=live.route.version)
        done: list[Group] = []
        if live.people is not None:
            theirs, others = live.people.part(group)
            done += [] if theirs is None else [theirs]
            if others is None:
                return done
            group = others
        now, later = ask_now(group, deadline_ns=self._deadline_ns)
        for group in later:
            self._await(group)
        return done if now is None else [*done, now]

    def _await(self, group: Group) -> None:
        task = asyncio.get_running_loop().create_task(self._later(group))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, group: Group) -> None:
        try:
            group = await ask_later(group, deadline_ns=self._deadline_ns)
        except Exception as error:  # noqa: BLE001 - as above
            self._fail(error, group.waiting, [])
            return
        self._back.append(group)
        self._schedule()

    def _write(self, done: list[Group], told: list[Told]) -> None:
        for group in done:
            if group.live.people is not None:
                group.live.people.pass_on(group, kind=self._kind)
        frames: list[Frame] = [self._frame(group) for group in done]
        if told:
            frames += frames_of(told)
        if not frames:
            return
        begun_ns = time.monotonic_ns()
        refused = self._log.append(frames)
        if self._traced:
            journalled(done, begun_ns=begun_ns)
        for group in done:
            if refused is not None:
                self._unlogged(group, why=refused)
            self._counts.answered(*group.answered(), latency_us=group.latency_us)
            self._reply(group)
        if refused is not None and told:  # what was told is sent to be kept, and its sender can send it again
            self._fail(refused, [], told)
            return
        for one in told:
            self._rows -= len(one.ids)
            self._counts.told(len(one.ids), kind=one.kind)
            one.request.ok(b'{"accepted":%d}' % len(one.ids))

    def _unlogged(self, group: Group, *, why: DiskRefused) -> None:
        if any(group.pending_us):  # no journal, no case: nobody would ever decide what was said to be pending
            group.pending_us, group.trouble = [0] * len(group), why
        self._counts.unlogged += len(group)
        for w in group.waiting:
            w.request.unlogged()

    def _frame(self, group: Group) -> PredictionFrame:
        group.latency_us = (time.monotonic_ns() - group.since_ns) // 1000
        route = group.live.route
        return PredictionFrame(
            route=route.name,
            route_version=route.version,
            at_us=group.at_us,
            id=group.ids,
            entity=group.entities,
            arm=group.arms,
            fallback=group.fallback,
            score=group.score,
            latency_us=[group.latency_us] * len(group),
            x=self._privacy.columns(group.batch),
            shadows=group.live.shadows,
            people=group.people,
            traces=told(group) if group.traces else None,
        )

    def _reply(self, group: Group) -> None:
        for w in group.settle():
            self._rows -= len(w.ids)
            if w.trouble is None:
                try:
                    w.request.ok(w.encode(w))
                except Exception as error:  # noqa: BLE001 - as above; the others are not to wait for ever
                    w.request.refuse(self._refusal(error, rows=len(w.ids)))
            else:
                self._counts.failed("unanswered", count=w.open_rows)
                w.request.refuse(refusal_of(w.trouble))

    def _refusal(self, error: Exception, *, rows: int) -> Refusal:
        expected = isinstance(error, SlipwayError)
        _log.error("tick failed", error=str(error) if expected else "", exc_info=None if expected else error)
        self._counts.failed("journal" if isinstance(error, Unavailable) else "internal", count=rows)
        if isinstance(error, SlipwayError):
            return refusal_of(error)
        return Refusal(500, "The server failed; nothing was taken.", hint="The worker's log says more.")

    def _fail(self, error: Exception, waiting: Sequence[Waiting], told: Sequence[Told]) -> None:
        open_ = {id(w): w for w in waiting if w.left > 0}.values()  # one of several groups comes several times
        refusal = self._refusal(error, rows=max(1, sum(len(w.ids) for w in open_) + sum(len(one.ids) for one in told)))
        for w in open_:
            w.left = -1
            self._rows -= len(w.ids)
            w.request.refuse(refusal)
        for one in told:
            self._rows -= len(one.ids)
            one.request.refuse(refusal)
