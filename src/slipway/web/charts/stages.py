"""A rollout's way: which share the candidate answered, when, and where each stage began."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, time_ticks
from slipway.words import percent, span

_HEIGHT = 120
_ROOM = 6.0
_ENDS = {"rolled back": ("alarm", "↩"), "completed": ("good", "✓")}


class Stay(NamedTuple):
    """One stage as it was lived.

    Attributes:
        name: Stage.
        share: Part of the entities that the candidate answered.
        from_us: When it was entered.
        to_us: When it was left, or now.
    """

    name: str
    share: float
    from_us: int
    to_us: int


def stages(stays: Sequence[Stay], *, end: str, name: str, title: str) -> Markup:
    """Draw the share as steps over time.

    Args:
        stays: Stages in the order they were entered, at least one.
        end: ``completed``, ``rolled back`` or ``running``.
        name: Id of the figure.
        title: What is shown.
    """
    first, last = stays[0].from_us, max(stays[-1].to_us, stays[0].from_us + 1)
    told = ", then ".join(f"{s.name} at {percent(s.share, digits=0)} for {_length(s)}" for s in stays) + f"; {end}."
    plot = Plot(
        name=name,
        title=title,
        description=told,
        height=_HEIGHT,
        x=Scale(first, last, 0, 100),
        y=Scale(0, 1.0, _HEIGHT, 0),
    )
    plot.x_axis(time_ticks(first, last, about=4))
    plot.y_axis([(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")])
    for stay in stays:
        kind = "shadow" if stay.share == 0 else "candidate"
        top = 0.08 if stay.share == 0 else stay.share
        plot.area(
            stay.from_us,
            stay.to_us,
            0,
            top,
            kind=kind,
            title=f"{stay.name}: {percent(stay.share, digits=0)}, {_length(stay)}",
        )
    for i, stay in enumerate(stays, start=1):
        plot.moment(stay.from_us, kind="entered")
        if i == 1 or plot.x(stay.from_us) - plot.x(stays[i - 2].from_us) > _ROOM:
            plot.flag(stay.from_us, kind="entered", label=str(i), title=stay.name)
    if end != "running":
        plot.moment(last, kind=_ENDS[end][0])
        plot.flag(last, kind=_ENDS[end][0], label=_ENDS[end][1], title=end)
    return plot.render()


def _length(stay: Stay) -> str:
    return span((stay.to_us - stay.from_us) / 1e6)
