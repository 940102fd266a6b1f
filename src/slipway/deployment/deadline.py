"""The deadline alone: what is said of a rollout that nobody can judge, because what judges it breaks."""

from slipway.records.rollout import Action, Decision, Rollout, RolloutStatus, Verdict
from slipway.words import duration


def unjudged(rollout: Rollout, *, now_us: int, why: str) -> Verdict | None:
    """Return the verdict that rolls back once a stage is held longer than it may be; None before.

    Pure, and it looks at nothing but the plan and the moment, so nothing that was seen can break it. A completed
    rollout whose automation is audited has no deadline.

    Args:
        rollout: What could not be judged.
        now_us: The moment, microseconds since the epoch.
        why: What broke.
    """
    stage = rollout.stage()
    if rollout.status is not RolloutStatus.RUNNING or (now_us - rollout.entered_us) / 1e6 <= stage.max_s:
        return None
    return Verdict(
        rollout=rollout.id,
        stage=stage.name,
        at_us=now_us,
        decision=Decision.HOLD,
        action=Action.ROLL_BACK,
        reason=(
            f"{stage.name}: no verdict within {duration(stage.max_s)}, and it cannot be judged at all ({why}): "
            "silence is no success, roll back."
        ),
        gates=(),
        clock_set_us=rollout.clock_set_us,
    )
