"""Sends each request when it is due, whoever has not answered yet; the time of each counts from when it was due.

Requests that are due while every connection waits for an answer queue here, and their waiting counts: real callers
would be waiting too.
"""

import asyncio
import contextlib
import math
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from slipway.bench import pinned
from slipway.bench.caller import Caller
from slipway.bench.wake import Waker
from slipway.bench.wire import MARK, Target

NO_ANSWER = "no answer"
_RETRY_S = 0.05


class OpenLoop:
    """Runs one schedule.

    Args:
        target: Where requests go.
        requests: Templates; request i is template ``i % len(requests)`` with its number put in.

    Attributes:
        latency_us: From the moment each request was due to its whole reply; infinite where it failed, one a request.
    """

    def __init__(self, target: Target, *, requests: Sequence[bytes]) -> None:
        self._target, self._requests = target, requests
        self._tls = pinned.context() if target.tls_certificate else None
        self._idle: deque[Caller] = deque()
        self._waiting: deque[int] = deque()
        self._due: Sequence[int] = ()
        self._next = self._left = 0
        self._waker: Waker | None = None
        self._finished = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.latency_us: list[float] = []
        self._noticed: list[int] = []
        self._became: list[str] = []

    async def connect(self, connections: int) -> None:
        """Open all connections.

        Raises:
            OSError: Nobody listens there, or who does shows another certificate.
        """
        await asyncio.gather(*(self._connect() for _ in range(connections)))

    async def run(self, due_ns: Sequence[int], *, patience_s: float) -> None:
        """Send each request when it is due, and wait for the last answers, but no longer than ``patience_s``.

        Args:
            due_ns: Moments of the monotonic clock, increasing.
            patience_s: What is not answered so long after the last request was due counts as never answered.
        """
        self._due, self._noticed = due_ns, [0] * len(due_ns)
        self.latency_us, self._became = [math.inf] * len(due_ns), [NO_ANSWER] * len(due_ns)
        self._left = len(due_ns)
        if not due_ns:
            return
        self._waker = Waker(asyncio.get_running_loop(), call=self._wake)
        self._waker.at(due_ns[0])
        until_s = (due_ns[-1] - time.monotonic_ns()) / 1e9 + patience_s
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._finished.wait(), until_s)
        self._finished.set()
        self._waker.close()

    def outcomes(self, first: int) -> Counter[str]:
        """Count what became of the requests from number ``first`` on."""
        return Counter(self._became[first:])

    def late_us(self, first: int) -> npt.NDArray[np.float64]:
        """Return by how much each request from number ``first`` on was noticed late; infinite where it never was."""
        due, noticed = np.array(self._due[first:]), np.array(self._noticed[first:])
        return np.where(noticed > 0, np.maximum((noticed - due) / 1000, 1e-3), np.inf)

    def _wake(self) -> None:
        now, due, i = time.monotonic_ns(), self._due, self._next
        end = len(due)
        while i < end and due[i] <= now:
            self._noticed[i] = now
            if self._idle:
                self._send(self._idle.popleft(), i)
            else:
                self._waiting.append(i)
            i += 1
        self._next = i
        if i < end and self._waker is not None:
            self._waker.at(due[i])

    def _send(self, caller: Caller, i: int) -> None:
        caller.send(i, self._requests[i % len(self._requests)].replace(MARK, b"%08x" % i))

    def _done(self, caller: Caller, outcome: str) -> None:
        i, caller.number = caller.number, -1
        self._became[i] = outcome
        if outcome == "200":
            self.latency_us[i] = (time.monotonic_ns() - self._due[i]) / 1000
        self._left -= 1
        if not self._left:
            self._finished.set()
        if caller.open:
            self._free(caller)

    def _free(self, caller: Caller) -> None:
        if self._waiting:
            self._send(caller, self._waiting.popleft())
        else:
            self._idle.append(caller)

    def _gone(self, caller: Caller) -> None:
        if caller in self._idle:
            self._idle.remove(caller)
        if not self._finished.is_set():
            task = asyncio.get_running_loop().create_task(self._reconnect())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> None:
        caller = Caller(done=self._done, gone=self._gone)
        target = self._target
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: caller, target.host, target.port, ssl=self._tls)
        if target.tls_certificate:
            pinned.check(transport, certificate=Path(target.tls_certificate))
        self._free(caller)

    async def _reconnect(self) -> None:
        while not self._finished.is_set():
            try:
                await self._connect()
            except OSError:
                await asyncio.sleep(_RETRY_S)
            else:
                return
