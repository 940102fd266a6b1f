"""One process in which a function of the project runs: started, asked, watched, ended and started again."""

import asyncio
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from slipway.errors import DeadlineExceeded, Unavailable
from slipway.ports import Columns
from slipway.records.arm import Arm
from slipway.runtime.breaker import Breaker
from slipway.runtime.child import end
from slipway.runtime.child_log import log_lines
from slipway.runtime.environment import child_environment
from slipway.runtime.proc import cpu_s, private_bytes, resident_bytes
from slipway.runtime.python_child import Ask, Orders, Tell, frame_head
from slipway.storage.columns import encode_columns

_START_S = 30.0
_FULL = 0.8
_DEATHS = 3
_log = structlog.get_logger()


class PythonProcess:
    """Asks the function, one batch after the other.

    Args:
        arm: Arm of kind PYTHON.
        file: File of the function, from the root.
        function: Its name.
        root: Folder of the project.
        monotonic: Seconds of a clock that is never set, for how long one that dies is left alone.

    Attributes:
        restarts: How often it was started again, by why the last process ended.
    """

    def __init__(
        self, arm: Arm, *, file: str, function: str, root: Path, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._arm, self._file, self._function, self._root = arm, file, function, root
        self._child: asyncio.subprocess.Process | None = None
        self._pump: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._breaker, self._monotonic = Breaker(trips_after=_DEATHS), monotonic
        self._cpu_s = self._seen_cpu_s = 0.0
        self._closed = False
        self.restarts: Counter[str] = Counter()

    async def start(self) -> None:
        """Start the process and load the function, unless it is there already.

        Raises:
            Unavailable: The function cannot be loaded, or the process died too often of late.
        """
        if self._child is not None and self._child.returncode is None and self._starting is None:
            return
        if self._starting is None:
            self.restarts["death"] += self._child is not None
            self._begin()
        assert self._starting is not None  # noqa: S101 - begun above
        await asyncio.shield(self._starting)  # whoever gives up waiting must not end it: the next one needs it

    async def ask(self, columns: Columns, *, rows: int) -> Tell:
        """Return the answer to one batch. Not for two callers at once.

        Raises:
            DeadlineExceeded: None came within ``timeout_ms``; the process was killed.
            Unavailable: The process ended, or cannot be started.
        """
        timeout_s = self._arm.timeout_ms / 1000
        try:
            async with asyncio.timeout(timeout_s):
                await self.start()
                tell = await self._exchange(Ask(x=encode_columns(columns), rows=rows))
        except TimeoutError:
            raise await self._too_late() from None
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            status = await self._lose("death")
            raise Unavailable(
                f"{self._arm.function}: want {rows} scores, got a process that ended ({_words(status)}). "
                "What it said last is in the worker's log.",
                came=f"a process that ended ({_words(status)})",
            ) from None
        except asyncio.CancelledError:  # in the middle of an answer: the pipe no longer stands at a frame
            if self._starting is None:
                await self._lose("timeout")
            raise
        self._breaker.succeeded()
        if self._child is not None and private_bytes(self._child.pid) > _FULL * self._arm.memory_bytes:
            await self._lose("memory", failed=False)
        return tell

    async def _too_late(self) -> DeadlineExceeded:
        happened = "Its process is still being started"
        if self._starting is None:  # it was asked, and is at it still
            await self._lose("timeout")
            happened = "Its process was stopped"
        return DeadlineExceeded(
            f"{self._arm.function}: want an answer within {self._arm.timeout_ms:g} ms, got none. "
            f"{happened}; make it faster or raise arms.{self._arm.name}.timeout_ms.",
            came="none",
        )

    def usage(self) -> tuple[int, float]:
        """Return the resident memory in bytes that the process holds, and the processor time of all its lives."""
        if self._child is None:
            return 0, self._cpu_s
        self._seen_cpu_s = max(self._seen_cpu_s, cpu_s(self._child.pid))
        return resident_bytes(self._child.pid), self._cpu_s + self._seen_cpu_s

    async def close(self) -> None:
        """End the process. Calling it twice is harmless."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._stop()

    def _begin(self) -> None:
        now_s = self._monotonic()
        if not self._breaker.may_ask(now_s=now_s):
            raise Unavailable(
                f"{self._arm.function}: want a process, got {self._breaker.failures} that died in a row; the next one "
                f"is started in {self._breaker.left_s(now_s=now_s):.1f} s. The worker's log has what they said.",
                came=f"{self._breaker.failures} that died in a row",
            )
        self._starting = asyncio.create_task(self._start())
        self._starting.add_done_callback(self._started)

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting = None
        if not task.cancelled():
            task.exception()  # whoever waits for it is told; nobody may

    async def _start(self) -> None:
        await self._stop()
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "slipway.runtime.python_child",
            cwd=self._root,
            env=child_environment(also=self._arm.env),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._child.stderr is not None  # noqa: S101 - asked for above
        self._pump = asyncio.create_task(log_lines(self._child.stderr, arm=self._arm.name))
        orders = Orders(
            file=self._file,
            function=self._function,
            memory_bytes=self._arm.memory_bytes,
            cpu_s=2 * self._arm.timeout_ms / 1000 + 1,
            parent=os.getpid(),
        )
        try:
            ready = await asyncio.wait_for(self._exchange(orders), _START_S)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            why = f"no sign within {_START_S:g} s, or an early end"
            ready = Tell(error=f"{why}.", kind=why)
        except BaseException:
            await self._stop()
            raise
        if ready.error:
            self._breaker.failed(now_s=self._monotonic())
            await self._stop()
            raise Unavailable(f"{self._arm.function}: want it loaded, got {ready.error}", came=ready.kind)

    async def _exchange(self, message: Ask | Orders) -> Tell:
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise ConnectionError
        body = msgspec.msgpack.encode(message)
        child.stdin.write(frame_head(body) + body)
        await child.stdin.drain()
        size = int.from_bytes(await child.stdout.readexactly(4), "little")
        return msgspec.msgpack.decode(await child.stdout.readexactly(size), type=Tell)

    async def _lose(self, why: str, *, failed: bool = True) -> int | None:
        """End the process and start the next one in the background, so that the next batch finds it warm."""
        status = await self._stop()
        self.restarts[why] += 1
        _log.warning("process of an arm ended", arm=self._arm.name, why=why, status=status)
        if failed:
            self._breaker.failed(now_s=self._monotonic())
        if not self._closed:
            with contextlib.suppress(Unavailable):
                self._begin()
        return status

    async def _stop(self) -> int | None:
        child, self._child = self._child, None
        pump, self._pump = self._pump, None
        if child is None:
            return None
        self._cpu_s += max(self._seen_cpu_s, cpu_s(child.pid) if child.returncode is None else 0.0)
        self._seen_cpu_s = 0.0
        await asyncio.shield(end(child))
        if pump is not None:
            await asyncio.wait([pump], timeout=1.0)
            pump.cancel()
        return child.returncode


def _words(status: int | None) -> str:
    if status is None or status >= 0:
        return f"status {status}"
    return f"signal {-status}" + (", more processor time than it may use" if status == -24 else "")
