"""May a candidate that passes go beyond the canary? Where its plan demands readiness, only from there on."""

from slipway.records.rollout import Rollout, Stage, StageKind

BEYOND = (StageKind.RAMP, StageKind.FULL, StageKind.WATCH)
"""Stages in which more than a canary's share depends on the candidate."""


def asks(rollout: Rollout) -> bool:
    """Tell whether the step from the present stage to the next one needs a readiness."""
    after = _next(rollout)
    return rollout.plan.readiness is not None and after is not None and after.kind in BEYOND


def unready(rollout: Rollout, *, readiness: float | None) -> str:
    """Return why the next stage has to wait, in a sentence; empty where it need not.

    Args:
        rollout: A running rollout.
        readiness: ML Test Score of the candidate, 0 to 7; None where nobody could reckon it, which is no readiness.
    """
    wanted, after = rollout.plan.readiness, _next(rollout)
    if wanted is None or after is None or not asks(rollout) or (readiness is not None and readiness >= wanted):
        return ""
    got = "nobody could reckon it" if readiness is None else f"it is {readiness:g}"
    return (
        f"Stage {after.name} lies beyond the canary and wants a readiness of {wanted:g}, and {got}: hold. "
        "'slipway scope readiness' says what is open."
    )


def _next(rollout: Rollout) -> Stage | None:
    stages = rollout.plan.stages
    place = [s.name for s in stages].index(rollout.stage().name)
    return stages[place + 1] if place + 1 < len(stages) else None
