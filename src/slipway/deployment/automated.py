"""From which confidence on a stage lets the candidate decide alone, and what that makes of its route."""

from slipway.deployment.gate_automation import THRESHOLD
from slipway.records.handover import Handover
from slipway.records.rollout import Rollout, Stage, StageKind, Verdict


def automates(kind: StageKind) -> bool:
    """Tell whether answers go out without a person in stages of this kind.

    >>> automates(StageKind.ASSIST), automates(StageKind.PARTIAL)
    (False, True)
    """
    return kind in (StageKind.PARTIAL, StageKind.FULL, StageKind.WATCH)


def threshold_of(verdict: Verdict) -> float | None:
    """Return the threshold that a verdict's gates found; None: no answer may go out without a person."""
    return next((g.counts[THRESHOLD] for g in verdict.gates if THRESHOLD in g.counts), None)


def handover_of(stage: Stage, *, rollout: Rollout, threshold: float | None) -> Handover | None:
    """Return what people have to do with the candidate's rows in a stage; None where the plan gives them no part.

    Args:
        stage: The stage.
        rollout: Its rollout.
        threshold: Confidence from which on the candidate decides alone, or None: nowhere.
    """
    plan = rollout.plan.automation
    if plan is None or stage.share <= 0:
        return None
    alone = threshold if automates(stage.kind) else None
    return Handover(
        arm=rollout.candidate,
        person=plan.person,
        threshold=alone,
        audit=0.0 if alone is None else plan.audit,
        suggest=True,
        hidden=plan.hidden,
    )
