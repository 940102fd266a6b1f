"""Tables of what was measured, ratios within a round with their spread, and the goals: met, missed, or not known."""

import os
import statistics
from collections.abc import Callable
from typing import NamedTuple

from beside.peers import BATCHING

ALL, BARE, LIMIT, HAND = "slipway_all", "slipway_bare", "nginx", "fastapi_ort"


class Cell(NamedTuple):
    """Where a figure stands."""

    peer: str
    model: str
    rows: int
    connections: int


class Run(NamedTuple):
    """What one cell gave in one round.

    Attributes:
        round: Number of the round.
        rate: Requests a second.
        p50_ms: Half of the answers came sooner.
        p99_ms: 99 % of the answers came sooner.
        cpu_us: Processor time of the server a request, with what it does afterwards.
        others: Cores that neither server nor load took: other work on the machine.
        wrong: What went wrong, in words, or empty; also where wrk was at its own limit.
        wrk: Share of its one core that the load generator took.
        rest_s: How long after the last answer the server was still at work.
    """

    round: int
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    others: float
    wrong: str
    wrk: float = 0.0
    rest_s: float = 0.0


def tables(found, *, titles, reasons):
    """Return the tables as Markdown: one for each model and number of rows."""
    others = sorted(run.others for runs in found.values() for run in runs) or [float("nan")]
    loads = sorted(run.wrk for runs in found.values() for run in runs) or [float("nan")]
    lines = [
        f"{os.cpu_count()} cores, of which other work took {statistics.median(others):.2f} at the median and "
        f"{others[-1]:.2f} at most; wrk took up to {loads[-1]:.0%} "
        "of its own core. Requests a second: median [range] of the rounds; else medians."
    ]
    for model, rows in sorted({(c.model, c.rows) for c in found}, key=lambda k: (k[0] != "small", k[1])):
        known = sorted({c.connections for c in found if (c.model, c.rows) == (model, rows)})
        head = " | ".join(f"{n} conn." for n in known)
        lines += [f"\n### {model} model, {rows} row{'s' if rows > 1 else ''} a request\n"]
        lines += [f"| server | {head} | p50 ms | p99 ms | CPU µs a request | at work after s |"]
        lines += ["|---|" + "---|" * (len(known) + 4)]
        for peer, title in titles.items():
            cells = [found.get(Cell(peer, model, rows, n)) for n in known]
            if any(cells):
                lines.append(f"| {title} | " + " | ".join(_figures(cells)) + " |")
    lines += [f"\n{titles[peer]}: not measured, {reason}." for peer, reason in reasons.items()]
    return "\n".join(lines)


def _figures(cells):
    rates = []
    for runs in cells:
        good = [r for r in runs or () if not r.wrong]
        if not good:
            rates.append(runs[0].wrong if runs else "")
            continue
        values = [r.rate for r in good]
        rates.append(f"{statistics.median(values):,.0f} [{min(values):,.0f}-{max(values):,.0f}]")
    rest = []
    for key, digits in (("p50_ms", 2), ("p99_ms", 1), ("cpu_us", 0), ("rest_s", 1)):
        columns = [[getattr(r, key) for r in runs or () if not r.wrong] for runs in cells]
        rest.append(" / ".join(f"{statistics.median(c):.{digits}f}" if c else "-" for c in columns))
    return [*rates, *rest]


class Ratio(NamedTuple):
    """A ratio taken within each round: median, range, and in how many rounds it was known."""

    median: float
    low: float
    high: float
    rounds: int


def ratio(found, over: Cell, under: Cell, *, key="rate"):
    """Return the ratio of two cells' figures, round by round, or None where no round has both."""
    below = {r.round: getattr(r, key) for r in found.get(under, ()) if not r.wrong}
    both = [getattr(r, key) / below[r.round] for r in found.get(over, ()) if not r.wrong and below.get(r.round)]
    return Ratio(statistics.median(both), min(both), max(both), len(both)) if both else None


def goals(found, *, titles, packaged):
    """Return one sentence a goal of serving with everything on: met, missed, or not known, with the spread."""

    def cell(peer, rows, connections):
        return Cell(peer, "small", rows, connections)

    def against(peer, rows, connections, least, key="rate"):
        got = ratio(found, cell(ALL, rows, connections), cell(peer, rows, connections), key=key)
        what = f"{titles.get(peer, peer)}, {rows} row{'s' if rows > 1 else ''}, {connections} conn."
        return _said(what, got, lambda m: m >= least, f">= {least}")

    lines = [against(LIMIT, 1, n, least) for n, least in ((16, 0.45), (64, 0.6)) if LIMIT in titles]
    lines += [against(HAND, 1, n, 5.0) for n in (16, 64) if HAND in titles]
    lines += [
        against(peer, 1, n, 10.0) for peer in packaged for n in (16, 64) if n == 64 or not peer.endswith(BATCHING)
    ]
    many = sorted({c.connections for c in found if (c.peer, c.model, c.rows) == (ALL, "small", 64)}) or [16]
    rivals = [peer for peer in (HAND, *packaged) if peer in titles]
    lines += [against(p, 64, n, 2.0) for p in rivals for n in many if n == 64 or not p.endswith(BATCHING)]
    p50 = ratio(found, cell(ALL, 1, 1), cell(BARE, 1, 1), key="p50_ms")
    lines.append(_said("p50 at 1 conn. against bare", p50, lambda m: m <= 1.3, "<= 1.3"))
    p99 = [r.p99_ms for r in found.get(cell(ALL, 1, 64), ()) if not r.wrong]
    slowest = Ratio(statistics.median(p99), min(p99), max(p99), len(p99)) if p99 else None
    lines.append(_said("p99 in ms at 64 conn.", slowest, lambda m: m < 5.0, "< 5"))
    head = "Goals, with everything on; a goal is met if the median of the rounds' ratios meets it."
    return "\n".join([head, "", *lines])


def _said(what, got, good: Callable[[float], bool], wanted):
    if got is None:
        return f"- not known: {what}, {wanted}."
    word = "met" if good(got.median) else "missed"
    return f"- {word}: {what}: {got.median:.2f} [{got.low:.2f}-{got.high:.2f}] in {got.rounds} rounds, {wanted}."
