"""What is kept of a day that was let go: each model's answers on it, in four numbers."""

from slipway.records.base import Record


class DaySums(Record, frozen=True, kw_only=True):
    """One model's answers on one day of one route, as far as their outcome came in time.

    Attributes:
        route: Name of the route.
        model: Name of the arm, as arm or as shadow.
        start_us: Beginning of the day.
        labelled: Answers with an outcome.
        loss: Sum of the realised loss.
        expected: Sum of the loss that the calibration expected of the same answers.
    """

    route: str
    model: str
    start_us: int
    labelled: int
    loss: float
    expected: float
