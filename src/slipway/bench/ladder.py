"""Rates one after another, until it is known which is the highest that holds. The order of things only; no clock."""

from collections.abc import Callable

from slipway.bench.judge import LEAST_REQUESTS
from slipway.bench.search import LOWEST_QPS, held_qps, next_qps, rounded
from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.load_test import Hold, Rung

CONFIRM = 2.0
"""The rate that was found is asked once more, for so many times the usual length: the search may have been lucky."""

STEP_DOWN = 0.8
"""Where it does not hold then, this part of it is asked, and so on."""

FINEST = 0.02
"""Rates have three digits, so that no search need look closer."""


class Climb(Record, frozen=True, kw_only=True):
    """How to climb.

    Attributes:
        qps: The one rate to ask, or None to look for the highest that holds.
        start_qps: Where a search begins.
        most_qps: Where it ends at the latest.
        precision: Relative distance at which it is content, at least 0.02.
        for_s: How long a rate is asked, after the warm-up; longer in a search where that would be too few requests.
    """

    qps: float | None = None
    start_qps: float = 100.0
    most_qps: float = 1e6
    precision: float = 0.1
    for_s: float = 5.0

    def __post_init__(self) -> None:
        if not self.precision >= FINEST:
            raise BadInput(f"precision: want at least {FINEST}, got {self.precision}. For a tenth write 0.1.")
        for name in ("start_qps", "most_qps", "for_s"):
            if not getattr(self, name) > 0:
                raise BadInput(f"{name}: want more than 0, got {getattr(self, name)}.")
        if self.qps is not None and not self.qps > 0:
            raise BadInput(f"qps: want more than 0, got {self.qps}.")


def climb(how: Climb, *, ask: Callable[[float, float], Rung]) -> tuple[Rung, ...]:
    """Return the rates that were asked, in order.

    Args:
        how: What to look for.
        ask: Asks at a rate for so many seconds.
    """
    if how.qps is not None:
        return (ask(how.qps, how.for_s),)
    rungs: list[Rung] = []

    def add(qps: float, for_s: float) -> Rung:
        rungs.append(ask(qps, max(for_s, 1.3 * LEAST_REQUESTS / qps)))
        return rungs[-1]

    while qps := next_qps(rungs, start_qps=how.start_qps, precision=how.precision, most_qps=how.most_qps):
        add(qps, how.for_s)
    found = held_qps(rungs)
    while found >= LOWEST_QPS and add(found, CONFIRM * how.for_s).hold is not Hold.HOLDS:
        found = rounded(STEP_DOWN * found)
    return tuple(rungs)
