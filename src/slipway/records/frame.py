"""Frames: what the journal holds. One frame is what one tick of one process wrote, column by column.

A frame is immutable once written and readable on its own. Numbers of X travel as little-endian float64 bytes (NaN
is missing), categories as lists of text or None. All moments are microseconds since the epoch, UTC.
"""

import msgspec

from slipway.records.handover import People
from slipway.records.held import Held


class PredictionFrame(msgspec.Struct, frozen=True, kw_only=True, tag="predictions"):
    """Requests of one tick and what was answered. All lists have one entry a row.

    Attributes:
        route: Name of the route.
        route_version: Version in force when the rows were assigned.
        at_us: When each row was received.
        id: Prediction id, unique for ever.
        entity: What the assignment was keyed on.
        arm: Who answered.
        fallback: Whether ``arm`` is the fallback because the assigned arm failed.
        score: The answer; NaN where nothing could answer, and where it is a person's and to come.
        latency_us: From receipt to answer.
        shadows: Arms that shadowed when the rows were answered, so that the shadow process needs no other memory.
        people: What people have to do with the rows; None where they have nothing to do with any.
        traces: ``traceparent`` of those rows whose requests are traced, by prediction id, for shadows; None where there
            are none.
        x: Fields by name, as the privacy classes of the scope allow. It comes last in a frame's bytes.
    """

    route: str
    route_version: int
    at_us: list[int]
    id: list[str]
    entity: list[str]
    arm: list[str]
    fallback: list[bool]
    score: list[float]
    latency_us: list[int]
    shadows: tuple[str, ...] = ()
    people: People | None = None
    traces: dict[str, str] | None = None
    x: Held

    def __post_init__(self) -> None:
        if type(self.x) is not Held:  # columns by name will do
            msgspec.structs.force_setattr(self, "x", Held(self.x))


class ShadowFrame(msgspec.Struct, frozen=True, kw_only=True, tag="shadows"):
    """What one shadow arm says of requests that another arm answered.

    Attributes:
        arm: The shadow.
        id: Prediction ids.
        score: Its answers; NaN where it failed.
        error: Why it failed, or an empty string.
        segment: Journal segment that held the requests, so that a restart knows how far it came.
        offset: Byte offset behind the requests in that segment.
    """

    arm: str
    id: list[str]
    score: list[float]
    error: str = ""
    segment: str
    offset: int


class OutcomeFrame(msgspec.Struct, frozen=True, kw_only=True, tag="outcomes"):
    """What turned out to be true.

    Attributes:
        at_us: When each outcome was received.
        id: Prediction ids; an id may be unknown, or come twice (the first counts).
        value: Y.
    """

    at_us: list[int]
    id: list[str]
    value: list[float]


class DecisionFrame(msgspec.Struct, frozen=True, kw_only=True, tag="decisions"):
    """What people, or systems outside, decided about cases that were asked. It is not the truth, and no outcome.

    Attributes:
        at_us: When each decision was received.
        id: Prediction ids; an id may be unknown, and come once a decider (of one decider's the first counts).
        value: What was decided, in the terms of Y.
        by: Who decided, as the scope allows it to be kept.
        decided_us: When; the moment of receipt where nobody said.
        saw: Whether the model's answer was seen before; None where nobody said.
        part: What each was for (:class:`slipway.records.review.Part`); empty where nobody said.
    """

    at_us: list[int]
    id: list[str]
    value: list[float]
    by: list[str]
    decided_us: list[int]
    saw: list[bool | None]
    part: list[str] = []


class MetricFrame(msgspec.Struct, frozen=True, kw_only=True, tag="metrics"):
    """What an answer brought about, in the user's own terms: revenue, minutes of work. It is not Y.

    Attributes:
        at_us: When each value was received.
        id: Prediction ids; an id may be unknown, and come once a metric (of one metric's values the first counts).
        metric: Names of metrics, checked words.
        value: What was measured, in the metric's own unit.
    """

    at_us: list[int]
    id: list[str]
    metric: list[str]
    value: list[float]


Frame = PredictionFrame | ShadowFrame | OutcomeFrame | DecisionFrame | MetricFrame
