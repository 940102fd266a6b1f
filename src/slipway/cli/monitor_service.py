"""``slipway monitor service``: how the service does against the scope's budgets."""

import math

from slipway.cli.left import open_left
from slipway.cli.options import COMMON, Common
from slipway.cli.screen import Screen, show
from slipway.monitoring.service_words import allows, took
from slipway.records.service_report import Kept, ServiceReport, ServiceWindow, Taken
from slipway.words import moment, number, percent, size, span

_LITTLE = 0.1
"""Below this part of a window its figures are those of a shorter one."""


def service(*, check: bool = False, common: Common = COMMON) -> int:
    """Show how the service does: rows a second, failures, latency, memory and processor against the budgets.

    Args:
        check: End with status 1 where a budget is not kept, or nobody can tell.
        common: What every command takes.
    """
    found = open_left(common).service()
    show(found, human=_page, common=common)
    return int(check and found.kept is not Kept.KEPT)


def _page(screen: Screen, found: ServiceReport) -> None:
    screen.title(f"Service of {found.route} at {moment(found.now_us)}: budgets {found.kept}")
    screen.line(f"  {found.sentence}")
    screen.line()
    rows = [
        (str(one.budget), allows(one), took(one), percent(one.use_ratio, digits=0), str(one.kept))
        for one in found.budgets
    ]
    screen.table(("budget", ">allows", ">taken", ">use", "stands"), rows)
    screen.line()
    heads = ("last", ">watched", ">rows", ">rows/s", ">failed", ">no room", ">stood in", ">refused")
    screen.table(heads, [_rows(w) for w in found.windows])
    screen.line()
    latency = [(span(w.length_s), *_latency(w), number(w.waiting)) for w in found.windows]
    screen.table(("last", ">p50 ms", ">p95 ms", ">p99 ms", ">too slow", ">waiting"), latency)
    screen.line(
        "  Latencies are the edges of the bucket that the quantile lies in; waiting is of "
        f"{found.queue_rows:,} rows that a worker has room for."
    )
    screen.line()
    taken = [_taken(one) for one in found.taken]
    screen.table(("takes", "", ">memory", ">at most", ">cores"), taken, none="Nobody measured what it takes.")
    if not any(one.what == "gpu" for one in found.taken):
        screen.line("  No GPU was found here.")


def _rows(w: ServiceWindow) -> tuple[str, ...]:
    return (
        span(w.length_s),
        _watched(w),
        f"{w.asked:,}",
        number(w.qps, digits=3),
        percent(w.failed_share, digits=2),
        percent(w.overload_share, digits=2),
        percent(w.fallback_share, digits=2),
        f"{w.refused:,}",
    )


def _watched(w: ServiceWindow) -> str:
    """Say how much of a window was watched; what hardly began speaks for no window of that length."""
    if not w.watched_s:
        return "not at all"
    return span(w.watched_s) if w.watched_s >= _LITTLE * w.length_s else f"not yet: {span(w.watched_s)}"


def _latency(w: ServiceWindow) -> tuple[str, ...]:
    return (*(_ends(ends) for ends in (w.p50_ms, w.p95_ms, w.p99_ms)), percent(w.slow_share, digits=2))


def _ends(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return "unknown"
    low, high = ends
    return f"> {low:g}" if math.isinf(high) else f"{low:g}-{high:g}"


def _taken(one: Taken) -> tuple[str, ...]:
    memory, most = ("" if b is None else size(b) for b in (one.memory_bytes, one.most_bytes))
    if one.what == "gpu":
        room = "" if one.room_bytes is None else f" of {size(one.room_bytes)}"
        return (one.name, one.what, memory + room, most, f"{percent(one.cores, digits=0)} busy")
    return (one.name, one.what, memory, most, "" if one.cores is None else f"{one.cores:.2f}")
