"""Says what a budget of the service allows and what was taken of it, each in its own unit."""

from slipway.records.service_book import ServiceBudget
from slipway.records.service_report import BudgetStanding
from slipway.words import number, percent

_UNITS = {ServiceBudget.MEMORY: "MB", ServiceBudget.CORES: "cores", ServiceBudget.QPS: "rows/s"}


def allows(one: BudgetStanding) -> str:
    """Say what a budget allows, in its own unit."""
    if one.budget in _UNITS:
        return f"{number(one.allows)} {_UNITS[one.budget]}"
    return f"1 % over {number(one.allows)} ms" if one.budget is ServiceBudget.LATENCY else percent(one.allows)


def took(one: BudgetStanding) -> str:
    """Say what was taken of a budget, in its own unit."""
    if one.budget not in _UNITS:
        return percent(one.taken, digits=2)
    return "unknown" if one.taken is None else f"{number(one.taken)} {_UNITS[one.budget]}"
