"""Realised and expected loss by day, of every model that answers or shadows."""

from slipway.control.step import Controller
from slipway.records.arm import Arm
from slipway.records.base import Record
from slipway.wiring import Parts


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


def watched(parts: Parts, *, controller: Controller, now_us: int) -> tuple[Watched, ...]:
    """Return the days of every model that was ever on a route, as far as their outcomes have been waited for.

    Realised and expected loss are over the same rows, those whose outcome came in time. A model whose package holds no
    reference expects nothing of itself and is left out.
    """
    found: dict[str, list[DayLoss]] = {}
    for sums in controller.days(now_us):
        n = sums.labelled
        day = DayLoss(at_us=sums.start_us, n=n, realised=sums.loss / n, expected=sums.expected / n)
        found.setdefault(sums.model, []).append(day)
    names = [name for name, _, _ in parts.store.all(Arm) if name in found]
    return tuple(Watched(model=name, days=tuple(found[name])) for name in names)
