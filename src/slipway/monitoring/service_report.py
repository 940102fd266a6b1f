"""From the book of the service to what people are shown. Pure."""

from slipway.monitoring.service_alarms import LEVEL_S, LEVELS, allowed, arm_of, counting, level, shares
from slipway.monitoring.service_growth import full_in
from slipway.monitoring.service_told import above, line
from slipway.monitoring.service_window import Failure, asked_rows, failures, quantile, spells, window
from slipway.records.scope import Budgets
from slipway.records.service import Gauge, Spell
from slipway.records.service_book import ServiceBook, ServiceBudget
from slipway.records.service_report import BudgetStanding, Kept, ServiceReport, ServiceWindow, Taken
from slipway.words import moment

WINDOWS_S = (60.0, 300.0, 3600.0, 86_400.0, 604_800.0)
"""What is shown: a minute, five, an hour, a day, a week."""

SHARE_S = 3600.0
"""Over how long a share of the rows is held against its budget here; alarms take several windows."""

STALE_S = 30.0
"""So long after the last look nobody can say how the service does now."""


def service_report(book: ServiceBook, *, route: str, budgets: Budgets, queue_rows: int, now_us: int) -> ServiceReport:
    """Return how the service does, as far as the book tells.

    What nobody looked at is unknown, never kept, and so is nothing above its budget, though it be too short, or too few
    rows, for an alert.

    Args:
        book: What is kept, judged.
        route: Name of the route.
        budgets: The scope's.
        queue_rows: Rows for which a worker has room.
        now_us: The moment.

    >>> service_report(ServiceBook(), route="r", budgets=Budgets(), queue_rows=5, now_us=10**12).sentence
    'Nobody has looked yet: control looks while a server runs.'
    """
    looks = 0 <= now_us - book.at_us <= STALE_S * 1e6
    at_us = book.at_us
    standings = tuple(
        _standing(book, key, budgets=budgets, at_us=at_us, looks=looks)
        for key in (*shares(budgets), *LEVELS)
        if allowed(budgets, key) is not None
    )
    kept = _kept(standings, looks=looks, silent=bool(book.silent))
    return ServiceReport(
        route=route,
        now_us=now_us,
        looked_us=book.at_us,
        kept=kept,
        sentence=_sentence(book, standings, kept=kept, looks=looks),
        budgets=standings,
        windows=tuple(_window(book, length_s=length_s, edges_s=book.edges_s, at_us=at_us) for length_s in WINDOWS_S),
        taken=_taken(window(book, length_s=LEVEL_S, now_us=at_us)),
        queue_rows=queue_rows,
        silent=book.silent,
    )


def _standing(book: ServiceBook, key: ServiceBudget, *, budgets: Budgets, at_us: int, looks: bool) -> BudgetStanding:
    limit = allowed(budgets, key) or 0.0
    if key in LEVELS:
        taken = level(window(book, length_s=LEVEL_S, now_us=at_us), key)
        ratio = None if taken is None else taken / limit
    else:
        rows = [counting(key, budgets=budgets)(s) for s in spells(book, length_s=SHARE_S, now_us=at_us)]
        of = sum(r.of for r in rows)
        taken = sum(r.bad for r in rows) / of if of else None
        ratio = None if taken is None else taken / shares(budgets)[key]
    unkept = next((one for one in book.unkept if one.budget is key), None)
    kept, why = Kept.UNKNOWN, ""
    if unkept is not None:
        kept, why = Kept.NOT_KEPT, line(unkept, budgets=budgets)
    elif looks and taken is not None and ratio is not None:
        kept = Kept.NOT_KEPT if ratio > 1 else Kept.KEPT
        if ratio > 1:
            whole = window(book, length_s=LEVEL_S if key in LEVELS else SHARE_S, now_us=at_us)
            why = above(key, taken=taken, arm=arm_of(whole, key), budgets=budgets)
    growth = full_in(book, key, limit=limit) if key in LEVELS and looks and not unkept else None
    return BudgetStanding(
        budget=key, allows=limit, taken=taken, use_ratio=ratio, kept=kept, why=why, full_in_days=growth
    )


