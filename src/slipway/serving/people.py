"""The part that people have in a route: which rows wait for them, and which answers of a model go out without them."""

from math import isnan
from typing import TYPE_CHECKING

from slipway.records.arm import Arm, ArmKind
from slipway.records.drawn import Draw, is_drawn
from slipway.records.handover import Course, Handover
from slipway.records.handover import People as Columns
from slipway.records.route import Deal, Route
from slipway.records.task import TaskKind
from slipway.serving.refusal import Refusal

if TYPE_CHECKING:
    from slipway.serving.waiting import Group

_NAN = float("nan")


class People:
    """What a route says of people, laid out for the tick; a route without them has none of this.

    Args:
        route: A route in which people have a part.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._people = {a.name: a for a in route.arms if a.kind is ArmKind.PERSON}
        self._handovers = {h.arm: h for h in route.handovers}
        self._deal = Deal(route).of

    @classmethod
    def of(cls, route: Route) -> "People | None":
        """Return what the route says of people; None where they have no part in it."""
        dealt = {s.arm for s in route.shares}
        people = any(a.kind is ArmKind.PERSON and a.name in dealt for a in route.arms)
        return cls(route) if people or route.handovers else None

    def part(self, group: "Group") -> tuple["Group | None", "Group | None"]:
        """Return (rows that were dealt to people, and are settled with that; the others)."""
        theirs = [i for i, arm in enumerate(group.arms) if arm in self._people]
        if not theirs:
            return None, group
        if len(theirs) == len(group):
            return group, None
        own = set(theirs)
        return group.part(theirs), group.part([i for i in range(len(group)) if i not in own])

    def pass_on(self, group: "Group", *, kind: TaskKind) -> None:
        """Say of each settled row what became of it, and take back the answers that are not to go out.

        Args:
            group: Rows that were asked.
            kind: Of the task; only answers to a question of two classes can be sure.
        """
        rows = len(group)
        columns = Columns(
            course=[Course.ARM.value] * rows,
            asked=[""] * rows,
            suggestion=[_NAN] * rows,
            shown=[False] * rows,
            due_us=[0] * rows,
        )
        pending = [0] * rows
        for i, arm in enumerate(group.arms):
            if arm in self._people:
                columns.course[i] = Course.ASKED.value
                columns.due_us[i] = pending[i] = _due_us(self._people[arm], group.at_us[i])
                continue
            dealt = self._deal([group.entities[i]])[0] if group.fallback[i] else arm
            handover = self._handovers.get(dealt)
            if handover is None:
                continue
            person = self._people[handover.person]
            if kind is TaskKind.BINARY and _is_sure(handover, group, i):
                audited = is_drawn(group.ids[i], for_=Draw.AUDIT, share=handover.audit, salt=self._route.salt)
                columns.course[i] = (Course.AUDITED if audited else Course.AUTOMATED).value
                columns.due_us[i] = _due_us(person, group.at_us[i]) if audited else 0
                continue
            self._hand_over(group, i, handover=handover, columns=columns)
            columns.due_us[i] = pending[i] = _due_us(person, group.at_us[i])
        group.people, group.pending_us = columns, pending

    def _hand_over(self, group: "Group", row: int, *, handover: Handover, columns: Columns) -> None:
        own = not group.fallback[row]
        suggests = handover.suggest and own and not isnan(group.score[row])
        columns.course[row] = Course.HANDED_OVER.value
        columns.asked[row] = handover.arm
        columns.suggestion[row] = group.score[row] if own else _NAN
        columns.shown[row] = suggests and not is_drawn(
            group.ids[row], for_=Draw.HIDDEN, share=handover.hidden, salt=self._route.salt
        )
        group.arms[row], group.score[row], group.fallback[row] = handover.person, _NAN, False


class WaitsForPeople(Refusal):
    """A request whose protocol has no word for an answer that is to come."""


def check_nobody_waits(route: Route, *, protocol: str) -> None:
    """Return if each answer of a route goes out at once.

    Args:
        route: The route in force.
        protocol: How it is asked.

    Raises:
        WaitsForPeople: 409; people have a part in it, and the protocol has no word for an answer that is to come.
    """
    people = sorted(a.name for a in route.arms if a.kind is ArmKind.PERSON)
    if people:
        raise WaitsForPeople(
            409,
            f"{protocol} has no word for an answer that is to come.",
            wanted="a route whose arms all answer at once",
            got=f"people: {', '.join(people)}",
            hint="Ask POST /predict with JSON: it says what is pending, and GET /decisions/ID of control has it later.",
        )


def _is_sure(handover: Handover, group: "Group", row: int) -> bool:
    score = group.score[row]
    if handover.threshold is None or group.fallback[row] or not 0 <= score <= 1:  # NaN is not
        return False
    return max(score, 1 - score) >= handover.threshold


def _due_us(person: Arm, at_us: int) -> int:
    return at_us + round((person.answer_s or 0) * 1e6)
