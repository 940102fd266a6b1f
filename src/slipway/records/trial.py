"""A search for hyperparameters: its space, and each trial that was made of a point in it."""

from enum import StrEnum
from typing import Any

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.run import Reported

Plain = bool | int | float | str


class Dimension(Record, frozen=True, kw_only=True):
    """The values that one hyperparameter may take: a range, or one of some.

    Attributes:
        name: The hyperparameter's.
        low: Least value of a range.
        high: Largest value of a range; both whole numbers: only whole numbers are drawn.
        log: Whether to draw evenly over orders of magnitude.
        step: Distance between values, or None for any.
        choices: Values to choose from; empty for a range.
    """

    name: str
    low: int | float = 0
    high: int | float = 0
    log: bool = False
    step: int | float | None = None
    choices: tuple[Plain, ...] = ()

    def __post_init__(self) -> None:
        if self.choices:
            return
        if not self.low < self.high:
            raise BadInput(f"{self.name}: want low < high, got {self.low} and {self.high}.")
        if self.log and (self.low <= 0 or self.step is not None):
            raise BadInput(f"{self.name}: want low > 0 and no step where log = true, got low {self.low}.")
        if self.step is not None and self.step <= 0:
            raise BadInput(f"{self.name}: want a step above 0, got {self.step}.")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are drawn from the range."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class TrialEnd(StrEnum):
    """How a trial ended."""

    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"


class Trial(Record, frozen=True, kw_only=True):
    """One point of a search, measured on validation folds inside the rows to learn from; never on the rows held out.

    Attributes:
        search: Hash of all that the search follows from: code, data, space, fixed hyperparameters, folds and seed.
        number: Its place in the search, from 1.
        params: All hyperparameters that the function was given.
        drawn: Those that were drawn, by name.
        space: From what each was drawn, as optuna writes it.
        end: How it ended.
        value: Mean loss over the rows of all folds; None unless complete.
        folds: Mean loss of each fold measured.
        reported: What the function reported while the first fold was trained.
        steps: What it could be pruned by, step by step.
        detail: Why it failed, in a line; else empty.
        tries: How often it was tried: one that failed is tried again when the search is asked for again.
        started_us: When it began.
        ended_us: When it ended.
    """

    search: str
    number: int
    params: dict[str, Any]
    drawn: dict[str, Any]
    space: dict[str, str]
    end: TrialEnd
    value: float | None
    folds: tuple[float, ...] = ()
    reported: tuple[Reported, ...] = ()
    steps: tuple[Reported, ...] = ()
    detail: str = ""
    tries: int = 1
    started_us: int
    ended_us: int
