"""Which budgets of the scope serving does not keep, from when it is certain until it is over. Pure.

Of what fails and what is slow the error budget has to burn (:mod:`slipway.monitoring.service_burn`); a level, such as
memory, has to be above its budget over five minutes. What is raised is taken back only by evidence that it is over.
"""

import msgspec

from slipway.monitoring.service_burn import Count, Rows, burning, kept_again, said
from slipway.monitoring.service_window import asked_rows, failed_rows, spells, window
from slipway.records.scope import Budgets
from slipway.records.service import Spell
from slipway.records.service_book import ServiceBook, ServiceBudget, Unkept
from slipway.records.trouble import Severity

SLOW_SHARE = 0.01
"""A budget for the 99th percentile lets one row in a hundred be slower."""

LEVEL_S = 300.0
"""A level counts by its mean over so long; what peaks for a moment is within the budget."""

LEAST_WATCHED_S = 120.0
"""For how long of that somebody has to have looked."""

CLEAR_BELOW = 0.95
"""So far under its budget a level has to be before it is kept again."""

_MB = 1 << 20

LEVELS = (ServiceBudget.QPS, ServiceBudget.MEMORY, ServiceBudget.CORES)


def judge(book: ServiceBook, *, budgets: Budgets, now_us: int) -> ServiceBook:
    """Return the book with the budgets that are not kept now, each with when and why it was found.

    Args:
        book: What is known.
        budgets: The scope's.
        now_us: The moment, by the clock of the book.
    """
    known = {one.budget: one for one in book.unkept}
    found = [_burnt(book, key, budgets=budgets, before=known.get(key), now_us=now_us) for key in shares(budgets)]
    found += [_level(book, key, budgets=budgets, before=known.get(key), now_us=now_us) for key in LEVELS]
    return msgspec.structs.replace(book, unkept=tuple(one for one in found if one is not None))


def shares(budgets: Budgets) -> dict[ServiceBudget, float]:
    """Return which share of the rows each budget lets be bad.

    >>> {str(key): share for key, share in shares(Budgets(latency_p99_ms=20.0)).items()}
    {'error_share': 0.01, 'fallback': 0.01, 'latency_p99_ms': 0.01}
    """
    found = {ServiceBudget.ERRORS: budgets.error_share, ServiceBudget.FALLBACK: budgets.error_share}
    return found | ({} if budgets.latency_p99_ms is None else {ServiceBudget.LATENCY: SLOW_SHARE})


def counting(budget: ServiceBudget, *, budgets: Budgets) -> Count:
    """Return what of a spell counts for a budget; slow answers only where they were counted by this budget."""

    def errors(spell: Spell) -> Rows:
        failed = failed_rows(spell.counts)
        return Rows(failed, spell.counts.answered + failed)

    def fallback(spell: Spell) -> Rows:
        return Rows(spell.counts.fallback, spell.counts.answered)

    def slow(spell: Spell) -> Rows:
        same = spell.slow_over_ms == budgets.latency_p99_ms
        return Rows(spell.counts.slow, spell.counts.judged) if same else Rows(0, 0)

    return {ServiceBudget.ERRORS: errors, ServiceBudget.FALLBACK: fallback, ServiceBudget.LATENCY: slow}[budget]


def level(spell: Spell, budget: ServiceBudget) -> float | None:
    """Return what serving took of a budget in a spell, in its unit: memory of the worker that takes most.

    None where nobody measured it.
    """
    if not spell.watched_s:
        return None
    if budget is ServiceBudget.QPS:
        return asked_rows(spell.counts) / spell.watched_s
    if budget is ServiceBudget.CORES:
        return spell.cores[""].mean if "" in spell.cores else None
    means = [g.mean for name, g in spell.memory_bytes.items() if name.startswith("worker-") and g.mean is not None]
    return max(means) / _MB if means else None


def allowed(budgets: Budgets, budget: ServiceBudget) -> float | None:
    """Return what the scope allows of a budget, in its unit; None where it does not limit it."""
    return budgets.error_share if budget is ServiceBudget.FALLBACK else getattr(budgets, budget.value)


def _burnt(
    book: ServiceBook, budget: ServiceBudget, *, budgets: Budgets, before: Unkept | None, now_us: int
) -> Unkept | None:
    count, share = counting(budget, budgets=budgets), shares(budgets)[budget]
    tier = burning(book, count=count, share=share, now_us=now_us, raised=before is not None)
    if tier is not None:
        severity = Severity.WARNING if budget is ServiceBudget.FALLBACK else tier.severity
        if before is not None and before.severity.rank >= severity.rank:
            return before
        since_us = before.since_us if before else now_us
        whole = window(book, length_s=tier.long_s, now_us=now_us)
        return Unkept(budget=budget, since_us=since_us, severity=severity, why=said(tier), arm=arm_of(whole, budget))
    if before is None or kept_again(book, count=count, share=share, severity=before.severity, now_us=now_us):
        return None
    return before


def _level(
    book: ServiceBook, budget: ServiceBudget, *, budgets: Budgets, before: Unkept | None, now_us: int
) -> Unkept | None:
    limit = allowed(budgets, budget)
    if limit is None:
        return None
    last = window(book, length_s=LEVEL_S, now_us=now_us)
    taken = level(last, budget)
    if taken is None or last.watched_s < LEAST_WATCHED_S:
        return before
    if taken <= limit * (1.0 if before is None else CLEAR_BELOW):
        return None
    if before is not None:
        return before
    each = [level(s, budget) for s in spells(book, length_s=LEVEL_S, now_us=now_us)]
    if sum(one is not None and one > limit for one in each) < 2:
        return None
    why = f"{taken:.3g} over five minutes"
    return Unkept(budget=budget, since_us=now_us, severity=Severity.WARNING, why=why, arm=arm_of(last, budget))


def arm_of(spell: Spell, budget: ServiceBudget) -> str:
    """Return the arm that took most of what the budget is about, where it took more than half."""
    gauges = {ServiceBudget.MEMORY: spell.arm_memory_bytes, ServiceBudget.CORES: spell.arm_cores}.get(budget)
    if gauges is not None:
        took = {name: gauge.mean or 0.0 for name, gauge in gauges.items()}
    elif budget is ServiceBudget.LATENCY:
        took = dict(spell.counts.arm_busy_s)
    elif budget is ServiceBudget.QPS:
        return ""
    else:
        took = {name: float(n) for name, n in spell.counts.arm_failures.items()}
    most = max(took, key=lambda name: took[name], default="")
    return most if most and took[most] > 0.5 * sum(took.values()) else ""
