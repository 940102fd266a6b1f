"""The route of a stage: the candidate comes first in the shares, so a ramp only adds entities to it.

An entity sits at one fixed point of [0, 1). With the candidate covering [0, share), a larger share keeps everyone who
already had the candidate, and the same salt through all stages keeps the deal one deal.
"""

import hashlib

import msgspec

from slipway.deployment.automated import handover_of
from slipway.deployment.way_back import WayBack
from slipway.errors import BadInput
from slipway.records.arm import NOBODY, Arm, ArmKind
from slipway.records.handover import Handover
from slipway.records.rollout import Plan, Rollout, Stage
from slipway.records.route import Route, Share, named_arms


def shadows_of(stage: Stage, *, plan: Plan, candidate: str, live: str) -> tuple[str, ...]:
    """Return which of the two arms also answers the other's requests.

    >>> from slipway.records.rollout import StageKind
    >>> full = Stage(name="full", kind=StageKind.FULL, share=1.0, gates=(), min_s=0, max_s=1)
    >>> shadows_of(full, plan=Plan(stages=(full,)), candidate="new", live="old")
    ('old',)
    """
    if stage.share <= 0:
        return (candidate,)
    if not plan.pair:
        return ()
    return (candidate, live) if stage.share < 1 else (live,)


def route_for(stage: Stage, *, rollout: Rollout, present: Route, threshold: float | None = None) -> Route:
    """Return the next version of the route, with this stage in force.

    Live steps in where the candidate fails. Shadows that the rollout is not about stay.

    Args:
        stage: A stage of the rollout's plan.
        rollout: The rollout.
        present: The route in force; it must hold both arms.
        threshold: Confidence from which on the candidate decides alone where it works beside people; None: nowhere.
    """
    own_handover = handover_of(stage, rollout=rollout, threshold=threshold)
    dealt = ((rollout.candidate, stage.share), (rollout.live, 1.0 - stage.share))
    own = shadows_of(stage, plan=rollout.plan, candidate=rollout.candidate, live=rollout.live)
    return _next(
        present,
        shares=tuple(Share(arm=arm, share=share) for arm, share in dealt if share > 0),
        shadows=(*own, *_others(rollout, present=present)),
        fallback=rollout.live,
        keep=(rollout.candidate, rollout.live, rollout.fallback),
        handover=own_handover,
    )


def route_back(*, rollout: Rollout, present: Route, back: WayBack | None = None, arms: tuple[Arm, ...] = ()) -> Route:
    """Return the next version of the route with live alone, and the fallback that was there before the rollout.

    Args:
        rollout: What is rolled back.
        present: The route in force.
        back: Where the way back leads; None: to live, as the rollout found it.
        arms: The arms that it names, which the route may not hold any more.
    """
    back = back or WayBack(rollout.live, rollout.fallback)
    return _next(
        with_arms(present, arms=arms),
        shares=(Share(arm=back.arm, share=1.0),),
        shadows=tuple(arm for arm in _others(rollout, present=present) if arm != back.arm),
        fallback=back.fallback,
        keep=(back.arm, back.fallback),
    )


def with_arms(present: Route, *, arms: tuple[Arm, ...]) -> Route:
    """Return the route with these arms known to it, too."""
    known = {arm.name for arm in present.arms}
    return msgspec.structs.replace(present, arms=(*present.arms, *(arm for arm in arms if arm.name not in known)))


def route_after(*, rollout: Rollout, present: Route) -> Route:
    """Return the next version of the route after completion: the candidate alone, the arm it replaced steps in."""
    return _next(
        present,
        shares=(Share(arm=rollout.candidate, share=1.0),),
        shadows=_others(rollout, present=present),
        fallback=rollout.live,
        keep=(rollout.candidate, rollout.live),
    )


def with_candidate(present: Route, *, candidate: Arm) -> Route:
    """Return the route with the candidate known to it and a salt of the rollout's own, so that the deal is fresh.

    The salt follows from the one before and the route's version: unknown to outsiders, and the same in a replay.

    Raises:
        BadInput: Another arm has the candidate's name.
    """
    same = [arm for arm in present.arms if arm.name == candidate.name]
    if same and same[0] != candidate and candidate.name in named_arms(present):
        raise BadInput(
            f"arm {candidate.name}: want a name that the route '{present.name}' does not use yet, or the same arm. "
            "Name the candidate differently."
        )
    return Route(
        name=present.name,
        version=present.version,
        salt=hashlib.sha256(f"{present.salt}/{present.version}".encode()).hexdigest()[:32],
        shares=present.shares,
        shadows=present.shadows,
        fallback=present.fallback,
        handovers=present.handovers,
        arms=(*(arm for arm in present.arms if arm.name != candidate.name), candidate),
    )


def _others(rollout: Rollout, *, present: Route) -> tuple[str, ...]:
    return tuple(arm for arm in present.shadows if arm not in (rollout.candidate, rollout.live))


def _next(
    present: Route,
    *,
    shares: tuple[Share, ...],
    shadows: tuple[str, ...],
    fallback: str | None,
    keep: tuple[str | None, ...],
    handover: Handover | None = None,
) -> Route:
    """Return the next version; people neither shadow nor step in, for nobody can wait for them there."""
    people = {arm.name: arm.fallback for arm in present.arms if arm.kind is ArmKind.PERSON}
    dealt = {share.arm for share in shares}
    kept = (h for h in present.handovers if h.arm in dealt and (handover is None or h.arm != handover.arm))
    handovers = (*kept, *((handover,) if handover else ()))
    keep = (*keep, *(h.person for h in handovers))
    wanted = {*keep, *shadows, *(people[name] for name in keep if name in people)} - {NOBODY}
    return Route(
        name=present.name,
        version=present.version + 1,
        salt=present.salt,
        shares=shares,
        shadows=tuple(name for name in shadows if name not in people),
        fallback=None if fallback in people else fallback,
        handovers=handovers,
        arms=tuple(arm for arm in present.arms if arm.name in wanted),
    )
