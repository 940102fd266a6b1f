"""X -> Y: what kind of answer is wanted, and how one answer is scored against the truth."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record


class TaskKind(StrEnum):
    """What Y is."""

    BINARY = "binary"
    REGRESSION = "regression"


class Case(StrEnum):
    """Why one deploys: something new, beside a person, or in the place of a system."""

    NEW = "new"
    ASSIST = "assist"
    REPLACE = "replace"


class Task(Record, frozen=True, kw_only=True):
    """X -> Y in words and in columns.

    Attributes:
        x: What is known when the answer is needed, in words.
        y: What is to be predicted, in words.
        kind: Binary (Y is 0 or 1, the answer a score in [0, 1]) or regression.
        target: The column that holds Y.
        entity: The column whose keyed hash decides the route, so that an entity stays with its arm.
        time: The column that holds the moment at which X is known.
        threshold: Score from which a binary answer counts as 1.
    """

    x: str
    y: str
    kind: TaskKind
    target: str
    entity: str
    time: str | None = None
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise BadInput(f"task.threshold: want 0 < threshold < 1, got {self.threshold}.")
