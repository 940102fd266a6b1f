"""Parts of the data where a model is worse than on the rest, longest bar first."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from slipway.records.run import Slice
from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, labelled, ticks
from slipway.words import number

_ROW = 52


def slices(rows: Sequence[Slice], *, name: str, title: str, say: Callable[[float], str]) -> Markup:
    """Draw the metric inside each slice as a bar, and outside as a mark on it."""
    high = 1.25 * max([r.value for r in rows] + [r.rest for r in rows] + [1e-9])
    height = _ROW * len(rows)
    told = "; ".join(f"{r.where}: {say(r.value)} on {number(r.n)} rows, elsewhere {say(r.rest)}" for r in rows)
    plot = Plot(
        name=name, title=title, description=told, height=height, x=Scale(0, high, 0, 100), y=Scale(0, height, 0, height)
    )
    plot.x_axis(labelled(ticks(0, high, about=4), say))
    for i, row in enumerate(rows):
        at = _ROW * i + 34
        plot.words(row.where, at_px=_ROW * i + 18)
        plot.bar(0, row.value, at, kind="worse", thick=14, title=f"{row.where}: {say(row.value)}")
        plot.bar(row.rest, row.rest + high / 250, at, kind="rest", thick=20, title=f"elsewhere {say(row.rest)}")
        plot.words(say(row.value), at_px=at + 5, kind="value after", x=f"{plot.x(row.value):.2f}%")
    return plot.render()
