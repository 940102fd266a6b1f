"""What serving did in a stretch of time: counts that add up, and gauges that were read now and then."""

from collections.abc import Mapping
from typing import TypeVar

from slipway.records.base import Record

N = TypeVar("N", int, float)


class Gauge(Record, frozen=True, kw_only=True):
    """What was read several times: a level, no count.

    Attributes:
        n: How often it was read.
        total: Sum of the readings.
        most: The largest of them.
    """

    n: int = 0
    total: float = 0.0
    most: float = 0.0

    @property
    def mean(self) -> float | None:
        """Mean of the readings, or None where nobody read it: that is not 0.

        >>> Gauge().mean is None, Gauge().read(2.0).read(4.0).mean
        (True, 3.0)
        """
        return self.total / self.n if self.n else None

    def read(self, value: float) -> "Gauge":
        """Return the gauge with one reading more."""
        return self.plus(Gauge(n=1, total=value, most=value))

    def plus(self, other: "Gauge") -> "Gauge":
        """Return the readings of both."""
        most = max((g.most for g in (self, other) if g.n), default=0.0)
        return Gauge(n=self.n + other.n, total=self.total + other.total, most=most)


class ServiceCounts(Record, frozen=True, kw_only=True):
    """What was counted. Of one worker since it started it only grows; between two moments it is a difference.

    Attributes:
        answered: Rows answered.
        fallback: Those of them that an arm answered in place of another, which failed.
        slow: Those of them that took longer than the latency budget.
        judged: Rows answered where there was such a budget to hold them against.
        latency: Rows answered by latency bucket; the last one is open. Empty where nothing was.
        latency_sum_s: Sum of all latencies, in seconds.
        errors: Failures by kind, as the workers name them.
        refused: Rows that did not fit the signature, by reason and field (:func:`slipway.records.misfit.key`).
        arm_rows: Rows that each arm was asked about.
        arm_busy_s: Time that each arm took for them, in seconds.
        arm_failures: Batches that each arm did not answer.
        cpu_s: Processor time by process, in seconds.
    """

    answered: int = 0
    fallback: int = 0
    slow: int = 0
    judged: int = 0
    latency: tuple[int, ...] = ()
    latency_sum_s: float = 0.0
    errors: dict[str, int] = {}
    refused: dict[str, int] = {}
    arm_rows: dict[str, int] = {}
    arm_busy_s: dict[str, float] = {}
    arm_failures: dict[str, int] = {}
    cpu_s: dict[str, float] = {}

    def plus(self, other: "ServiceCounts") -> "ServiceCounts":
        """Return what both counted.

        >>> one = ServiceCounts(answered=2, latency=(1, 1), errors={"internal": 1})
        >>> two = one.plus(ServiceCounts(answered=3, latency=(3, 0), errors={"http_404": 2}))
        >>> two.answered, two.latency, two.errors
        (5, (4, 1), {'internal': 1, 'http_404': 2})
        """
        return ServiceCounts(
            answered=self.answered + other.answered,
            fallback=self.fallback + other.fallback,
            slow=self.slow + other.slow,
            judged=self.judged + other.judged,
            latency=_added(self.latency, other.latency),
            latency_sum_s=self.latency_sum_s + other.latency_sum_s,
            errors=_sums(self.errors, other.errors),
            refused=_sums(self.refused, other.refused),
            arm_rows=_sums(self.arm_rows, other.arm_rows),
            arm_busy_s=_sums(self.arm_busy_s, other.arm_busy_s),
            arm_failures=_sums(self.arm_failures, other.arm_failures),
            cpu_s=_sums(self.cpu_s, other.cpu_s),
        )

    def since(self, before: "ServiceCounts") -> "ServiceCounts":
        """Return what was counted since a moment; what went back, or was not there, began anew and counts whole.

        An arm that is loaded again counts its failures from 0, though its worker runs on.

        >>> now = ServiceCounts(answered=5, arm_failures={"a": 1})
        >>> gone = now.since(ServiceCounts(answered=2, arm_failures={"a": 4}))
        >>> gone.answered, gone.arm_failures
        (3, {'a': 1})
        """
        return ServiceCounts(
            answered=_grown(self.answered, before.answered),
            fallback=_grown(self.fallback, before.fallback),
            slow=_grown(self.slow, before.slow),
            judged=_grown(self.judged, before.judged),
            latency=_gone(self.latency, before.latency),
            latency_sum_s=_grown(self.latency_sum_s, before.latency_sum_s),
            errors=_differences(self.errors, before.errors),
            refused=_differences(self.refused, before.refused),
            arm_rows=_differences(self.arm_rows, before.arm_rows),
            arm_busy_s=_differences(self.arm_busy_s, before.arm_busy_s),
            arm_failures=_differences(self.arm_failures, before.arm_failures),
            cpu_s=_differences(self.cpu_s, before.cpu_s),
        )


