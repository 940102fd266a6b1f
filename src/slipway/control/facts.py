"""Gathers what the gates of a rollout's present stage ask for beside its cohorts; a kind of fact is one function here.

What cannot be gathered is left out, and a gate that finds nothing holds: a bug in a monitor keeps no rollout from its
deadline.
"""

from collections.abc import Callable
from typing import TypeVar

from slipway.control.fact_book import FactBook
from slipway.control.fault import Fault
from slipway.control.ledger import Ledger
from slipway.control.look import Look
from slipway.control.watching import Watching
from slipway.errors import Conflict, Unavailable
from slipway.ports import ControlStore
from slipway.records.arm import Reading
from slipway.records.facts import Approval, Facts, Watch
from slipway.records.gate import ABOUT_PEOPLE, GateKind
from slipway.records.people import PeopleFacts
from slipway.records.rollout import Rollout
from slipway.records.route import Route

T = TypeVar("T")


def gather(
    rollout: Rollout,
    *,
    store: ControlStore,
    ledger: Ledger,
    watching: Watching | None,
    book: FactBook,
    now_us: int,
    problems: list[str],
) -> Facts:
    """Return the facts that the present stage asks for, as they stand now.

    Args:
        rollout: A running rollout.
        store: Control store.
        ledger: What was read of the journal.
        watching: Monitors of the models on the routes, or None.
        book: The rollout's sums beside its cohorts.
        now_us: The moment.
        problems: What could not be gathered is added to them.

    Raises:
        Unavailable: The store does not answer.
    """
    asked = {gate.kind for gate in rollout.stage().gates}
    look = Look(rollout, ledger, now_us)
    route, _ = store.get(Route, id=rollout.route)
    return Facts(
        approvals=approvals(rollout, store=store) if GateKind.APPROVAL in asked else (),
        watches=_watches(rollout, route=route, ledger=ledger, watching=watching, now_us=now_us)
        if GateKind.DRIFT in asked
        else (),
        metrics=attempt(lambda: book.metrics(look), nothing=(), what="business metrics", problems=problems)
        if GateKind.METRIC in asked
        else (),
        agreement=attempt(lambda: book.agreement(look), nothing=(), what="agreement", problems=problems)
        if GateKind.AGREEMENT in asked
        else (),
        people=attempt(
            lambda: _people(look, route=route, book=book), nothing=None, what="decisions of people", problems=problems
        )
        if asked & ABOUT_PEOPLE
        else None,
    )


def attempt(ask: Callable[[], T], *, nothing: T, what: str, problems: list[str]) -> T:
    """Return what a function returns; where it breaks, nothing, which holds, and say so among the problems.

    Raises:
        Unavailable: The store does not answer.
        Conflict: Another process is the controller.
    """
    try:
        return ask()
    except (Unavailable, Conflict):
        raise
    except Exception as error:  # noqa: BLE001 - a bug must not keep the other gates from what they find
        problems.append(f"{what}: {Fault(error, since_s=0.0).words}. Gates that ask for it hold.")
        return nothing


def approvals(rollout: Rollout, *, store: ControlStore) -> tuple[Approval, ...]:
    """Return what people said of a rollout, oldest first."""
    return tuple(said for _, said, _ in store.all(Approval) if said.rollout == rollout.id)


def _watches(
    rollout: Rollout, *, route: Route, ledger: Ledger, watching: Watching | None, now_us: int
) -> tuple[Watch, ...]:
    if watching is None:
        return ()
    arms = (rollout.candidate, rollout.live)
    try:
        return watching.watches(route, arms=arms, ledger=ledger, now_us=now_us)
    except Exception:  # noqa: BLE001 - the step's own look at the monitors meets it too, and says so
        return ()


def _people(look: Look, *, route: Route, book: FactBook) -> PeopleFacts | None:
    plan = look.rollout.plan.automation
    if plan is None:
        return None
    person = next((arm for arm in route.arms if arm.name == plan.person), None)
    reading = (person.reading if person else None) or Reading()
    return PeopleFacts(settle=reading.settle, second=reading.second, sums=book.people(look))
