"""What is kept of the service: the newest minutes, the hours of some weeks, and which budgets are not kept."""

from enum import StrEnum

from slipway.records.base import Record
from slipway.records.refused_rows import RefusedWatch
from slipway.records.service import GpuUse, ServiceCounts, Spell
from slipway.records.trouble import Severity
from slipway.records.usage import WorkerUsage


class ServiceBudget(StrEnum):
    """What serving has to keep, by its key in ``[budgets]``; ``FALLBACK`` shares the budget of what fails."""

    ERRORS = "error_share"
    FALLBACK = "fallback"
    LATENCY = "latency_p99_ms"
    QPS = "qps"
    MEMORY = "memory_mb"
    CORES = "cpu_cores"


class WorkerSaid(Record, frozen=True, kw_only=True):
    """What one process that serves left last.

    Attributes:
        name: Such as ``worker-0``, or ``shadow``, which answers nobody.
        since_s: When it began to count, in seconds since the epoch: another moment is another process.
        counts: What it counted since.
        slow_over_ms: Latency budget that its slow answers are counted by, or None.
        waiting: Rows that waited.
        usage: What it takes.
    """

    name: str
    since_s: float
    counts: ServiceCounts
    slow_over_ms: float | None = None
    waiting: int = 0
    usage: WorkerUsage


class Snapshot(Record, frozen=True, kw_only=True):
    """What all processes that serve said at one moment.

    Attributes:
        at_us: The moment, by the machine's clock.
        said: What each left within the last seconds.
        expected: Names of the workers that have to say something; empty where no server runs.
        gpus: The GPUs of the machine; empty where there is none.
    """

    at_us: int
    said: tuple[WorkerSaid, ...]
    expected: tuple[str, ...] = ()
    gpus: tuple[GpuUse, ...] = ()


class Unkept(Record, frozen=True, kw_only=True):
    """A budget that is not kept, from when it was found until it is kept again.

    Attributes:
        budget: Which.
        since_us: When it was found.
        severity: How soon somebody has to look.
        why: What was measured then, in words; it does not change while the trouble lasts.
        arm: The arm that has most to do with it, or empty.
    """

    budget: ServiceBudget
    since_us: int
    severity: Severity
    why: str
    arm: str = ""


class ServiceBook(Record, frozen=True, kw_only=True):
    """What is known of the service of one route; a file of bounded size.

    Attributes:
        at_us: When somebody looked last; 0 before the first look.
        edges_s: Upper ends of the latency buckets, in seconds; one more is open.
        last: What each process said last, to tell what came since.
        minutes: The newest minutes, oldest first; those in which nobody looked are left out.
        hours: The same of hours.
        silent: Workers that should run and say nothing, and since when.
        unkept: Budgets that are not kept.
        refused: Whether more rows are refused than is usual.
    """

    at_us: int = 0
    edges_s: tuple[float, ...] = ()
    last: tuple[WorkerSaid, ...] = ()
    minutes: tuple[Spell, ...] = ()
    hours: tuple[Spell, ...] = ()
    silent: dict[str, int] = {}
    unkept: tuple[Unkept, ...] = ()
    refused: RefusedWatch = RefusedWatch()
