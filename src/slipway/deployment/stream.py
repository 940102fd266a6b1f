"""Has the stream stopped? A pass that rests on the traffic of last week is no pass today.

What stops is told from the stage's own rate: where the candidate was asked so often per unit since the stage began that
the whole units without a request up to now would have brought :data:`EXPECTED` or more, the stream has stopped. Where
a request is rare, silence means little, and the gates' fewest units say when enough was seen. A weekend without
traffic counts as a stop too: it delays a pass until Monday and costs nothing else.

Units are those of the stage's gates, at the cohorts' resolution: a stop is seen once a whole unit after it is empty.
"""

from slipway.deployment.units import LENGTH_US, unit_length_us
from slipway.deployment.view import View
from slipway.words import count

EXPECTED = 5.0
"""Requests that should have come: under a steady stream none of them comes with chance e⁻⁵, below 1 %."""


def stopped(view: View) -> str:
    """Return in a sentence that the candidate's requests stopped, or nothing.

    Requests that it answers and those that it shadows count alike. A stage without any request is not said to have
    stopped; its gates hold by themselves.
    """
    units = {gate.unit for gate in view.stage.gates}
    length = unit_length_us(units)
    asked: dict[int, int] = {}
    for cohort in view.of_stage(view.cohorts):
        at = cohort.start_us // length
        asked[at] = asked.get(at, 0) + max(cohort.candidate.n, cohort.pairs.seen)
    told = [at for at, n in asked.items() if n]
    if not told:
        return ""
    first, last = min(told), max(told)
    empty = view.now_us // length - last - 1
    foretold = sum(asked.values()) / (last - first + 1) * empty
    if empty < 1 or foretold < EXPECTED:
        return ""
    noun = "hour" if length == LENGTH_US["hour"] else "day"
    since = count(empty, f"whole {noun}")
    return (
        f"No request came to the candidate in the last {since}, where this stage's rate foretells {foretold:,.0f}: "
        "the stream has stopped, hold."
    )