class GpuUse(Record, frozen=True, kw_only=True):
    """One GPU of the machine, as it was read: all that runs on it, not only serving.

    Attributes:
        name: Its number and what it is.
        busy: Share of the last moments in which it computed, in [0, 1].
        memory_bytes: Memory in use.
        room_bytes: Memory that it has.
    """

    name: str
    busy: float
    memory_bytes: int
    room_bytes: int


class Spell(Record, frozen=True, kw_only=True):
    """A stretch of time: a minute, an hour, or several of them together.

    Attributes:
        start_us: Its start.
        length_s: How long it is, in seconds.
        watched_s: For how many seconds of it somebody read what the workers do.
        silent_s: For how many of these a worker that should run said nothing.
        slow_over_ms: Latency budget that ``counts.slow`` is held against, or None.
        counts: What was counted.
        waiting: Rows that waited in the fullest worker.
        memory_bytes: Resident memory by process.
        cores: Cores in use by process, of all workers together under an empty name.
        arm_memory_bytes: Memory by arm, in the worker where it holds most.
        arm_cores: Cores in use by arm, over all workers.
        gpu_busy: Share of the time in which each GPU computed; empty where there is none.
        gpu_memory_bytes: Memory in use on each.
        gpu_room_bytes: Memory that each has.
    """

    start_us: int
    length_s: float
    watched_s: float = 0.0
    silent_s: float = 0.0
    slow_over_ms: float | None = None
    counts: ServiceCounts = ServiceCounts()
    waiting: Gauge = Gauge()
    memory_bytes: dict[str, Gauge] = {}
    cores: dict[str, Gauge] = {}
    arm_memory_bytes: dict[str, Gauge] = {}
    arm_cores: dict[str, Gauge] = {}
    gpu_busy: dict[str, Gauge] = {}
    gpu_memory_bytes: dict[str, Gauge] = {}
    gpu_room_bytes: dict[str, int] = {}

    def plus(self, other: "Spell") -> "Spell":
        """Return both as one, with the start and the length of this one."""
        return Spell(
            start_us=self.start_us,
            length_s=self.length_s,
            watched_s=self.watched_s + other.watched_s,
            silent_s=self.silent_s + other.silent_s,
            slow_over_ms=other.slow_over_ms,
            counts=self.counts.plus(other.counts),
            waiting=self.waiting.plus(other.waiting),
            memory_bytes=_gauges(self.memory_bytes, other.memory_bytes),
            cores=_gauges(self.cores, other.cores),
            arm_memory_bytes=_gauges(self.arm_memory_bytes, other.arm_memory_bytes),
            arm_cores=_gauges(self.arm_cores, other.arm_cores),
            gpu_busy=_gauges(self.gpu_busy, other.gpu_busy),
            gpu_memory_bytes=_gauges(self.gpu_memory_bytes, other.gpu_memory_bytes),
            gpu_room_bytes=self.gpu_room_bytes | other.gpu_room_bytes,
        )


def _grown(now: N, before: N) -> N:
    return now - before if now >= before else now


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if not (one and other):
        return one or other
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _gone(now: tuple[int, ...], before: tuple[int, ...]) -> tuple[int, ...]:
    if len(now) != len(before):
        return now
    return tuple(_grown(a, b) for a, b in zip(now, before, strict=True))


def _sums(one: Mapping[str, N], other: Mapping[str, N]) -> dict[str, N]:
    return dict(one) | {key: one[key] + value if key in one else value for key, value in other.items()}


def _differences(now: Mapping[str, N], before: Mapping[str, N]) -> dict[str, N]:
    grown = {key: _grown(value, before[key]) if key in before else value for key, value in now.items()}
    return {key: value for key, value in grown.items() if value}


def _gauges(one: Mapping[str, Gauge], other: Mapping[str, Gauge]) -> dict[str, Gauge]:
    return dict(one) | {key: one[key].plus(gauge) if key in one else gauge for key, gauge in other.items()}
