"""What each model's monitor has looked at, and whether it can tell: its silence would pass for good news."""

from collections.abc import Iterable, Sequence

from slipway.control.equip import equip
from slipway.errors import SlipwayError
from slipway.monitoring.blind import blind, least_units
from slipway.monitoring.looked_words import looked_words
from slipway.records.arm import Arm, ArmKind
from slipway.records.base import Record
from slipway.records.looked import Looked
from slipway.records.route import Route
from slipway.wiring import Parts


class MonitorNow(Record, frozen=True, kw_only=True):
    """The monitor of one model on a route.

    Attributes:
        model: Name of the arm.
        sentence: What it has looked at, when it looks next, and whether it can tell yet.
        problem: Why it could find nothing or cannot look, with the way out; empty where it can.
        looked: What it has looked at; None where nobody looks.
    """

    model: str
    sentence: str
    problem: str = ""
    looked: Looked | None = None


def monitors_now(parts: Parts, *, looked: Iterable[Looked], now_us: int) -> tuple[MonitorNow, ...]:
    """Return where the monitor of each model on a route stands.

    Args:
        parts: The project.
        looked: What control says that they have looked at; empty where it does not run.
        now_us: The moment by the clock that counts.
    """
    routes = [route for _, route, _ in parts.store.all(Route)]
    arms = {arm.name: arm for route in routes for arm in route.arms if arm.kind is ArmKind.MODEL}
    asked = {name for route in routes for name in (*(s.arm for s in route.shares if s.share > 0), *route.shadows)}
    by_model = {one.model: one for one in looked if one.model in asked}
    return tuple(
        _of(arm, parts=parts, looked=by_model.get(arm.name), asked=arm.name in asked, now_us=now_us)
        for arm in arms.values()
    )


def problems_of(monitors: Sequence[MonitorNow]) -> list[str]:
    """Return why monitors could find nothing or cannot look."""
    return [one.problem for one in monitors if one.problem]


def _of(arm: Arm, *, parts: Parts, looked: Looked | None, asked: bool, now_us: int) -> MonitorNow:
    name = arm.name
    try:
        equipped = equip(arm, blobs=parts.blobs, scope=parts.scope)
    except SlipwayError as error:
        why = f"The monitor of {name} cannot look: {error}"
        return MonitorNow(model=name, sentence=f"{name}: cannot look.", problem=why)
    if equipped is None:
        return MonitorNow(model=name, sentence=f"{name}: nobody watches it, for its package holds no reference.")
    least = least_units(equipped.monitor)
    problem = blind(equipped.monitor, least=least)
    if not asked:
        sentence = f"{name}: gets no rows now, so nobody watches it."
    elif looked is None:
        sentence = f"{name}: nobody looks now, for control does not run or does not answer. 'slipway serve' starts it."
    else:
        sentence = looked_words(looked, least=least, now_us=now_us, partly=bool(problem))
    return MonitorNow(model=name, sentence=sentence, problem=problem, looked=looked)
