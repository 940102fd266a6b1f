"""The process that asks: ``python -m slipway.bench.generator``, driven by :mod:`slipway.bench.run` over its pipes.

It reads its order, connects, says that it is ready, reads the moment at which to begin, runs its schedule, and writes
what it counted. So all generators begin together, and none of their start-up is measured.
"""

import asyncio
import gc
import struct
import sys
import time
from typing import BinaryIO

import msgspec
import numpy as np
import uvloop

from slipway.bench.arrivals import moments
from slipway.bench.open_loop import OpenLoop
from slipway.bench.wire import Target
from slipway.records.base import Record
from slipway.records.load_test import Arrivals
from slipway.stats.log_counts import LogCounts, count_log

ERROR = 0.01
"""Relative error of every quantile that is reported."""

LENGTH = struct.Struct("<Q")


class Order(Record, frozen=True, kw_only=True):
    """What one generator is to do.

    Attributes:
        target: Where requests go.
        requests: Templates of requests.
        arrivals: How they follow one another.
        qps: This generator's part of the rate.
        warm_s: Part of the schedule at the beginning that is asked and not counted.
        for_s: Part that counts.
        patience_s: What is not answered so long after the last request was due counts as never answered.
        connections: Connections to keep open.
        seed: Seed of the schedule.
    """

    target: Target
    requests: list[bytes]
    arrivals: Arrivals
    qps: float
    warm_s: float
    for_s: float
    patience_s: float
    connections: int
    seed: int


class Counted(Record, frozen=True, kw_only=True):
    """What one generator counted, or why it could not begin.

    Attributes:
        latency: Microseconds of every request that was due in the part that counts.
        late: Microseconds by which it was noticed late that they were.
        outcomes: What became of them.
        answered: Replies with 200 that ended within the part that counts, whenever they were due.
        cores: Processor seconds a second of this generator.
    """

    latency: LogCounts
    late: LogCounts
    outcomes: dict[str, int]
    answered: int
    cores: float


def main() -> None:
    """Carry out one order."""
    gc.disable()  # a pause of the collector would be measured as the server's
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_carry_out(sys.stdin.buffer, sys.stdout.buffer))


async def _carry_out(source: BinaryIO, out: BinaryIO) -> None:
    order = msgspec.msgpack.decode(source.read(LENGTH.unpack(source.read(LENGTH.size))[0]), type=Order)
    loop = OpenLoop(order.target, requests=order.requests)
    try:
        await loop.connect(order.connections)
    except OSError as error:
        out.write(f"{error}\n".encode())
        return
    schedule_s = moments(
        order.arrivals, qps=order.qps, for_s=order.warm_s + order.for_s, rng=np.random.default_rng(order.seed)
    )
    out.write(b"ready\n")
    out.flush()
    start_ns = LENGTH.unpack(source.read(LENGTH.size))[0]
    due_ns = (start_ns + schedule_s * 1e9).astype(np.int64)
    first = int(np.searchsorted(schedule_s, order.warm_s))
    cpu_s, began_s = time.process_time(), time.monotonic()
    await loop.run(due_ns.tolist(), patience_s=order.patience_s)
    cores = (time.process_time() - cpu_s) / max(1e-9, time.monotonic() - began_s)
    latency_us = np.array(loop.latency_us)
    ended_s = schedule_s + latency_us / 1e6
    counted = Counted(
        latency=count_log(np.maximum(latency_us[first:], 1e-3), error=ERROR),
        late=count_log(loop.late_us(first), error=ERROR),
        outcomes=dict(loop.outcomes(first)),
        answered=int(((ended_s >= order.warm_s) & (ended_s < order.warm_s + order.for_s)).sum()),
        cores=cores,
    )
    out.write(msgspec.msgpack.encode(counted))


if __name__ == "__main__":
    main()