def _kept(standings: tuple[BudgetStanding, ...], *, looks: bool, silent: bool) -> Kept:
    if any(one.kept is Kept.NOT_KEPT for one in standings):
        return Kept.NOT_KEPT
    if not looks or silent or any(one.kept is Kept.UNKNOWN for one in standings):
        return Kept.UNKNOWN
    return Kept.KEPT


def _sentence(book: ServiceBook, standings: tuple[BudgetStanding, ...], *, kept: Kept, looks: bool) -> str:
    if not book.at_us:
        return "Nobody has looked yet: control looks while a server runs."
    said = [one.why for one in standings if one.why]
    said += [f"{name} says nothing since {moment(at)}." for name, at in book.silent.items()]
    if not looks:
        said.append(f"Nobody looks since {moment(book.at_us)}, so how it does now is not known.")
    for one in standings:
        if one.full_in_days is not None:
            soon, late = one.full_in_days
            said.append(f"budgets.{one.budget}: at the growth of the last weeks full in {soon:.0f} to {late:.0f} days.")
    unknown = [str(one.budget) for one in standings if looks and one.kept is Kept.UNKNOWN]
    if unknown:
        said.append(f"Not known: {', '.join(unknown)}, for nothing came or nobody measured it.")
    return " ".join(said) or ("Every budget is kept." if kept is Kept.KEPT else "It is not known.")


def _window(book: ServiceBook, *, length_s: float, edges_s: tuple[float, ...], at_us: int) -> ServiceWindow:
    spell = window(book, length_s=length_s, now_us=at_us)
    counts, kinds, asked = spell.counts, failures(spell.counts.errors), asked_rows(spell.counts)
    bad = kinds[Failure.OVERLOAD] + kinds[Failure.FAILED]

    def ends(q: float) -> tuple[float, float] | None:
        found = quantile(counts.latency, edges_s=edges_s, q=q)
        return None if found is None else (found.low_ms, found.high_ms)

    return ServiceWindow(
        length_s=length_s,
        watched_s=spell.watched_s,
        silent_s=min(spell.silent_s, spell.watched_s),
        asked=asked,
        qps=asked / spell.watched_s if spell.watched_s else None,
        failed_share=bad / asked if asked else None,
        overload_share=kinds[Failure.OVERLOAD] / asked if asked else None,
        fallback_share=counts.fallback / counts.answered if counts.answered else None,
        slow_share=counts.slow / counts.judged if counts.judged else None,
        refused=kinds[Failure.REFUSED],
        p50_ms=ends(0.5),
        p95_ms=ends(0.95),
        p99_ms=ends(0.99),
        waiting=spell.waiting.most if spell.waiting.n else None,
    )


def _taken(spell: Spell) -> tuple[Taken, ...]:
    processes = sorted(spell.memory_bytes.keys() | spell.cores.keys() - {""})
    arms = sorted(spell.arm_memory_bytes.keys() | spell.arm_cores.keys())
    none = Gauge()
    return (
        *(_one(n, "process", spell.memory_bytes.get(n, none), spell.cores.get(n, none)) for n in processes),
        *(_one(n, "arm", spell.arm_memory_bytes.get(n, none), spell.arm_cores.get(n, none)) for n in arms),
        *(
            _one(n, "gpu", spell.gpu_memory_bytes.get(n, none), busy, room_bytes=spell.gpu_room_bytes.get(n))
            for n, busy in sorted(spell.gpu_busy.items())
        ),
    )


def _one(name: str, what: str, memory: Gauge, cores: Gauge, *, room_bytes: float | None = None) -> Taken:
    return Taken(
        name=name,
        what=what,
        memory_bytes=memory.mean,
        most_bytes=memory.most if memory.n else None,
        room_bytes=room_bytes,
        cores=cores.mean,
    )
