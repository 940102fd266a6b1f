"""What callers asked: a piece of the journal without the rows of load tests, for which nobody waited.

They are told by their ids. Left in they would be a rollout's evidence and a monitor's picture of the world, although
their entities and times are made up and their inputs are rows of the past.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from msgspec.structs import asdict

from slipway.records.handover import People
from slipway.records.load_test import ID_PREFIX
from slipway.storage.journal.stretches import Decisions, Metrics, Outcomes, Predictions, Shadows, Stretch

Bools = npt.NDArray[np.bool_]


def of_callers(stretch: Stretch) -> tuple[Stretch, int]:
    """Return the stretch without what load tests asked and what was said of it, and how many predictions were left out.

    How far shadows have come stays as it was: they are asked about these rows like any others.
    """
    kept = [_predictions(part) for part in stretch.predictions]
    left_out = sum(len(a.id) - len(b.id) for a, b in zip(stretch.predictions, kept, strict=True))
    callers = replace(
        stretch,
        predictions=tuple(part for part in kept if part.id),
        shadows=tuple(_shadows(part) for part in stretch.shadows),
        outcomes=_outcomes(stretch.outcomes),
        decisions=_decisions(stretch.decisions),
        metrics=_metrics(stretch.metrics),
    )
    return callers, left_out


def _wanted(ids: list[str]) -> Bools | None:
    """Return which ids are callers', or None where all are."""
    if ID_PREFIX not in "\n".join(ids):  # as of nearly every stretch, at a quarter of the cost of looking at each id
        return None
    theirs = [not id_.startswith(ID_PREFIX) for id_ in ids]
    return None if all(theirs) else np.array(theirs, dtype=bool)


def _of(texts: list[str], wanted: Bools) -> list[str]:
    return [texts[i] for i in np.flatnonzero(wanted).tolist()]


def _predictions(part: Predictions) -> Predictions:
    if (wanted := _wanted(part.id)) is None:
        return part
    return replace(
        part,
        at_us=part.at_us[wanted],
        id=_of(part.id, wanted),
        entity=_of(part.entity, wanted),
        arm=_of(part.arm, wanted),
        fallback=part.fallback[wanted],
        score=part.score[wanted],
        latency_us=part.latency_us[wanted],
        people=part.people and _people(part.people, wanted),
        x={name: column[wanted] for name, column in part.x.items()},
    )


def _people(people: People, wanted: Bools) -> People:
    rows = np.flatnonzero(wanted).tolist()
    return People(**{name: [column[i] for i in rows] for name, column in asdict(people).items()})


def _shadows(part: Shadows) -> Shadows:
    if (wanted := _wanted(part.id)) is None:
        return part
    return replace(part, id=_of(part.id, wanted), score=part.score[wanted])


def _outcomes(part: Outcomes) -> Outcomes:
    if (wanted := _wanted(part.id)) is None:
        return part
    return replace(part, at_us=part.at_us[wanted], id=_of(part.id, wanted), value=part.value[wanted])


def _decisions(part: Decisions) -> Decisions:
    if (wanted := _wanted(part.id)) is None:
        return part
    rows = np.flatnonzero(wanted).tolist()
    return replace(
        part,
        at_us=part.at_us[wanted],
        id=_of(part.id, wanted),
        value=part.value[wanted],
        by=_of(part.by, wanted),
        decided_us=part.decided_us[wanted],
        saw=[part.saw[i] for i in rows],
        part=[part.part[i] for i in rows],
    )


def _metrics(part: Metrics) -> Metrics:
    if (wanted := _wanted(part.id)) is None:
        return part
    return replace(
        part,
        at_us=part.at_us[wanted],
        id=_of(part.id, wanted),
        metric=_of(part.metric, wanted),
        value=part.value[wanted],
    )
