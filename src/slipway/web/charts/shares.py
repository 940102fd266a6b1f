"""One column before and now: the share of the rows in each bin, side by side."""

from collections.abc import Sequence

from markupsafe import Markup

from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, labelled, ticks
from slipway.words import percent

_HEIGHT = 130
_LABELS = 4
_LETTERS = 50
"""Letters that stand side by side under a chart on a page of two columns."""


def shares(labels: Sequence[str], before: Sequence[float], now: Sequence[float], *, name: str, title: str) -> Markup:
    """Draw two bars a bin: the reference behind, the current table in front.

    Args:
        labels: What each bin holds.
        before: Share of the reference's rows in each.
        now: Share of the current rows in each.
        name: Id of the chart on its page.
        title: For who does not see it.
    """
    shown = [i for i in range(len(labels)) if before[i] or now[i] or i < len(labels) - 1]
    high = 1.1 * max([*before, *now, 1e-9])
    most = max(shown, key=lambda i: abs(now[i] - before[i]))
    told = f"largest change: {labels[most]}, {percent(before[most])} before and {percent(now[most])} now"
    across, down = Scale(0, len(shown), 0, 100), Scale(0, high, _HEIGHT, 0)
    plot = Plot(name=name, title=title, description=told, height=_HEIGHT, x=across, y=down)
    fit = min(_LABELS, max(1, _LETTERS // (2 + max(map(len, labels), default=0))))
    every = max(1, -(-len(shown) // fit))
    plot.x_axis([(at + 0.5, labels[i]) for at, i in enumerate(shown) if at % every == 0])
    plot.y_axis(labelled(ticks(0, high, about=3), lambda v: percent(v, digits=0)))
    for at, i in enumerate(shown):
        said = f"{labels[i]}: {percent(before[i])} before, {percent(now[i])} now"
        plot.area(at + 0.1, at + 0.55, 0, before[i], kind="before", title=said)
        plot.area(at + 0.45, at + 0.9, 0, now[i], kind="now", title=said)
    return plot.render()
