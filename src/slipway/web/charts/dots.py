"""Estimates side by side, each a dot on its interval."""

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import NamedTuple

from markupsafe import Markup

from slipway.web.charts.plot import LINE, Plot
from slipway.web.charts.scale import Scale, labelled, span_of, ticks

_WRAP = 22
"""Characters that fit across a phone beside a value and its interval."""


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
    labels = [wrap(r.label, _WRAP) or [""] for r in rows]
    height = sum(LINE * len(lines) + 29 for lines in labels)
    told = "; ".join(f"{r.label} {say(r.value)}, {say(r.low)} to {say(r.high)}" for r in rows)
    across, down = Scale(low, high, 0, 100), Scale(0, height, 0, height)
    plot = Plot(name=name, title=title, description=told, height=height, x=across, y=down)
    plot.x_axis(labelled(ticks(low, high, about=4), say))
    if goal is not None:
        plot.moment(goal, kind="goal")
        plot.flag(goal, kind="goal", label="", title=f"target {say(goal)}")
    top = 0
    for row, lines in zip(rows, labels, strict=True):
        limits = f"[{say(row.low)}, {say(row.high)}]"
        full = f"{row.label}: {say(row.value)}, interval {limits}"
        plot.lines(lines, at_px=top + 18)
        plot.words(f"{say(row.value)}  {limits}", at_px=top + 18, kind="value", x="100%", anchor="end")
        at = top + LINE * len(lines) + 15
        plot.bar(low, high, at, kind="track", thick=1)
        plot.bar(row.low, row.high, at, kind=row.kind, thick=5, title=full)
        plot.dot(row.value, at, kind=row.kind, r=6, title=full)
        top += LINE * len(lines) + 29
    return plot.render()
