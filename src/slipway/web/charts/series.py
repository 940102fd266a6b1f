"""One measure over time, with the budget that it has to stay under as a line across."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, labelled, span_of, ticks, time_ticks

_HEIGHT = 140
_WIDEST = 1.8
"""How many steps apart two points may be for the line to go on: where nobody looked there is none."""


class At(NamedTuple):
    """What was measured in one stretch of time; NaN where nothing was.

    Attributes:
        at_us: Its start.
        low: It is not below.
        high: It is not above; the same where it is known exactly.
    """

    at_us: int
    low: float
    high: float


def series(
    points: Sequence[At], *, step_s: float, budget: float | None, name: str, title: str, say: Callable[[float], str]
) -> Markup:
    """Draw a measure as a line, as a band where it is known within limits only, and its budget as a line across.

    Args:
        points: What was measured, oldest first; at least one.
        step_s: How long the stretches are, in seconds.
        budget: What it has to stay under, or None.
        name: Id of the figure.
        title: What is shown.
        say: How a value is said, such as ``12.0 %``.
    """
    values = [v for p in points for v in (p.low, p.high) if math.isfinite(v)]
    _, high = span_of([0.0, *values, *([budget] if budget is not None else [])], pad=0.12)
    first, last = points[0].at_us, max(points[-1].at_us, points[0].at_us + 1)
    over = [p for p in points if budget is not None and p.low > budget]
    told = f"{len(points)} stretches, at most {say(max(values, default=math.nan))}"
    told += "" if budget is None else f"; {len(over)} of them above the budget of {say(budget)}"
    across, down = Scale(first, last, 0, 100), Scale(0.0, high, _HEIGHT, 0)
    plot = Plot(name=name, title=title, description=told, height=_HEIGHT, x=across, y=down)
    plot.x_axis(time_ticks(first, last, about=5))
    plot.y_axis(labelled(ticks(0.0, high, about=3), say))
    for part in _parts(points, step_us=step_s * 1e6):
        if any(p.low != p.high for p in part):
            plot.band([(p.at_us, p.low, p.high) for p in part], kind="candidate")
        plot.curve([(p.at_us, p.high if math.isfinite(p.high) else p.low) for p in part], kind="live")
        if len(part) == 1:
            plot.dot(part[0].at_us, part[0].low, kind="live", r=2.0)
    if budget is not None:
        plot.level(budget, kind="margin", label=f"budget {say(budget)}")
    return plot.render()


def _parts(points: Sequence[At], *, step_us: float) -> list[list[At]]:
    """Return stretches without a gap; what was not measured is one."""
    parts: list[list[At]] = [[]]
    for point in points:
        if math.isnan(point.low):
            parts.append([])
            continue
        if parts[-1] and point.at_us - parts[-1][-1].at_us > _WIDEST * step_us:
            parts.append([])
        parts[-1].append(point)
    return [part for part in parts if part]
