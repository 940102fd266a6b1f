"""A load test: what was asked of a running server, how it answered, and which of the scope's budgets that bears out."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.stats.log_counts import LogCounts

ID_PREFIX = "slipway-bench-"
"""Prediction ids of a load test begin so. Nobody asked for them, so they are no evidence: control leaves them out."""

HEADER = "slipway-load-test"
"""Header of a load test's requests. With it, and the key of this machine's own commands, ids may begin so."""


class Arrivals(StrEnum):
    """How requests follow one another: by chance, as independent callers do, or evenly."""

    POISSON = "poisson"
    CONSTANT = "constant"


class Hold(StrEnum):
    """Whether a rate was held. ``void``: the run cannot tell, because the generator or the count was not up to it."""

    HOLDS = "holds"
    BREAKS = "breaks"
    VOID = "void"


class Limits(Record, frozen=True, kw_only=True):
    """When a rate counts as held.

    Attributes:
        latency_p99_ms: 99 % of the requests, failures included, are answered sooner.
        error_share: Part of the requests that may fail, in [0, 1).
    """

    latency_p99_ms: float
    error_share: float = 0.001

    def __post_init__(self) -> None:
        if not self.latency_p99_ms > 0:
            raise BadInput(f"latency_p99_ms: want more than 0, got {self.latency_p99_ms}.")
        if not 0 <= self.error_share < 1:
            raise BadInput(f"error_share: want 0 <= error_share < 1, got {self.error_share}. For 0.1 % write 0.001.")


class Usage(Record, frozen=True, kw_only=True):
    """What one process of the server took while it was asked, its children included.

    Attributes:
        name: Such as ``worker-0``, ``shadow``, ``control``.
        cpu_cores: Processor seconds a second.
        memory_bytes: Largest resident memory seen.
    """

    name: str
    cpu_cores: float
    memory_bytes: int


class Rung(Record, frozen=True, kw_only=True):
    """One rate, held for a while.

    Attributes:
        qps: Requests a second that the schedule asked for.
        for_s: Length of the part that counts, after the warm-up.
        answered_qps: Requests a second answered with 200.
        latency: Microseconds from the moment a request was due to the last byte of its reply, over every request that
            was due; one that failed or was never answered is endless.
        outcomes: Requests by what became of them: an HTTP status, ``no answer`` or ``connection lost``.
        late: Microseconds by which the generator itself noticed late that a request was due.
        generator_cores: Processor seconds a second that the generators took, the busiest of them.
        usage: What the server's processes took; empty where that cannot be read.
        hold: Whether the limits held.
        reason: One sentence with the numbers.
    """

    qps: float
    for_s: float
    answered_qps: float
    latency: LogCounts
    outcomes: dict[str, int]
    late: LogCounts
    generator_cores: float
    usage: tuple[Usage, ...]
    hold: Hold
    reason: str

    @property
    def failed_share(self) -> float:
        """Part of the requests that was not answered with 200."""
        return 1.0 - self.outcomes.get("200", 0) / self.latency.n if self.latency.n else 1.0

    def latency_ms(self, share: float) -> float:
        """Return a quantile of the latency in milliseconds; infinite where it falls among failures."""
        return self.latency.quantile(share) / 1000.0


class LoadTest(Record, frozen=True, kw_only=True):
    """What ``slipway bench`` did and found.

    Attributes:
        id: Begins with :data:`ID_PREFIX`, as do the ids of its predictions.
        at_us: When it began.
        url: Where requests went.
        route: Route that was asked.
        route_version: Its version when the test began.
        arms: Arms that answered or shadowed.
        arrivals: How requests followed one another.
        connections: Connections that were kept open.
        rows: Rows a request.
        entities: Different entities.
        generators: Processes that asked.
        seed: Seed of all chance.
        limits: When a rate counts as held.
        searched: Whether the highest rate that holds was looked for, or one rate was asked.
        rungs: Rates in the order in which they were tried.
        held_qps: Highest rate that held, below every one that broke; 0 if none did.
        machine: Processors and load of the machine that asked, when it began.
    """

    id: str
    at_us: int
    url: str
    route: str
    route_version: int
    arms: tuple[str, ...]
    arrivals: Arrivals
    connections: int
    rows: int
    entities: int
    generators: int
    seed: int
    limits: Limits
    searched: bool
    rungs: tuple[Rung, ...]
    held_qps: float
    machine: str

    @property
    def best(self) -> Rung | None:
        """The last run at the highest rate that held; without one, the last run."""
        held = [r for r in self.rungs if r.hold is Hold.HOLDS and r.qps == self.held_qps]
        rungs = held or list(self.rungs)
        return rungs[-1] if rungs else None
