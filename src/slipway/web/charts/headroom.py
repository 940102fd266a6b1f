"""What there is to gain, slice by slice: as wide as its share of the rows, as high as its gap, so in area both.

The height of the whole is the loss of the worst slice, so that a gap which is next to nothing looks like it.
"""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from slipway.records.run import Slice
from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, labelled, ticks
from slipway.words import percent

CAPTION = (
    "What there is to gain: as wide as the slice's share of the rows, as high as its gap to the level that could be "
    "reached, so its area is what the whole would gain. Numbers as in the table."
)
"""What the picture shows, in words."""

_HEIGHT, _ROOM = 220, 24


def headroom(rows: Sequence[Slice], *, name: str, title: str, say: Callable[[float], str]) -> Markup:
    """Draw slices with something to gain side by side, in the order given; the others are left out.

    Slices may share rows, so together they may be wider than the whole, and their areas do not add up.

    Args:
        rows: Slices, best the largest headroom first.
        name: Id of the figure.
        title: What is shown.
        say: How a gap is said, such as ``12.0 %``.
    """
    shown = [r for r in rows if r.headroom > 0]
    wide = max(sum(r.share for r in shown), 1e-9)
    high = 1.15 * max([r.value for r in shown] + [1e-9])
    told = "; ".join(f"{r.where}: gap {say(r.value - r.level)} on {percent(r.share)} of the rows" for r in shown)
    across, down = Scale(0, wide, 0, 100), Scale(0, high, _HEIGHT, 0)
    plot = Plot(name=name, title=title, description=told, height=_HEIGHT, x=across, y=down)
    plot.x_axis(labelled(ticks(0, wide, about=4), percent))
    plot.y_axis(labelled(ticks(0, high, about=4), say))
    left = 0.0
    for i, row in enumerate(shown, start=1):
        gap = row.value - row.level
        words = f"{row.where}: gap {say(gap)} x {percent(row.share)} of the rows = {say(row.headroom)}"
        plot.area(left, left + row.share, 0, gap, kind="worse", title=words)
        middle = f"{across(left + row.share / 2):.2f}%"
        inside = _HEIGHT - down(gap) > _ROOM
        plot.words(str(i), at_px=down(gap) + (16 if inside else -6), kind="value", x=middle, anchor="middle")
        left += row.share
    return plot.render()
