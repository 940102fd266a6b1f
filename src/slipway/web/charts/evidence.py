"""Evidence of harm over time against the line at which it rolls back."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from slipway.web.charts.plot import Plot
from slipway.web.charts.scale import Scale, ticks, time_ticks

_HEIGHT = 170
_FLOOR = -6.0


def evidence(points: Sequence[tuple[int, float]], *, alpha: float, name: str, title: str) -> Markup:
    """Draw log-evidence against ``log(1 / alpha)``.

    Args:
        points: Moment and natural logarithm of the e-value, at least one.
        alpha: Error probability of the gate.
        name: Id of the figure.
        title: What is shown.
    """
    alarm = -math.log(alpha)
    peak = max(v for _, v in points)
    low = max(_FLOOR, min(0.0, *(v for _, v in points))) - 0.4
    high = max(alarm * 1.25, min(peak * 1.1, 60.0))
    first, last = points[0][0], max(points[-1][0], points[0][0] + 1)
    told = (
        f"Evidence of harm ends at {_odds(points[-1][1])}; its highest was {_odds(peak)}. "
        f"At {_odds(alarm)} the candidate is rolled back."
    )
    plot = Plot(
        name=name,
        title=title,
        description=told,
        height=_HEIGHT,
        x=Scale(first, last, 0, 100),
        y=Scale(low, high, _HEIGHT, 0),
    )
    plot.area(first, last, alarm, high, kind="bad")
    plot.x_axis(time_ticks(first, last, about=4))
    plot.y_axis([(t, f"{t:g}") for t in ticks(low, high, about=4)])
    plot.curve(list(points), kind="harm")
    plot.level(alarm, kind="margin", label=f"rolls back at {_odds(alarm)}")
    plot.dot(points[-1][0], max(low, min(high, points[-1][1])), kind="harm", r=5, title=told)
    return plot.render()


def _odds(log_e: float) -> str:
    """Say evidence as how many times likelier than without harm.

    >>> _odds(math.log(20)), _odds(-1.0), _odds(40.0)
    ('20 to 1', '0.37 to 1', 'more than a million to 1')
    """
    if log_e > math.log(1e6):
        return "more than a million to 1"
    times = math.exp(log_e)
    return f"{times:,.0f} to 1" if times >= 10 else f"{times:.2g} to 1"
