"""How the service does, as the faces show it."""

from enum import StrEnum

from slipway.records.base import Record
from slipway.records.service_book import ServiceBudget


class Kept(StrEnum):
    """How a budget stands."""

    KEPT = "kept"
    NOT_KEPT = "NOT KEPT"
    UNKNOWN = "unknown"


class BudgetStanding(Record, frozen=True, kw_only=True):
    """One budget of the scope.

    Attributes:
        budget: Which.
        allows: What the scope allows, in the budget's unit; of the latency the milliseconds.
        taken: What was taken, in the same unit; of what fails, stands in or is late its share of the rows in the last
            hour, of a level its mean over five minutes. None where nobody measured it, or nothing came.
        use_ratio: What was taken over what is allowed; above 1 is too much. None likewise.
        kept: Whether it is kept. Above 1 it never is, with an alert or without; one with an alert stays so until it is
            certain that it is over.
        why: What was found when it was raised, since when, and who takes most; empty where it is kept.
        full_in_days: Between how many days from now it is full at the growth of the last weeks; None where nobody can
            honestly say, or it does not grow.
    """

    budget: ServiceBudget
    allows: float
    taken: float | None
    use_ratio: float | None
    kept: Kept
    why: str = ""
    full_in_days: tuple[float, float] | None = None


class ServiceWindow(Record, frozen=True, kw_only=True):
    """What was done in a window that ends now.

    Attributes:
        length_s: Its length, in seconds.
        watched_s: For how much of it somebody looked; what is below counts these seconds alone.
        silent_s: For how much of that a worker that should run said nothing.
        asked: Rows that should have been answered.
        qps: The same a second; None where nobody looked.
        failed_share: Share of them that was not answered through no fault of the callers; None where none came.
        overload_share: The part of these for which there was no room.
        fallback_share: Share of the answers that another arm gave in place of one that failed.
        slow_share: Share of the answers that took longer than the budget; None without one.
        refused: Requests that were the callers' own mistake.
        p50_ms: Between which edges the median of the latency lies; None where nothing was answered.
        p95_ms: The same of the 95th percentile.
        p99_ms: The same of the 99th.
        waiting: Most rows that waited in one worker, of what was read every few seconds.
    """

    length_s: float
    watched_s: float
    silent_s: float
    asked: int
    qps: float | None
    failed_share: float | None
    overload_share: float | None
    fallback_share: float | None
    slow_share: float | None
    refused: int
    p50_ms: tuple[float, float] | None
    p95_ms: tuple[float, float] | None
    p99_ms: tuple[float, float] | None
    waiting: float | None


class Taken(Record, frozen=True, kw_only=True):
    """What a process, an arm or a GPU took, over the last five minutes.

    Attributes:
        name: Its name.
        what: ``process``, ``arm`` or ``gpu``.
        memory_bytes: Mean of its memory; None where it has none of its own.
        most_bytes: The most that it had.
        room_bytes: Memory that a GPU has; None elsewhere.
        cores: Cores in use, of a GPU the share of the time in which it computed; None where nobody measured it.
    """

    name: str
    what: str
    memory_bytes: float | None
    most_bytes: float | None
    room_bytes: float | None = None
    cores: float | None = None


class ServiceReport(Record, frozen=True, kw_only=True):
    """How the service of one route does.

    Attributes:
        route: Name of the route.
        now_us: The moment of asking.
        looked_us: When somebody looked last; 0 where nobody ever did.
        kept: Whether all budgets are kept; unknown where nobody looks now, or one of them was not measured.
        sentence: The same in words.
        budgets: Each budget that the scope has.
        windows: What was done, the shortest window first.
        taken: What processes, arms and GPUs take; no entry of a GPU where there is none.
        queue_rows: Rows for which a worker has room.
        silent: Workers that should run and say nothing, and since when.
    """

    route: str
    now_us: int
    looked_us: int
    kept: Kept
    sentence: str
    budgets: tuple[BudgetStanding, ...]
    windows: tuple[ServiceWindow, ...]
    taken: tuple[Taken, ...]
    queue_rows: int
    silent: dict[str, int] = {}
