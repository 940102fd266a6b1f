"""Realised and expected loss by day, of every model that answers or shadows, and what it is held against."""

from slipway.control.equip import equip
from slipway.control.step import Controller
from slipway.errors import SlipwayError
from slipway.records.arm import Arm
from slipway.records.base import Record
from slipway.records.season import Season
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
    """One model under watch.

    Attributes:
        model: Name of the arm.
        days: Day by day, oldest first.
        season: Which rhythm its monitor allows for, and what it holds the present against; None where its package
            cannot be read.
    """

    model: str
    days: tuple[DayLoss, ...]
    season: Season | None = None


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
    arms = [arm for name, arm, _ in parts.store.all(Arm) if name in found]
    return tuple(Watched(model=a.name, days=tuple(found[a.name]), season=_season(a, parts=parts)) for a in arms)


def _season(arm: Arm, *, parts: Parts) -> Season | None:
    try:
        equipped = equip(arm, blobs=parts.blobs, scope=parts.scope)
    except SlipwayError:  # control tells of it under problems
        return None
    return equipped.monitor.instruments.season if equipped else None
