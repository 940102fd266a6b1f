"""One rate: generators started together, their counts added up, the server's processes looked at meanwhile."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import reduce
from typing import IO

import msgspec

from slipway.bench.generator import LENGTH, Counted, Order
from slipway.bench.judge import judge
from slipway.bench.usage import Meter
from slipway.errors import Unavailable
from slipway.records.load_test import Limits, Rung, Usage
from slipway.stats.log_counts import LogCounts

_AHEAD_S = 0.1
_LOOK_S = 0.25


def run_rung(orders: Sequence[Order], *, limits: Limits, meter: Meter) -> Rung:
    """Ask at one rate and return what came of it.

    Args:
        orders: One a generator; they share the schedule's length.
        limits: When the rate counts as held.
        meter: Reads what the server's processes take.

    Raises:
        Unavailable: A generator could not connect, or died.
    """
    generators = [_Generator(order) for order in orders]
    try:
        for generator in generators:
            generator.expect_ready()
        start_ns = time.monotonic_ns() + round(_AHEAD_S * 1e9)
        for generator in generators:
            generator.begin(start_ns)
        usage = _watch(meter, order=orders[0], start_ns=start_ns)
        counted = [generator.counted() for generator in generators]
    finally:
        for generator in generators:
            generator.end()
    return _rung(orders, counted, limits=limits, usage=usage)


class _Generator:
    def __init__(self, order: Order) -> None:
        self._target = order.target
        self._process = subprocess.Popen(
            [sys.executable, "-m", "slipway.bench.generator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        body = msgspec.msgpack.encode(order)
        self._write(LENGTH.pack(len(body)) + body)

    def expect_ready(self) -> None:
        said = _pipe(self._process.stdout).readline().decode().strip()
        if said != "ready":
            where = f"{self._target.host}:{self._target.port}"
            raise Unavailable(f"{where}: want connections, got '{said or 'nothing'}'. Is the server up?")

    def begin(self, start_ns: int) -> None:
        self._write(LENGTH.pack(start_ns))

    def counted(self) -> Counted:
        said = _pipe(self._process.stdout).read()
        try:
            return msgspec.msgpack.decode(said, type=Counted)
        except msgspec.DecodeError:
            status = self._process.wait()
            raise Unavailable(
                f"generator: want its counts, got status {status}. Its own words are above; ask for less, or try again."
            ) from None

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _write(self, data: bytes) -> None:
        pipe = _pipe(self._process.stdin)
        try:
            pipe.write(data)
            pipe.flush()
        except BrokenPipeError:
            raise Unavailable("generator: want it to take its order, but it died. Its own words are above.") from None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - both were asked for above
    return stream


def _watch(meter: Meter, *, order: Order, start_ns: int) -> tuple[Usage, ...]:
    """Read what the server takes in the part that counts, and return when that has ended."""
    from_s = start_ns / 1e9 + order.warm_s
    until_s = from_s + order.for_s
    time.sleep(max(0.0, from_s - time.monotonic()))
    began_s = time.monotonic()
    meter.begin()
    while (left_s := until_s - time.monotonic()) > _LOOK_S:
        time.sleep(min(_LOOK_S, left_s))
        meter.look()
    time.sleep(max(0.0, until_s - time.monotonic()))
    return meter.end(after_s=time.monotonic() - began_s)


def _rung(orders: Sequence[Order], counted: Sequence[Counted], *, limits: Limits, usage: tuple[Usage, ...]) -> Rung:
    latency: LogCounts = reduce(LogCounts.merge, (c.latency for c in counted))
    late: LogCounts = reduce(LogCounts.merge, (c.late for c in counted))
    outcomes: Counter[str] = sum((Counter(c.outcomes) for c in counted), Counter())
    hold, reason = judge(limits, latency=latency, outcomes=outcomes, late=late)
    return Rung(
        qps=sum(o.qps for o in orders),
        for_s=orders[0].for_s,
        answered_qps=sum(c.answered for c in counted) / orders[0].for_s,
        latency=latency,
        outcomes=dict(sorted(outcomes.items())),
        late=late,
        generator_cores=max(c.cores for c in counted),
        usage=usage,
        hold=hold,
        reason=reason,
    )
