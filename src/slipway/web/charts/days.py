"""Realised beside expected loss, day by day, with the alarms where they were raised."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from slipway.records.alert import Finding
from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, labelled, span_of, ticks, time_ticks

_HEIGHT = 230
_ROOM = 6.0
"""Percent of the width between two flags; one that would cover another is left to the list below the chart."""


class Day(NamedTuple):
    """One unit of time.

    Attributes:
        at_us: Its start.
        realised: Mean loss of the answers whose outcome came; NaN without any.
        expected: What the calibrated model expected on the same inputs; NaN if it was not measured.
    """

    at_us: int
    realised: float
    expected: float


class Alarm(NamedTuple):
    """A finding on the chart.

    Attributes:
        at_us: When it was raised.
        label: Its number in the list under the chart.
        title: Its kind.
        relevant: Whether it was large enough to matter.
        began_us: The earliest and the latest moment at which it is likely to have begun; None where that is not known.
    """

    at_us: int
    label: str
    title: str
    relevant: bool
    began_us: tuple[int, int] | None = None

    @classmethod
    def of(cls, finding: Finding, *, label: str) -> "Alarm":
        """Return the mark of a finding."""
        low, high = finding.since_low_us, finding.since_high_us
        began_us = None if low is None or high is None else (low, high)
        return cls(finding.opened_us, label, str(finding.kind), finding.relevant, began_us)


def days(
    points: Sequence[Day], alarms: Sequence[Alarm], *, name: str, title: str, say: Callable[[float], str]
) -> Markup:
    """Draw each day as a faint dot, and the mean of the last seven as lines: realised solid, expected dashed.

    Each alarm is a flag where it was raised, and a shade over the days on which it is likely to have begun.
    """
    smooth = [Day(p.at_us, _mean([q.realised for q in w]), _mean([q.expected for q in w])) for p, w in _weeks(points)]
    low, high = span_of([v for p in smooth for v in (p.realised, p.expected)], pad=0.25)
    first, last = points[0].at_us, max(points[-1].at_us, points[0].at_us + 1)
    shown = [a for a in alarms if first <= a.at_us <= last]
    told = (
        f"{len(points)} days; in the last seven {say(smooth[-1].realised)} realised, "
        f"{say(smooth[-1].expected)} expected. "
        + ("; ".join(f"alarm {a.label}: {a.title}" for a in shown) or "No alarm")
    )
    plot = Plot(
        name=name,
        title=title,
        description=told,
        height=_HEIGHT,
        x=Scale(first, last, 0, 100),
        y=Scale(max(low, min(0.0, low)), high, _HEIGHT, 0),
    )
    plot.x_axis(time_ticks(first, last, about=5))
    plot.y_axis(labelled(ticks(low, high, about=4), say))
    for p in points:
        if math.isfinite(p.realised) and low <= p.realised <= high:
            plot.dot(p.at_us, p.realised, kind="faint", r=1.8)
    plot.curve([(p.at_us, p.expected) for p in smooth], kind="expected")
    plot.curve([(p.at_us, p.realised) for p in smooth], kind="live")
    last_flag = -_ROOM
    for a in shown:
        if a.began_us is not None:
            begun, ended = (min(max(us, first), last) for us in a.began_us)
            title = f"alarm {a.label} is likely to have begun here"
            plot.area(begun, ended, max(low, min(0.0, low)), high, kind="since", title=title)
        kind = "alarm" if a.relevant else "noted"
        plot.moment(a.at_us, kind=kind)
        if plot.x(a.at_us) - last_flag >= _ROOM:
            plot.flag(a.at_us, kind=kind, label=a.label, title=a.title)
            last_flag = plot.x(a.at_us)
    return plot.render()


def _weeks(points: Sequence[Day]) -> list[tuple[Day, Sequence[Day]]]:
    return [(p, points[max(0, i - 6) : i + 1]) for i, p in enumerate(points)]


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if math.isfinite(v)]
    return sum(known) / len(known) if known else math.nan
