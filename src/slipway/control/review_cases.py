"""From rows of the journal to the cases that people decide."""

from collections.abc import Mapping

from slipway.records.arm import NOBODY, Arm, Reading
from slipway.records.drawn import Draw, is_drawn
from slipway.records.handover import READ, Course, People
from slipway.records.review import ReviewCase
from slipway.records.route import Route
from slipway.storage.journal.stretches import Predictions


def cases_of(
    given: Predictions, people: People, *, place: tuple[str, int], route: Route, arms: Mapping[str, Arm]
) -> list[tuple[str, ReviewCase]]:
    """Return (id, case) of the rows that people are to decide.

    Args:
        given: Rows.
        people: What people have to do with them.
        place: Segment that holds them, and an offset in it behind which they lie.
        route: The route as it is now; its salt is the key of what is drawn, and its copy of the people's arm says how
            much is read twice and settled.
        arms: The people's arms by name. Of an arm that the scope no longer has a case stays open until it is decided.
    """
    return [
        (given.id[i], _case(given, people, i, place=place, route=route, arms=arms))
        for i, course in enumerate(people.course)
        if course in READ
    ]


def _case(
    given: Predictions, people: People, i: int, *, place: tuple[str, int], route: Route, arms: Mapping[str, Arm]
) -> ReviewCase:
    audited = people.course[i] == Course.AUDITED
    asked = (given.arm[i], float(given.score[i])) if audited else (people.asked[i], people.suggestion[i])
    handover = route.handover_of(asked[0])
    anybody = handover.person if handover else next(iter(arms), "")
    person = anybody if audited else given.arm[i]
    arm = arms.get(person)
    steps_in = None if arm is None or arm.fallback == NOBODY else arm.fallback
    stated = next((one for one in route.arms if one.name == person), arm)  # as the gates that weigh by the shares
    reading = (stated.reading if stated else None) or Reading()
    beside = tuple(name for name in given.shadows if name != asked[0])
    return ReviewCase(
        route=given.route,
        person=person,
        course=Course(people.course[i]),
        at_us=int(given.at_us[i]),
        due_us=people.due_us[i],
        segment=place[0],
        after=place[1],
        said=(asked,) if asked[0] else (),
        beside=beside,
        models=tuple(name for name in (asked[0], *beside) if name and (name != steps_in or name == asked[0])),
        suggestion=people.suggestion[i] if people.shown[i] else None,
        steps_in=steps_in,
        second=is_drawn(given.id[i], for_=Draw.SECOND, share=reading.second, salt=route.salt),
        settles=is_drawn(given.id[i], for_=Draw.SETTLE, share=reading.settle, salt=route.salt),
    )
