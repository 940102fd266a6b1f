"""The one trouble of a route whose service does not keep its budgets, with a line for each. Pure."""

from slipway.monitoring.service_alarms import allowed, shares
from slipway.records.scope import Budgets
from slipway.records.service_book import ServiceBook, ServiceBudget, Unkept
from slipway.records.trouble import AlertKind, Severity, Trouble
from slipway.words import moment, number, percent

SILENT_US = 60_000_000
"""For how long a worker may say nothing; one that is started again says something within seconds."""

_DO = {
    ServiceBudget.ERRORS: "see in the worker's log what fails",
    ServiceBudget.FALLBACK: "see why the arm fails or is late",
    ServiceBudget.LATENCY: "give it more workers, or a smaller model",
    ServiceBudget.QPS: "add workers, or ask callers for less",
    ServiceBudget.MEMORY: "give it more room",
    ServiceBudget.CORES: "give it more room",
}


def service_troubles(book: ServiceBook, *, route: str, budgets: Budgets, candidate: str = "") -> list[Trouble]:
    """Return one trouble with all that is not kept, or none. What nobody can tell is a line of it.

    Args:
        book: What is known, judged.
        route: Name of the route.
        budgets: The scope's.
        candidate: Arm of the rollout that runs on it, or empty.
    """
    silent = {name: at for name, at in book.silent.items() if book.at_us - at >= SILENT_US}
    lines = [line(one, budgets=budgets) for one in book.unkept]
    lines += [f"Nobody knows how {name} does: it says nothing since {moment(at)}." for name, at in silent.items()]
    if not lines:
        return []
    head = f"The service of {route} does not keep what it has to."
    severities = [one.severity for one in book.unkept] + [Severity.CRITICAL for _ in silent]
    return [
        Trouble(
            kind=AlertKind.BUDGET,
            about=route,
            severity=max(severities, key=lambda s: s.rank),
            sentence=" ".join([head, *lines, *_advice(book, candidate)]),
            command="slipway monitor service",
        )
    ]


def line(one: Unkept, *, budgets: Budgets) -> str:
    """Return what is not kept of one budget, since when, and who has most to do with it.

    >>> one = Unkept(budget=ServiceBudget.MEMORY, since_us=0, severity=Severity.WARNING, why="600", arm="trees")
    >>> line(one, budgets=Budgets(memory_mb=512))
    'budgets.memory_mb = 512: got 600, since 1970-01-01 00:00 UTC; most of it is trees.'
    """
    return f"{_head(one.budget, budgets)} {one.why}, since {moment(one.since_us)}{_most(one.arm)}."


def above(budget: ServiceBudget, *, taken: float, arm: str, budgets: Budgets) -> str:
    """Return what is above a budget without an alert: too short or too few for one, or what is left of one.

    Args:
        budget: Which.
        taken: What was taken of it, in its unit; of shares the share in the last hour.
        arm: The arm that took most of it, or empty.
        budgets: The scope's.

    >>> above(ServiceBudget.ERRORS, taken=0.9929, arm="", budgets=Budgets())
    'budgets.error_share = 0.01: rows not answered are 99.29 % of the last hour; no alert is open for it.'
    """
    share = budget in shares(budgets)
    what = f"{percent(taken, digits=2)} of the last hour" if share else f"{number(taken)} over five minutes"
    return f"{_head(budget, budgets)} {what}{_most(arm)}; no alert is open for it."


def _most(arm: str) -> str:
    return f"; most of it is {arm}" if arm else ""


def _head(budget: ServiceBudget, budgets: Budgets) -> str:
    limit = allowed(budgets, budget)
    key = ServiceBudget.ERRORS if budget is ServiceBudget.FALLBACK else budget
    what = {
        ServiceBudget.ERRORS: "rows not answered are",
        ServiceBudget.FALLBACK: "rows that the fallback answered are",
        ServiceBudget.LATENCY: "rows answered later are",
    }.get(budget, "got")
    return f"budgets.{key} = {0 if limit is None else limit:g}: {what}"


def _advice(book: ServiceBook, candidate: str) -> list[str]:
    """Return what to do: a rollback first, where a rollout runs and its candidate may be why."""
    told = list(dict.fromkeys(_DO[one.budget] for one in book.unkept))
    blamed = {one.arm for one in book.unkept} - {""}
    if candidate and (not blamed or candidate in blamed):
        told.insert(0, f"roll back if it came with {candidate}")
    if not told:
        return []
    return [f"What to do: {'; '.join(told)}."]
