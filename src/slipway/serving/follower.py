"""One shadow arm on its way through the journal: it asks the arm about the rows that name it, and appends its answers.

An answer is appended with the place of the requests, in one write: killed at any moment, whoever comes after goes on
behind the last answer and counts nothing twice.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import structlog

from slipway.ports import Columns, Floats, JournalReader, JournalWriter, Runtime
from slipway.records.arm import Arm
from slipway.records.field import Field
from slipway.records.frame import PredictionFrame, ShadowFrame
from slipway.records.usage import ArmUsage
from slipway.runtime.batch import Immediate
from slipway.runtime.handed_on import traceparent
from slipway.runtime.usage import Measured
from slipway.serving.log_words import without_got
from slipway.serving.shadow_batch import Index, batch_of, unanswered_by
from slipway.serving.shadow_progress import SKIP
from slipway.serving.tracing.calls import links_of
from slipway.serving.tracing.context import Context
from slipway.serving.tracing.tracer import Tracer
from slipway.serving.use import Use

_ROWS = 4096
_LOAD_AGAIN_S = 2.0
_PATIENCE_S = 10.0
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
        tracer: Begins the traces of its batches, or None: nothing is traced.

    Attributes:
        arm: The arm.
        before: First route version whose rows it leaves alone: one that nobody has looked at yet, or in which another
            arm has its name. None takes all.
        trouble: Why the arm is not loaded, or an empty string.
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
        tracer: Tracer | None = None,
    ) -> None:
        self.arm, self._fields, self._reader, self._writer = arm, fields, reader, writer
        self._after, self._open, self._use, self._tracer = after, open_arm, use, tracer
        self._runtime: Runtime | None = None
        self._load_at_s = 0.0
        self._since_s = time.monotonic()
        self.before: int | None = None
        self.trouble = ""

    async def step(self) -> bool:
        """Answer what there is; return whether there was anything.

        Raises:
            SlipwayError: The journal cannot be read or written; nothing is lost, try again later.
        """
        if not await self._loaded():
            return True
        found = False
        theirs: set[str] = set()
        pending: list[PredictionFrame] = []
        segment, offset, rows = "", 0, 0
        for frame, position in self._reader.read(self._after):
            if isinstance(frame, ShadowFrame):
                self._after[position.segment] = SKIP
                continue
            asked = frame if isinstance(frame, PredictionFrame) and self.arm.name in frame.shadows else None
            if asked is not None and self.before is not None and asked.route_version >= self.before:
                theirs.add(position.segment)
            if position.segment in theirs:
                continue
            if position.segment != segment or rows >= _ROWS:
                await self._answer(pending, segment, offset)
                pending, rows = [], 0
            segment, offset = position
            if asked is not None:
                pending.append(asked)
                rows += len(asked.id)
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
                self._runtime, self.trouble = await self._open(self.arm), ""
            except Exception as error:  # noqa: BLE001 - a shadow that cannot be loaded must stop no other
                self.trouble = str(error)
                self._load_at_s = time.monotonic() + _LOAD_AGAIN_S
                _log.error("shadow not loaded", arm=self.arm.name, error=self.trouble)
        return self._runtime is not None or now_s - self._since_s > _PATIENCE_S

    async def _answer(self, frames: list[PredictionFrame], segment: str, offset: int) -> None:
        if not segment:
            return
        if frames:
            chosen = unanswered_by(self.arm.name, frames)
            ids = _ids(frames, chosen)
            scores, error = np.empty(0), ""
            if ids:
                batch = batch_of(frames, rows=chosen, fields=self._fields)
                scores, error = await self._traced(batch, len(ids), links_of((f.traces for f in frames), ids=ids))
            told = ShadowFrame(
                arm=self.arm.name, id=ids, score=scores.tolist(), error=error, segment=segment, offset=offset
            )
            self._writer.append([told])
        self._after[segment] = offset

    async def _traced(self, columns: Columns, rows: int, links: Sequence[Context]) -> tuple[Floats, str]:
        trace = self._tracer.follow(f"shadow {self.arm.name}", links=links) if self._tracer and links else None
        if self._tracer is None or trace is None:
            return await self._score(columns, rows)
        trace.words |= {"slipway.arm": self.arm.name, "slipway.arm.kind": self.arm.kind.value, "slipway.rows": rows}
        handed_on = traceparent.set(trace.context.written)
        scores, error = await self._score(columns, rows)
        traceparent.reset(handed_on)
        self._tracer.over(trace, error="failed" if error else "")
        return scores, error

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
            _log.error("shadow failed", arm=self.arm.name, rows=rows, error=without_got(error))
            return np.full(rows, np.nan), str(error)[:500] or type(error).__name__
        finally:
            self._use.spent(self.arm.name, rows=rows, ns=time.monotonic_ns() - begun_ns)


def _ids(frames: list[PredictionFrame], chosen: Sequence[Index | None]) -> list[str]:
    ids: list[str] = []
    for frame, rows in zip(frames, chosen, strict=True):
        ids += frame.id if rows is None else [frame.id[i] for i in rows.tolist()]
    return ids
