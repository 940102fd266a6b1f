"""Realised and expected loss by day, of every model that answers or shadows."""

from typing import Any

from slipway.control.block import Block
from slipway.control.equip import equip
from slipway.control.slices import outcome_sums
from slipway.control.step import Controller
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import Record
from slipway.records.route import Route
from slipway.records.watch import OutcomeSums
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
    controller.catch_up([])
    wait_us = round(parts.scope.rollout.maturity_s * 1e6)
    found = []
    for name, arm, _ in parts.store.all(Arm):
        equipped = equip(arm, blobs=parts.blobs, scope=parts.scope) if arm.kind is ArmKind.MODEL else None
        if equipped is None:
            continue
        days = [
            _day(outcome_sums(block, model=equipped.model, wait_us=wait_us, **_day_of(block, controller)))
            for _, route, _ in parts.store.all(Route)
            for block in controller.ledger.blocks(route.name)
            if block.end_us + wait_us <= now_us
        ]
        if shown := tuple(d for d in days if d.n):
            found.append(Watched(model=name, days=shown))
    return tuple(found)


def _day_of(block: Block, controller: Controller) -> dict[str, Any]:
    return {"ledger": controller.ledger, "start_us": block.start_us, "end_us": block.end_us}


def _day(sums: OutcomeSums) -> DayLoss:
    n = sums.labelled
    return DayLoss(
        at_us=sums.start_us, n=n, realised=sums.loss / n if n else None, expected=sums.expected / n if n else None
    )
