"""What people decided and told the data plane themselves, on cases of the queue: it closes them like any other.

What is on no case, or on one whose id is not known yet, is kept for one more look: a decision may lie in a segment that
was read before the one that holds its request.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from slipway.deployment import reviewing as rules
from slipway.records.review import ReviewCase
from slipway.records.scoring import Scoring
from slipway.storage.journal.stretches import Decisions

New = tuple[str, ReviewCase]


class Told(NamedTuple):
    """One decision of the journal that no queue has handed out.

    Attributes:
        id: Prediction id.
        by: Who decided, as the journal holds it.
        value: What.
        at_us: When it was received.
        saw: Whether he said that he knew the model's answer.
        looks: How often its case was looked for in vain.
    """

    id: str
    by: str
    value: float
    at_us: int
    saw: bool
    looks: int = 0


def told_of(given: Decisions) -> list[Told]:
    """Return the decisions that did not come from a queue."""
    rows = zip(given.id, given.by, given.value, given.at_us, given.saw, given.part, strict=True)
    return [
        Told(id_, by, float(value), int(at_us), saw is True) for id_, by, value, at_us, saw, part in rows if not part
    ]


def closed_by(
    told: Iterable[Told], *, find: Callable[[str], ReviewCase | None], scoring: Scoring
) -> tuple[list[New], list[Told]]:
    """Return (the cases that these decisions change, the decisions whose cases are still to be looked for).

    Args:
        told: Decisions, in the order of their receipt.
        find: Returns a case, or None where there is none under that id.
        scoring: Of the task.
    """
    changed: dict[str, ReviewCase] = {}
    missing: list[Told] = []
    for one in told:
        case = changed.get(one.id) or find(one.id)
        if case is None:
            missing += [] if one.looks else [one._replace(looks=1)]
            continue
        read = rules.told_once(case, by=one.by, value=one.value, saw=one.saw, at_us=one.at_us, scoring=scoring)
        if read is not None:
            changed[one.id] = read
    return list(changed.items()), missing
