"""Parts of the data where a model is worse than on the rest."""

from collections.abc import Callable, Sequence
from textwrap import wrap

from markupsafe import Markup

from slipway.records.run import Slice
from slipway.web.charts.plot import LINE, Plot
from slipway.web.charts.scale import Scale, labelled, ticks
from slipway.words import number

_WRAP = 44
"""Characters that fit across a phone."""


def slices(rows: Sequence[Slice], *, name: str, title: str, say: Callable[[float], str]) -> Markup:
    """Draw the metric inside each slice as a bar, and outside as a mark on it, in the order given."""
    high = 1.25 * max([r.value for r in rows] + [r.rest for r in rows] + [1e-9])
    labels = [wrap(r.where, _WRAP) or [""] for r in rows]
    height = sum(LINE * len(lines) + 35 for lines in labels)
    told = "; ".join(f"{r.where}: {say(r.value)} on {number(r.n)} rows, elsewhere {say(r.rest)}" for r in rows)
    across, down = Scale(0, high, 0, 100), Scale(0, height, 0, height)
    plot = Plot(name=name, title=title, description=told, height=height, x=across, y=down)
    plot.x_axis(labelled(ticks(0, high, about=4), say))
    top = 0
    for row, lines in zip(rows, labels, strict=True):
        plot.lines(lines, at_px=top + 18)
        at = top + LINE * len(lines) + 17
        plot.bar(0, row.value, at, kind="worse", thick=14, title=f"{row.where}: {say(row.value)}")
        plot.bar(row.rest, row.rest + high / 250, at, kind="rest", thick=20, title=f"elsewhere {say(row.rest)}")
        plot.words(say(row.value), at_px=at + 5, kind="value after", x=f"{plot.x(row.value):.2f}%")
        top += LINE * len(lines) + 35
    return plot.render()
