"""How does the service do? Each budget, and what was taken of it over the last hours or weeks."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from slipway.monitoring.service_alarms import level
from slipway.monitoring.service_book import HOUR_S, MINUTE_S
from slipway.monitoring.service_window import asked_rows, failed_rows, quantile
from slipway.monitoring.service_words import allows, took
from slipway.records.scope import Budgets
from slipway.records.service import Spell
from slipway.records.service_book import ServiceBook, ServiceBudget
from slipway.records.service_report import BudgetStanding, Kept, ServiceReport
from slipway.web.charts.series import At, series
from slipway.words import number, percent

_HOURS = 6
"""From so many hours on the charts show hours; before that minutes."""


class Row(NamedTuple):
    """One budget, said."""

    budget: str
    allows: str
    taken: str
    use: str
    stands: str
    kind: str
    why: str


class Served(NamedTuple):
    """The service, said: a sentence, a row for each budget, and charts with a title each."""

    sentence: str
    rows: tuple[Row, ...]
    charts: tuple[tuple[str, Markup], ...]


def served(report: ServiceReport, *, book: ServiceBook, budgets: Budgets) -> Served:
    """Return what the page shows of the service.

    Args:
        report: How it does.
        book: What is kept of it.
        budgets: The scope's.
    """
    return Served(report.sentence, budget_rows(report), tuple(_charts(book, budgets)))


def budget_rows(report: ServiceReport) -> tuple[Row, ...]:
    """Return a row for each budget."""
    return tuple(_row(one) for one in report.budgets)


def _row(one: BudgetStanding) -> Row:
    kind = {Kept.KEPT: "good", Kept.NOT_KEPT: "bad", Kept.UNKNOWN: "soft"}[one.kept]
    return Row(str(one.budget), allows(one), took(one), percent(one.use_ratio, digits=0), str(one.kept), kind, one.why)


def _charts(book: ServiceBook, budgets: Budgets) -> list[tuple[str, Markup]]:
    long = len(book.hours) >= _HOURS
    spells, step_s = (book.hours, HOUR_S) if long else (book.minutes, MINUTE_S)
    if len(spells) < 2:
        return []
    by = "hour" if long else "minute"
    p99 = partial(_p99, edges_s=book.edges_s)
    drawn: list[tuple[str, str, Callable[[Spell], tuple[float, float]], float | None, Callable[[float], str]]] = [
        ("latency", "99th percentile of the latency", p99, budgets.latency_p99_ms, lambda v: f"{number(v)} ms"),
        ("failed", "Share of the rows not answered", _failed, budgets.error_share, percent),
        ("qps", "Rows a second", partial(_level, key=ServiceBudget.QPS), budgets.qps, number),
        ("memory", "Memory of the largest worker", partial(_level, key=ServiceBudget.MEMORY), budgets.memory_mb, _mb),
    ]
    return [
        (
            f"{title}, by {by}",
            series(_points(spells, of), step_s=step_s, budget=limit, name=f"service-{name}", title=title, say=say),
        )
        for name, title, of, limit, say in drawn
    ]


def _points(spells: Sequence[Spell], of: Callable[[Spell], tuple[float, float]]) -> list[At]:
    return [At(spell.start_us, *of(spell)) for spell in spells]


def _p99(spell: Spell, *, edges_s: tuple[float, ...]) -> tuple[float, float]:
    found = quantile(spell.counts.latency, edges_s=edges_s, q=0.99)
    return (math.nan, math.nan) if found is None else (found.low_ms, found.high_ms)


def _failed(spell: Spell) -> tuple[float, float]:
    asked = asked_rows(spell.counts)
    share = failed_rows(spell.counts) / asked if asked else math.nan
    return share, share


def _level(spell: Spell, *, key: ServiceBudget) -> tuple[float, float]:
    taken = level(spell, key)
    value = math.nan if taken is None else taken
    return value, value


def _mb(value: float) -> str:
    return f"{number(value)} MB"
