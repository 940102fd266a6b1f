"""The paired difference over time: is the candidate worse, and by how much at most?"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, labelled, span_of, ticks, time_ticks

_HEIGHT = 210


class At(NamedTuple):
    """The confidence sequence at one moment.

    Attributes:
        at_us: Moment of the verdict.
        estimate: Candidate's loss minus live's; NaN before anything was seen.
        low: Lower limit, may be infinite.
        high: Upper limit, may be infinite.
    """

    at_us: int
    estimate: float
    low: float
    high: float


def difference(points: Sequence[At], *, margin: float, name: str, title: str, say: Callable[[float], str]) -> Markup:
    """Draw the confidence sequence against zero and the margin; above the margin is the land of rollbacks."""
    low, high = _range(points, margin)
    first, last = points[0].at_us, max(points[-1].at_us, points[0].at_us + 1)
    newest = points[-1]
    told = (
        f"At the last verdict the candidate's loss minus live's is {say(newest.estimate)}, for all time between "
        f"{say(newest.low)} and {say(newest.high)}; the margin is {say(margin)}."
    )
    plot = Plot(
        name=name,
        title=title,
        description=told,
        height=_HEIGHT,
        x=Scale(first, last, 0, 100),
        y=Scale(low, high, _HEIGHT, 0),
    )
    plot.area(first, last, margin, high, kind="bad")
    plot.x_axis(time_ticks(first, last, about=4))
    plot.y_axis(labelled(ticks(low, high, about=4), say))
    plot.band([(p.at_us, p.low, p.high) for p in points], kind="candidate")
    plot.curve([(p.at_us, p.estimate) for p in points], kind="candidate")
    plot.level(0, kind="zero", label="no difference", below=True)
    plot.level(margin, kind="margin", label=f"margin {say(margin)}")
    if math.isfinite(newest.estimate):
        plot.dot(newest.at_us, newest.estimate, kind="candidate", r=5, title=told)
    return plot.render()


def _range(points: Sequence[At], margin: float) -> tuple[float, float]:
    """Show where the sequence settles: the first, wide intervals run off the edge instead of flattening the rest."""
    settled = points[2 * len(points) // 3 :]
    inside = [v for p in settled for v in (p.low, p.high) if math.isfinite(v)]
    middle = [p.estimate for p in points if math.isfinite(p.estimate)]
    return span_of([0.0, 1.6 * margin, -margin, *inside, *middle], pad=0.08)
