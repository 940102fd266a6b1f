"""What waits for the tick beside rows: outcomes and decisions of people, an entry for each request with some."""

from collections.abc import Sequence

from slipway.records.frame import DecisionFrame, Frame, OutcomeFrame
from slipway.serving.caller import Caller
from slipway.serving.decisions import Decisions


class Told:
    """One request with outcomes."""

    __slots__ = ("at_us", "ids", "request", "values")

    def __init__(self, request: Caller, *, ids: list[str], values: list[float], at_us: int) -> None:
        self.request, self.ids, self.values, self.at_us = request, ids, values, at_us


class Decided(Told):
    """One request with decisions; who decided is told as the journal may hold it."""

    __slots__ = ("decided_us", "deciders", "saw")

    def __init__(self, request: Caller, told: Decisions, *, deciders: list[str], at_us: int) -> None:
        super().__init__(request, ids=told.ids, values=told.values, at_us=at_us)
        self.deciders, self.saw = deciders, told.saw
        self.decided_us = [at_us if us is None else us for us in told.decided_us]


def frames_of(told: Sequence[Told]) -> list[Frame]:
    """Return the frames that hold it all: one of outcomes, one of decisions, or neither."""
    decided = [one for one in told if isinstance(one, Decided)]
    outcomes = [one for one in told if not isinstance(one, Decided)]
    frames: list[Frame] = []
    if outcomes:
        frames.append(
            OutcomeFrame(
                at_us=[t.at_us for t in outcomes for _ in t.ids],
                id=[i for t in outcomes for i in t.ids],
                value=[v for t in outcomes for v in t.values],
            )
        )
    if decided:
        frames.append(
            DecisionFrame(
                at_us=[t.at_us for t in decided for _ in t.ids],
                id=[i for t in decided for i in t.ids],
                value=[v for t in decided for v in t.values],
                by=[who for t in decided for who in t.deciders],
                decided_us=[us for t in decided for us in t.decided_us],
                saw=[seen for t in decided for seen in t.saw],
            )
        )
    return frames
