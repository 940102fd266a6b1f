"""Frames as columns: what lies between two places of a segment, as few long arrays instead of many short frames.

A worker under light load writes frames of one row. Who sums up millions of rows must not pay for each of them, so a
stretch lays the frames of one piece of one segment end to end, kind by kind. The order among kinds within a stretch is
lost, and nothing that reads the journal may depend on it: writers do not wait for each other anyway.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from slipway.errors import SlipwayError
from slipway.ports import Position
from slipway.records.frame import DecisionFrame, Frame, MetricFrame, OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.handover import People
from slipway.storage.columns import columns_of, form_of, joined_people, rows_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
F = TypeVar("F", PredictionFrame, ShadowFrame)

STRETCH_ROWS = 65_536
"""From this many rows on a stretch ends; the last frame of it may lead over."""

STRETCH_FRAMES = 1024
"""Most frames of a stretch: many small ones fall out of the processor's cache, at three times the cost a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Requests and answers under one version of one route; all columns have shape (rows,).

    Attributes:
        route: Name of the route.
        route_version: Version in force when the rows were assigned.
        shadows: Arms that shadowed.
        at_us: When each row was received.
        id: Prediction ids.
        entity: What the assignment was keyed on.
        arm: Who answered.
        fallback: Whether the arm stepped in for the assigned one.
        score: The answer; NaN where nothing could answer.
        latency_us: From receipt to answer.
        people: What people have to do with the rows; None where they have nothing to do with any.
        x: Field to float64 (NaN is missing), or to objects that are text or None.
    """

    route: str
    route_version: int
    shadows: tuple[str, ...]
    at_us: Ints
    id: list[str]
    entity: list[str]
    arm: list[str]
    fallback: Bools
    score: Floats
    latency_us: Ints
    people: People | None = None
    x: dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadows:
    """What one shadow said of requests of one segment.

    Attributes:
        arm: The shadow.
        id: Prediction ids.
        score: Its answers, NaN where it failed, shape (rows,).
        error: Why it failed, or an empty string.
        segment: Segment that held the requests.
        offset: Up to where they reached in it.
    """

    arm: str
    id: list[str]
    score: Floats
    error: str
    segment: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What turned out to be true; columns as in :class:`~slipway.records.frame.OutcomeFrame`, shape (rows,)."""

    at_us: Ints
    id: list[str]
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was decided; columns as in :class:`~slipway.records.frame.DecisionFrame`, arrays of shape (rows,)."""

    at_us: Ints
    id: list[str]
    value: Floats
    by: list[str]
    decided_us: Ints
    saw: list[bool | None]
    part: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What was measured; columns as in :class:`~slipway.records.frame.MetricFrame`, arrays of shape (rows,)."""

    at_us: Ints
    id: list[str]
    metric: list[str]
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of one segment.

    Attributes:
        position: Segment, and the offset behind the piece: where reading goes on.
        frames: Frames in it.
        rows: Rows of all kinds in it.
        predictions: Requests, one entry for each route version (and set of fields) that occurs, in order.
        shadows: Shadow answers, one entry for each shadow, segment and error.
        outcomes: Outcomes; empty columns if there are none.
        decisions: Decisions; empty columns if there are none.
        metrics: Values of business metrics; empty columns if there are none.
        asked: Shadow to the offset behind the last frame in which it has something to answer.
    """

    position: Position
    frames: int
    rows: int
    predictions: tuple[Predictions, ...]
    shadows: tuple[Shadows, ...]
    outcomes: Outcomes
    decisions: Decisions
    metrics: Metrics
    asked: dict[str, int]


def stretches(
    frames: Iterable[tuple[Frame, Position]],
    *,
    upto: Mapping[str, int] | None = None,
    most_rows: int = STRETCH_ROWS,
) -> Iterator[Stretch]:
    """Yield what any journal reader yields, laid end to end.

    Args:
        frames: Frames with the positions behind them, segment by segment, as :meth:`slipway.ports.JournalReader.read`
            yields them.
        upto: Segment to the offset at which to stop; segments that it does not name are left out. None takes all.
        most_rows: From this many rows on a stretch ends. No stretch leads over into another segment.

    Raises:
        SlipwayError: Whatever the reader raises, behind the stretch of what it yielded before.

    >>> one = OutcomeFrame(at_us=[5], id=["a"], value=[1.0])
    >>> two = OutcomeFrame(at_us=[6, 7], id=["b", "c"], value=[0.0, 1.0])
    >>> (found,) = stretches([(one, Position("w", 50)), (two, Position("w", 110))])
    >>> found.position.offset, found.rows, found.outcomes.at_us.tolist()
    (110, 3, [5, 6, 7])
    """
    held, asked = list[Frame](), dict[str, int]()
    rows, behind = 0, Position("", 0)
    try:
        for frame, position in frames:
            if upto is not None and position.offset > upto.get(position.segment, -1):
                continue
            if held and (position.segment != behind.segment or rows >= most_rows or len(held) >= STRETCH_FRAMES):
                yield _lay(held, position=behind, rows=rows, asked=asked)
                held, rows, asked = [], 0, {}
            held.append(frame)
            asked.update(dict.fromkeys(_asks(frame), position.offset))
            rows += rows_of(frame)
            behind = position
    except SlipwayError:  # what lies before the damage is whole
        if held:
            yield _lay(held, position=behind, rows=rows, asked=asked)
        raise
    if held:
        yield _lay(held, position=behind, rows=rows, asked=asked)


def _asks(frame: Frame) -> list[str]:
    """Return the shadows that a frame asks: those that did not answer each of its rows themselves."""
    if not isinstance(frame, PredictionFrame):
        return []
    return [shadow for shadow in frame.shadows if frame.arm.count(shadow) < len(frame.arm)]


def _lay(frames: list[Frame], *, position: Position, rows: int, asked: dict[str, int]) -> Stretch:
    outcomes = [f for f in frames if isinstance(f, OutcomeFrame)]
    decisions = [f for f in frames if isinstance(f, DecisionFrame)]
    metrics = [f for f in frames if isinstance(f, MetricFrame)]
    return Stretch(
        position=position,
        frames=len(frames),
        rows=rows,
        predictions=tuple(map(_predictions, _alike((f for f in frames if isinstance(f, PredictionFrame)), _deal))),
        shadows=tuple(map(_shadows, _alike((f for f in frames if isinstance(f, ShadowFrame)), _answered))),
        outcomes=Outcomes(
            at_us=_ints(f.at_us for f in outcomes),
            id=_joined(f.id for f in outcomes),
            value=_floats(f.value for f in outcomes),
        ),
        decisions=Decisions(
            at_us=_ints(f.at_us for f in decisions),
            id=_joined(f.id for f in decisions),
            value=_floats(f.value for f in decisions),
            by=_joined(f.by for f in decisions),
            decided_us=_ints(f.decided_us for f in decisions),
            saw=_joined(f.saw for f in decisions),
            part=_joined(f.part or [""] * len(f.id) for f in decisions),
        ),
        metrics=Metrics(
            at_us=_ints(f.at_us for f in metrics),
            id=_joined(f.id for f in metrics),
            metric=_joined(f.metric for f in metrics),
            value=_floats(f.value for f in metrics),
        ),
        asked=asked,
    )


def _alike(frames: Iterable[F], key: Callable[[F], Hashable]) -> Iterable[list[F]]:
    groups: dict[Hashable, list[F]] = {}
    for frame in frames:
        groups.setdefault(key(frame), []).append(frame)
    return groups.values()


def _deal(frame: PredictionFrame) -> Hashable:
    return frame.route, frame.route_version, frame.shadows, frame.people is None, form_of(frame.x)


def _answered(frame: ShadowFrame) -> Hashable:
    return frame.arm, frame.segment, frame.error


def _predictions(frames: list[PredictionFrame]) -> Predictions:
    first = frames[0]
    return Predictions(
        route=first.route,
        route_version=first.route_version,
        shadows=first.shadows,
        at_us=_ints(f.at_us for f in frames),
        id=_joined(f.id for f in frames),
        entity=_joined(f.entity for f in frames),
        arm=_joined(f.arm for f in frames),
        fallback=np.array(_joined(f.fallback for f in frames), dtype=np.bool_),
        score=_floats(f.score for f in frames),
        latency_us=_ints(f.latency_us for f in frames),
        people=joined_people(frames),
        x=columns_of([f.x for f in frames]),
    )


def _shadows(frames: list[ShadowFrame]) -> Shadows:
    first = frames[0]
    return Shadows(
        arm=first.arm,
        id=_joined(f.id for f in frames),
        score=_floats(f.score for f in frames),
        error=first.error,
        segment=first.segment,
        offset=max(f.offset for f in frames),
    )


def _joined(parts: Iterable[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(parts))


def _ints(parts: Iterable[list[int]]) -> Ints:
    return np.array(_joined(parts), dtype=np.int64)


def _floats(parts: Iterable[list[float]]) -> Floats:
    return np.array(_joined(parts), dtype=np.float64)
