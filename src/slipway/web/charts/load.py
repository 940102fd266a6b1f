"""A load test in two charts: latency by rate, and latency by how many wait longer."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from slipway.records.load_test import Hold, LoadTest, Rung
from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale
from slipway.words import number

_HEIGHT = 260
_SHARES = ((0.5, "expected"), (0.99, "candidate"))
_KINDS = {Hold.HOLDS: "candidate", Hold.BREAKS: "live", Hold.VOID: "base"}
_TAILS = (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999)


def by_rate(test: LoadTest) -> Markup:
    """Draw p50 and p99 of each rate on logarithmic axes, the limit across; a rate at which p99 was never is cut off."""
    rungs = sorted(test.rungs, key=lambda r: r.qps)
    limit_ms = test.limits.latency_p99_ms
    known = [v for r in rungs for q, _ in _SHARES if math.isfinite(v := r.latency_ms(q))]
    y = _log_scale([*known, limit_ms], _HEIGHT, 0)
    plot = Plot(
        name="by-rate",
        title="Latency by rate",
        description="; ".join(f"{number(r.qps)} a second: p99 {_ms(r.latency_ms(0.99))}, {r.hold}" for r in rungs),
        height=_HEIGHT,
        x=_log_scale([r.qps for r in rungs], 0, 100),
        y=y,
    )
    plot.x_axis([(v, f"{round(10**v):,}") for v in _decades(plot.x)])
    plot.y_axis([(v, f"{number(10**v)} ms") for v in _decades(y)])
    plot.level(math.log10(limit_ms), kind="base", label=f"limit: p99 {number(limit_ms)} ms")
    for share, kind in _SHARES:
        plot.curve([(math.log10(r.qps), _log(r.latency_ms(share))) for r in rungs], kind=kind)
    for r in rungs:
        title = f"{number(r.qps)} a second: p99 {_ms(r.latency_ms(0.99))}, {r.hold}"
        if math.isfinite(r.latency_ms(0.99)):
            plot.dot(math.log10(r.qps), _log(r.latency_ms(0.99)), kind=_KINDS[r.hold], title=title)
    return plot.render()


def by_share(rung: Rung) -> Markup:
    """Draw the latency that a share of the requests exceeds; each step to the right is a tenth as many requests."""
    shares = _shares(rung.latency.n)
    points = [(-math.log10(1 - s), rung.latency_ms(s)) for s in shares]
    finite = [(x, y) for x, y in points if math.isfinite(y)]
    y = _log_scale([v for _, v in finite], _HEIGHT, 0)
    last = max(x for x, _ in points)
    told = ", ".join(f"p{100 * s:g} {_ms(rung.latency_ms(s))}" for s in _TAILS[1:])
    plot = Plot(
        name="by-share",
        title=f"Latency at {number(rung.qps)} requests a second",
        description=f"{told}, max {_ms(rung.latency_ms(1.0))}",
        height=_HEIGHT,
        x=Scale(0, max(1.0, last), 0, 100),
        y=y,
    )
    tails = [(-math.log10(1 - s), f"{100 * s:g} %") for s in _TAILS]
    plot.x_axis([(x, label) for x, label in tails if x <= last])
    plot.y_axis([(v, f"{number(10**v)} ms") for v in _decades(y)])
    plot.curve([(x, math.log10(v)) for x, v in finite], kind="candidate")
    return plot.render()


def _shares(n: int) -> list[float]:
    """Return shares evenly spaced in decades, as far as one request in ``n``."""
    ends = math.log10(max(n, 10))
    return [1 - 10 ** (-ends * i / 200) for i in range(200)]


def _log(value: float) -> float:
    return math.log10(value) if 0 < value < math.inf else math.nan


def _log_scale(values: Sequence[float], start: float, end: float) -> Scale:
    logs = [math.log10(v) for v in values if 0 < v < math.inf] or [0.0]
    low, high = min(logs), max(logs)
    room = max(0.1, 0.06 * (high - low))
    return Scale(low - room, high + room, start, end)


def _decades(scale: Scale) -> list[float]:
    """Return the logarithms of 1, 2 and 5 times powers of ten inside a scale; only powers where those are many."""
    whole = range(math.floor(scale.low), math.ceil(scale.high) + 1)
    steps = (1, 2, 5) if scale.high - scale.low < 2.5 else (1,)
    return [v for e in whole for m in steps if scale.low <= (v := e + math.log10(m)) <= scale.high]


def _ms(value: float) -> str:
    return "never" if math.isinf(value) else f"{number(value, digits=3)} ms"
