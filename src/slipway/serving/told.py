"""What waits for the tick beside rows: outcomes, decisions of people, metrics; an entry for each request with some."""

from collections.abc import Sequence

from slipway.records.frame import DecisionFrame, Frame, MetricFrame, OutcomeFrame
from slipway.serving.caller import Caller
from slipway.serving.decisions import Decisions
from slipway.serving.metric_values import MetricValues
from slipway.serving.metrics import ToldKind


class Told:
    """One request with outcomes."""

    __slots__ = ("at_us", "ids", "request", "values")
    kind = ToldKind.OUTCOMES

    def __init__(self, request: Caller, *, ids: list[str], values: list[float], at_us: int) -> None:
        self.request, self.ids, self.values, self.at_us = request, ids, values, at_us


class Decided(Told):
    """One request with decisions; who decided is told as the journal may hold it."""

    __slots__ = ("decided_us", "deciders", "saw")
    kind = ToldKind.DECISIONS

    def __init__(self, request: Caller, told: Decisions, *, deciders: list[str], at_us: int) -> None:
        super().__init__(request, ids=told.ids, values=told.values, at_us=at_us)
        self.deciders, self.saw = deciders, told.saw
        self.decided_us = [at_us if us is None else us for us in told.decided_us]


class Measured(Told):
    """One request with values of business metrics."""

    __slots__ = ("metrics",)
    kind = ToldKind.METRICS

    def __init__(self, request: Caller, told: MetricValues, *, at_us: int) -> None:
        super().__init__(request, ids=told.ids, values=told.values, at_us=at_us)
        self.metrics = told.metrics


def frames_of(told: Sequence[Told]) -> list[Frame]:
    """Return the frames that hold it all: one of outcomes, of decisions, of metrics, as far as there are some."""
    decided = [one for one in told if isinstance(one, Decided)]
    measured = [one for one in told if isinstance(one, Measured)]
    outcomes = [one for one in told if one.kind is ToldKind.OUTCOMES]
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
    if measured:
        frames.append(
            MetricFrame(
                at_us=[t.at_us for t in measured for _ in t.ids],
                id=[i for t in measured for i in t.ids],
                metric=[name for t in measured for name in t.metrics],
                value=[v for t in measured for v in t.values],
            )
        )
    return frames
