"""From what the workers say at each look to minutes and hours that are kept. Pure.

Counters of a worker begin anew with its process, clocks are set, and control may be away: so each look adds the
difference to what the same process said before, and a stretch in which nobody looked is left out rather than spread
over. Nothing is made up: such a stretch lacks in ``watched_s``.
"""

from collections.abc import Sequence

import msgspec

from slipway.records.service import Gauge, ServiceCounts, Spell
from slipway.records.service_book import ServiceBook, Snapshot, WorkerSaid

MINUTES, HOURS = 360, 5 * 7 * 24
"""How many are kept: six hours of minutes for the windows of alarms, five weeks of hours for reports."""

GAP_S = 90.0
"""Longest time between two looks for which what was counted meanwhile is known to be of then."""

MINUTE_S, HOUR_S = 60, 3600


def look(book: ServiceBook, snapshot: Snapshot) -> ServiceBook:
    """Return the book with what was counted since the look before.

    A clock that was set back takes what lies ahead of it out of the book; one that was set ahead makes a gap.

    >>> from slipway.records.usage import WorkerUsage
    >>> def said(at_s, answered):
    ...     one = WorkerSaid(
    ...         name="worker-0",
    ...         since_s=5.0,
    ...         counts=ServiceCounts(answered=answered),
    ...         usage=WorkerUsage(name="worker-0", memory_bytes=1 << 20, cores=None),
    ...     )
    ...     return Snapshot(at_us=at_s * 1_000_000, said=(one,), expected=("worker-0",))
    >>> book = ServiceBook()
    >>> for at_s, answered in ((600, 100), (630, 130), (665, 150)):
    ...     book = look(book, said(at_s, answered))
    >>> [(m.start_us // 60_000_000, m.watched_s, m.counts.answered) for m in book.minutes]
    [(10, 30.0, 30), (11, 35.0, 20)]
    >>> book.hours[0].counts.answered
    50
    """
    if snapshot.at_us < book.at_us:
        book = _set_back(book, now_us=snapshot.at_us)
    gone_s = (snapshot.at_us - book.at_us) / 1e6
    watched = book.at_us > 0 and gone_s <= GAP_S
    silent = _silent(snapshot, since=book.silent)
    if watched and gone_s > 0:
        added = _added(book, snapshot, gone_s=gone_s, silent=bool(silent))
        book = msgspec.structs.replace(
            book,
            minutes=_with(book.minutes, added, at_us=snapshot.at_us, length_s=MINUTE_S, most=MINUTES),
            hours=_with(book.hours, added, at_us=snapshot.at_us, length_s=HOUR_S, most=HOURS),
        )
    waited = tuple(
        one for one in book.last if one.name in silent and snapshot.at_us - silent[one.name] <= GAP_S * 1e6
    )  # a file that is just being replaced is missed once, and what it held is counted at the next look
    return msgspec.structs.replace(book, at_us=snapshot.at_us, last=(*snapshot.said, *waited), silent=silent)


def _silent(snapshot: Snapshot, *, since: dict[str, int]) -> dict[str, int]:
    heard = {one.name for one in snapshot.said}
    return {name: since.get(name, snapshot.at_us) for name in snapshot.expected if name not in heard}


def _set_back(book: ServiceBook, *, now_us: int) -> ServiceBook:
    return msgspec.structs.replace(
        book,
        at_us=now_us,
        minutes=tuple(m for m in book.minutes if m.start_us <= now_us),
        hours=tuple(h for h in book.hours if h.start_us <= now_us),
        silent={name: min(at, now_us) for name, at in book.silent.items()},
    )


def _added(book: ServiceBook, snapshot: Snapshot, *, gone_s: float, silent: bool) -> Spell:
    """Return what came since the look before, with the levels of now."""
    before = {one.name: one for one in book.last}
    counts = ServiceCounts()
    for one in snapshot.said:
        counts = counts.plus(_since(one, before.get(one.name), looked_s=book.at_us / 1e6))
    workers = [one for one in snapshot.said if one.name in snapshot.expected]
    budgets = {one.slow_over_ms for one in workers}
    return msgspec.structs.replace(
        _levels(snapshot, workers=workers),
        start_us=book.at_us,
        length_s=gone_s,
        watched_s=gone_s,
        silent_s=gone_s if silent else 0.0,
        slow_over_ms=budgets.pop() if len(budgets) == 1 else None,
        counts=counts,
    )


def _since(one: WorkerSaid, before: WorkerSaid | None, *, looked_s: float) -> ServiceCounts:
    """Of a process that is met for the first time all counts, if it began since the look before; else nothing."""
    if before is not None and before.since_s == one.since_s:
        return one.counts.since(before.counts)
    began_since = one.since_s >= looked_s or before is not None
    return one.counts if began_since else ServiceCounts()


def _levels(snapshot: Snapshot, *, workers: Sequence[WorkerSaid]) -> Spell:
    """Return what was read rather than counted; what nobody could read has no reading."""
    cores = {one.name: _read(one.usage.cores) for one in snapshot.said if one.usage.cores is not None}
    known = [one.usage.cores for one in workers if one.usage.cores is not None]
    if known and len(known) == len(snapshot.expected):
        cores[""] = _read(sum(known))
    held: dict[str, float] = {}
    used: dict[str, float] = {}
    for name, arm in ((name, arm) for one in snapshot.said for name, arm in one.usage.arms.items()):
        held[name] = max(held.get(name, 0.0), arm.memory_bytes)
        if arm.cores is not None:
            used[name] = used.get(name, 0.0) + arm.cores
    return Spell(
        start_us=snapshot.at_us,
        length_s=0.0,
        waiting=_read(max(one.waiting for one in workers)) if workers else Gauge(),
        memory_bytes={one.name: _read(one.usage.memory_bytes) for one in snapshot.said if one.usage.memory_bytes},
        cores=cores,
        arm_memory_bytes={name: _read(size) for name, size in held.items() if size},
        arm_cores={name: _read(in_use) for name, in_use in used.items()},
        gpu_busy={gpu.name: _read(gpu.busy) for gpu in snapshot.gpus},
        gpu_memory_bytes={gpu.name: _read(gpu.memory_bytes) for gpu in snapshot.gpus},
        gpu_room_bytes={gpu.name: gpu.room_bytes for gpu in snapshot.gpus},
    )


def _read(value: float) -> Gauge:
    return Gauge().read(float(value))


def _with(spells: tuple[Spell, ...], added: Spell, *, at_us: int, length_s: int, most: int) -> tuple[Spell, ...]:
    """Add to the spell of a moment, or begin it; the oldest make room."""
    start_us = at_us - at_us % (length_s * 1_000_000)
    if spells and spells[-1].start_us >= start_us:
        return (*spells[:-1], spells[-1].plus(added))
    begun = Spell(start_us=start_us, length_s=float(length_s)).plus(added)
    return (*spells[-most + 1 :], begun)
