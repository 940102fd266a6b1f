"""Estimates side by side, each a dot on its interval."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, labelled, span_of, ticks

_ROW = 46


class Estimate(NamedTuple):
    """One estimate with its interval.

    Attributes:
        label: What was estimated.
        value: The estimate.
        low: Lower limit.
        high: Upper limit.
        kind: Colour of the dot: ``candidate``, ``live`` or ``base``.
    """

    label: str
    value: float
    low: float
    high: float
    kind: str


def dots(rows: Sequence[Estimate], *, name: str, title: str, say: Callable[[float], str], goal: float | None) -> Markup:
    """Draw one line an estimate, best read from left (better) to right (worse).

    Args:
        rows: Estimates in the order wanted.
        name: Id of the figure.
        title: What is compared.
        say: How a value is said, such as ``12.0 %``.
        goal: Value to reach, drawn as a line down; None draws none.
    """
    values = [v for r in rows for v in (r.value, r.low, r.high)] + ([] if goal is None else [goal])
    low, high = span_of(values)
    height = _ROW * len(rows)
    told = "; ".join(f"{r.label} {say(r.value)}, {say(r.low)} to {say(r.high)}" for r in rows)
    plot = Plot(
        name=name,
        title=title,
        description=told,
        height=height,
        x=Scale(low, high, 0, 100),
        y=Scale(0, height, 0, height),
    )
    plot.x_axis(labelled(ticks(low, high, about=4), say))
    if goal is not None:
        plot.moment(goal, kind="goal", label="", title=f"target {say(goal)}")
    for i, row in enumerate(rows):
        at, full = _ROW * i + 32, f"{row.label}: {say(row.value)}, interval {say(row.low)} to {say(row.high)}"
        plot.words(row.label, at_px=_ROW * i + 18)
        plot.words(
            f"{say(row.value)}  [{say(row.low)}, {say(row.high)}]",
            at_px=_ROW * i + 18,
            kind="value",
            x="100%",
            anchor="end",
        )
        plot.bar(low, high, at, kind="track", thick=1)
        plot.bar(row.low, row.high, at, kind=row.kind, thick=5, title=full)
        plot.dot(row.value, at, kind=row.kind, r=6, title=full)
    return plot.render()
