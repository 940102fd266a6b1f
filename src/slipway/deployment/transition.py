"""What a verdict does to a rollout and its route: begin, advance, complete, roll back."""

from typing import NamedTuple

import msgspec

from slipway.deployment.automated import automates, threshold_of
from slipway.deployment.plan import check_plan
from slipway.deployment.ramp import route_after, route_back, route_for, with_candidate
from slipway.deployment.way_back import WayBack
from slipway.errors import BadInput, Conflict
from slipway.records.arm import Arm, ArmKind
from slipway.records.rollout import Action, Plan, Rollout, RolloutStatus, Stage, StageEntry, Verdict
from slipway.records.route import Route


class Next(NamedTuple):
    """What is to be stored.

    Attributes:
        rollout: The rollout as it is now.
        route: The route to put in force, or None if it stays.
    """

    rollout: Rollout
    route: Route | None


def begin(rollout_id: str, *, route: Route, candidate: Arm, plan: Plan, now_us: int, by: str = "") -> Next:
    """Return a rollout in its first stage, and the route of that stage.

    Args:
        rollout_id: A checked word, new.
        route: The route in force; one arm must have all of it.
        candidate: The arm on its way in.
        plan: Its stages.
        now_us: The moment.
        by: Who starts it.

    Raises:
        BadInput: The plan asks what cannot be answered, or the candidate's name is taken.
        Conflict: The route is divided, or the candidate is live already.
    """
    check_plan(plan)
    whole = [s.arm for s in route.shares if s.share >= 1.0]
    if not whole:
        raise Conflict(
            f"route {route.name}: want one arm with all of it, got {[(s.arm, s.share) for s in route.shares]}. "
            "End what divides it first."
        )
    if whole[0] == candidate.name:
        raise Conflict(f"route {route.name}: {candidate.name} is live already; there is nothing to roll out.")
    _check_live(route, live=route.arm(whole[0]), plan=plan)
    present = with_candidate(route, candidate=candidate)
    rollout = Rollout(
        id=rollout_id,
        route=route.name,
        candidate=candidate.name,
        live=whole[0],
        fallback=route.fallback if route.fallback != candidate.name else None,
        plan=plan,
        status=RolloutStatus.RUNNING,
        entries=(),
        started_us=now_us,
        started_by=by,
    )
    return _enter(plan.stages[0], rollout=rollout, present=present, now_us=now_us)


def _check_live(route: Route, *, live: Arm, plan: Plan) -> None:
    """Refuse a plan with people beside what is no people, and one without beside people."""
    beside = plan.automation.person if plan.automation else None
    if beside is not None and (beside != live.name or live.kind is not ArmKind.PERSON):
        raise BadInput(
            f"plan: want people who are live as its person, got '{beside}', and live is {live.name}, an arm of kind "
            f"'{live.kind}'. The candidate is measured against who decides today: take a plan without person, or open "
            "the route with the people."
        )
    if (handover := route.handover_of(live.name)) is not None:
        raise BadInput(
            f"route {route.name}: want a live arm that decides by itself, got {live.name}, which hands over to "
            f"{handover.person}; a candidate in its place would decide all alone. Roll back to {handover.person}, and "
            "start it beside them."
        )
    if beside is None and live.kind is ArmKind.PERSON:
        raise BadInput(
            f"plan: want person = '{live.name}' in it, for live is people, who do not answer at once, got none. Its "
            "stages are then shadow, assist, partial and full."
        )


def follow(
    verdict: Verdict,
    *,
    rollout: Rollout,
    route: Route,
    back: WayBack | None = None,
    arms: tuple[Arm, ...] = (),
) -> Next:
    """Return what the verdict's action makes of the rollout and its route; ``back`` and ``arms`` as in a rollback."""
    if verdict.action is Action.STAY:
        return Next(rollout, None)
    if verdict.action is Action.ROLL_BACK:
        return roll_back(rollout, route=route, now_us=verdict.at_us, back=back, arms=arms)
    if verdict.action is Action.COMPLETE:
        done = _end(rollout, status=RolloutStatus.COMPLETED, now_us=verdict.at_us)
        return Next(done, route_after(rollout=rollout, present=route))
    names = [s.name for s in rollout.plan.stages]
    stage = rollout.plan.stages[names.index(rollout.stage().name) + 1]
    threshold = rollout.entries[-1].threshold
    if threshold is None and automates(stage.kind):
        threshold = threshold_of(verdict)
    return _enter(stage, rollout=rollout, present=route, now_us=verdict.at_us, threshold=threshold)


def roll_back(
    rollout: Rollout, *, route: Route, now_us: int, back: WayBack | None = None, arms: tuple[Arm, ...] = ()
) -> Next:
    """Return the rollout ended and live in force, by verdict or by command.

    A completed rollout can be rolled back too, as long as the route is the one that it left.

    Args:
        rollout: What is rolled back.
        route: The route in force.
        now_us: The moment.
        back: Where it leads; None: to live, as the rollout found it.
        arms: The arms that it names, which the route may not hold any more.

    Raises:
        Conflict: It is rolled back already, or the route has since gone another way.
    """
    if rollout.status is RolloutStatus.ROLLED_BACK:
        raise Conflict(f"rollout {rollout.id}: want one that is running or completed, got one that is rolled back.")
    if rollout.status is RolloutStatus.COMPLETED and not is_as_left(route, rollout=rollout):
        raise Conflict(
            f"rollout {rollout.id}: it was completed and route {route.name} has changed since. "
            f"Start a rollout of {rollout.live} instead."
        )
    ended = _end(rollout, status=RolloutStatus.ROLLED_BACK, now_us=now_us)
    return Next(ended, route_back(rollout=rollout, present=route, back=back, arms=arms))


def withdraw(
    rollout: Rollout, *, after: Rollout, route: Route, now_us: int, back: WayBack, arms: tuple[Arm, ...] = ()
) -> tuple[Next, Rollout]:
    """Return a completed rollout rolled back although another came after it, that other one, and the route.

    What runs beside a model that is withdrawn ends with it: it was measured against that model. What has taken its
    place stays, and is not rolled back to it.

    Args:
        rollout: What is withdrawn.
        after: The rollout that found its candidate live; it runs, or completed.
        route: The route in force.
        now_us: The moment.
        back: Where a rollback of ``rollout`` leads.
        arms: The arms that it names.
    """
    ended = _end(rollout, status=RolloutStatus.ROLLED_BACK, now_us=now_us)
    if after.status is not RolloutStatus.RUNNING:
        return Next(ended, None), after
    stopped = _end(after, status=RolloutStatus.ROLLED_BACK, now_us=now_us)
    return Next(ended, route_back(rollout=after, present=route, back=back, arms=arms)), stopped


def is_as_left(route: Route, *, rollout: Rollout) -> bool:
    """Tell whether the route is the one that a completed rollout left: live steps in, or decides the rest."""
    handover = route.handover_of(rollout.candidate)
    stands_by = route.fallback if handover is None else handover.person
    return (stands_by, route.share_of(rollout.candidate)) == (rollout.live, 1.0)


def _enter(stage: Stage, *, rollout: Rollout, present: Route, now_us: int, threshold: float | None = None) -> Next:
    route = route_for(stage, rollout=rollout, present=present, threshold=threshold)
    entry = StageEntry(stage=stage.name, at_us=now_us, route_version=route.version, threshold=threshold)
    return Next(msgspec.structs.replace(rollout, entries=(*rollout.entries, entry)), route)


def _end(rollout: Rollout, *, status: RolloutStatus, now_us: int) -> Rollout:
    return msgspec.structs.replace(rollout, status=status, ended_us=now_us)
