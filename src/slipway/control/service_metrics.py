"""How the service stands by its budgets, in Prometheus's text; what nobody measured has no sample."""

from slipway.records.service_report import Kept, ServiceReport
from slipway.serving.prometheus import family

_Values = dict[tuple[str, ...], float]


def service_lines(report: ServiceReport) -> list[str]:
    """Return the lines about budgets and GPUs.

    >>> from slipway.records.service_book import ServiceBudget
    >>> from slipway.records.service_report import BudgetStanding
    >>> memory = BudgetStanding(budget=ServiceBudget.MEMORY, allows=500.0, taken=250.0, use_ratio=0.5, kept=Kept.KEPT)
    >>> report = ServiceReport(
    ...     route="r",
    ...     now_us=0,
    ...     looked_us=5_000_000,
    ...     kept=Kept.KEPT,
    ...     sentence="",
    ...     budgets=(memory,),
    ...     windows=(),
    ...     taken=(),
    ...     queue_rows=5,
    ... )
    >>> [line for line in service_lines(report) if not line.startswith("#")]  # doctest: +NORMALIZE_WHITESPACE
    ['slipway_budget_use_ratio{budget="memory_mb"} 0.5', 'slipway_budget_kept{budget="memory_mb"} 1',
     'slipway_service_looked_timestamp_seconds 5']
    """
    use: _Values = {(str(one.budget),): one.use_ratio for one in report.budgets if one.use_ratio is not None}
    kept: _Values = {
        (str(one.budget),): float(one.kept is Kept.KEPT) for one in report.budgets if one.kept is not Kept.UNKNOWN
    }
    gpus = [one for one in report.taken if one.what == "gpu"]
    busy: _Values = {(one.name,): one.cores for one in gpus if one.cores is not None}
    held: _Values = {(one.name,): one.memory_bytes for one in gpus if one.memory_bytes is not None}
    room: _Values = {(one.name,): one.room_bytes for one in gpus if one.room_bytes is not None}
    looked: _Values = {(): report.looked_us / 1e6} if report.looked_us else {}
    text = "What is taken of a budget of the scope, of what it allows: of shares in an hour, of levels in five minutes."
    return [
        *family("budget_use_ratio", text, use, labels=("budget",)),
        *family("budget_kept", "Whether it is kept; no sample where nobody can tell.", kept, labels=("budget",)),
        *family("service_looked_timestamp_seconds", "When control looked at the service last.", looked),
        *family("gpu_busy_ratio", "Share of the time in which a GPU computed.", busy, labels=("gpu",)),
        *family("gpu_memory_bytes", "Memory in use on a GPU.", held, labels=("gpu",)),
        *family("gpu_room_bytes", "Memory that a GPU has.", room, labels=("gpu",)),
    ]
