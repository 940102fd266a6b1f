"""The judge: rollout, cohorts and a moment in; one verdict out.

The algorithm is this page: each gate of the present stage gives a decision; one failing gate fails the stage, all
passing pass it, anything else holds. Silence (no data, too little, a stream that stopped, not a number, an error in a
rule) is a hold, and a hold has a deadline. :mod:`slipway.deployment.transition` says what follows for the route.
"""

import math
from collections.abc import Callable, Sequence

from slipway.deployment.gate_agreement import agreement
from slipway.deployment.gate_anchoring import anchoring
from slipway.deployment.gate_approval import approval
from slipway.deployment.gate_automation import automation
from slipway.deployment.gate_baseline import baseline
from slipway.deployment.gate_drift import OPEN_FINDINGS, drift, drifted_together
from slipway.deployment.gate_harm import harm
from slipway.deployment.gate_latency import latency
from slipway.deployment.gate_metric import metric
from slipway.deployment.gate_not_worse import not_worse
from slipway.deployment.gate_person import person
from slipway.deployment.gate_service import OPEN, service
from slipway.deployment.missing import missing
from slipway.deployment.readiness import asks, unready
from slipway.deployment.stream import stopped, unlabelled
from slipway.deployment.view import View, look, total_arms
from slipway.deployment.world import world_changed
from slipway.errors import BadInput, SlipwayError
from slipway.records.cohort import Cohort
from slipway.records.facts import NONE, Facts
from slipway.records.gate import ON_OUTCOMES, Gate, GateKind
from slipway.records.rollout import Action, Decision, GateResult, Rollout, RolloutStatus, StageKind, Verdict
from slipway.records.usage import ServingCost
from slipway.words import duration

GATES: dict[GateKind, Callable[..., GateResult]] = {
    GateKind.NOT_WORSE: not_worse,
    GateKind.HARM: harm,
    GateKind.SERVICE: service,
    GateKind.APPROVAL: approval,
    GateKind.DRIFT: drift,
    GateKind.PERSON: person,
    GateKind.AUTOMATION: automation,
    GateKind.ANCHORING: anchoring,
    GateKind.LATENCY: latency,
    GateKind.METRIC: metric,
    GateKind.AGREEMENT: agreement,
    GateKind.BASELINE: baseline,
}
"""One file a gate; a new one is its file, its kind and this line."""


def judge(
    rollout: Rollout,
    cohorts: Sequence[Cohort],
    *,
    now_us: int,
    readiness: float | None = None,
    costs: Sequence[ServingCost] = (),
    facts: Facts = NONE,
) -> Verdict:
    """Judge the present stage of a running rollout.

    Pure: the same arguments give the same verdict, bit for bit, in whatever order the cohorts come.

    Args:
        rollout: A running rollout, or a completed one whose automation is audited: of that only the audit is judged.
        cohorts: Sums since it began; outcome sums over mature requests only. Those from before it are left out.
        now_us: The moment, microseconds since the epoch.
        readiness: ML Test Score of the candidate; looked at only where the plan asks for one before the next stage.
        costs: What serving takes with each arm, of each budget that the scope has for memory and processor; empty where
            it has none. The service gate asks for it.
        facts: What else the gates ask for.

    Raises:
        BadInput: The rollout is over, or ``now_us`` lies before its present stage.
    """
    audited = is_audited(rollout)
    if rollout.status is not RolloutStatus.RUNNING and not audited:
        raise BadInput(f"rollout {rollout.id}: want a running rollout, got one that is {rollout.status}.")
    if now_us < rollout.entered_us:
        raise BadInput(f"now_us: want at least {rollout.entered_us}, when the stage began, got {now_us}.")
    view = look(rollout, tuple(cohorts), now_us=now_us, costs=tuple(costs), facts=facts)
    if audited:
        return _audited(view)
    gates = tuple(_ask(gate, view=view) for gate in view.stage.gates)
    alert, unknown = _alert(view)
    decision = _decide(gates, view=view, alert=alert)
    silent = unknown or _silent(view)
    lacks = (silent or unready(rollout, readiness=readiness)) if decision is Decision.PASS else ""
    decision = Decision.HOLD if lacks else decision
    blind = alert or silent or _missing(view)
    if decision is Decision.HOLD:
        lacks = lacks or (silent if _watch_is_over(view) else unknown)
    action, why = _act(decision, gates=gates, view=view, blind=bool(blind))
    return Verdict(
        rollout=rollout.id,
        stage=view.stage.name,
        at_us=now_us,
        decision=decision,
        action=action,
        reason=" ".join([f"{view.stage.name}: {why}.", *([lacks] if lacks else []), *(_told(g) for g in gates)]),
        gates=gates,
        alert=alert,
        readiness=readiness if asks(rollout) else None,
        clock_set_us=rollout.clock_set_us,
    )


def is_audited(rollout: Rollout) -> bool:
    """Tell whether a rollout is complete and left a model that decides beside people, which is audited for ever."""
    return rollout.status is RolloutStatus.COMPLETED and rollout.plan.automation is not None


def _audited(view: View) -> Verdict:
    """Return what the audit says of a model that decides alone since its rollout is complete; alarm gives it back."""
    gates = tuple(_ask(gate, view=view) for gate in view.stage.gates if gate.kind is GateKind.AUTOMATION)
    fails = any(gate.decision is Decision.FAIL for gate in gates)
    what = "the audit fails, roll back to people" if fails else "complete, and audited"
    return Verdict(
        rollout=view.rollout.id,
        stage=view.stage.name,
        at_us=view.now_us,
        decision=Decision.FAIL if fails else Decision.HOLD,
        action=Action.ROLL_BACK if fails else Action.STAY,
        reason=" ".join([f"{view.stage.name}: {what}.", *(_told(gate) for gate in gates)]),
        gates=gates,
        clock_set_us=view.rollout.clock_set_us,
    )


def _told(result: GateResult) -> str:
    return f"{result.gate.kind}: {result.reason}"


def _ask(gate: Gate, *, view: View) -> GateResult:
    """Ask one gate; a rule that cannot answer holds, and says why."""
    try:
        return GATES[gate.kind](gate, view=view)
    except Exception as error:  # noqa: BLE001 - a bug in a rule must not keep a rollout from its deadline
        reason = f"cannot be judged ({_name(error)}): hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts={})


def _alert(view: View) -> tuple[str, str]:
    """Return (what both arms say of the world, or empty; why that cannot be told, or empty)."""
    try:
        return " ".join(filter(None, (world_changed(view) if _finite(view) else "", drifted_together(view)))), ""
    except Exception as error:  # noqa: BLE001 - a bug in a rule must not keep a rollout from its deadline
        return "", f"Whether the world changed cannot be judged ({_name(error)}): hold."


def _silent(view: View) -> str:
    """Return in a sentence that what comes in has stopped, or that nobody can tell, or nothing."""
    try:
        return stopped(view) or unlabelled(view)
    except Exception as error:  # noqa: BLE001 - as above
        return f"Whether the stream stopped cannot be judged ({_name(error)}): hold."


def _name(error: Exception) -> str:
    return str(error) if isinstance(error, SlipwayError) else f"{type(error).__name__}: {error}"


def _decide(gates: tuple[GateResult, ...], *, view: View, alert: str) -> Decision:
    if any(g.decision is Decision.FAIL for g in gates):
        return Decision.FAIL
    if alert or any(g.decision is Decision.HOLD for g in gates):
        return Decision.HOLD
    return Decision.PASS if gates or _requests(view) else Decision.HOLD


def _act(decision: Decision, *, gates: tuple[GateResult, ...], view: View, blind: bool) -> tuple[Action, str]:
    stage, last = view.stage, _is_last(view)
    if decision is Decision.FAIL:
        return Action.ROLL_BACK, "a gate fails, roll back"
    if decision is Decision.PASS:
        if view.held_s < stage.min_s:
            return Action.STAY, f"every gate passes, stay until {duration(stage.min_s)} are over"
        return (
            (Action.COMPLETE, "every gate passes, complete") if last else (Action.ADVANCE, "every gate passes, advance")
        )
    if not view.is_overdue:
        return Action.STAY, f"hold; rolls back in {duration(stage.max_s - view.held_s)} unless a verdict comes first"
    if _watch_is_over(view) and not blind and _watched(gates, view=view):
        return Action.COMPLETE, f"watched for {duration(stage.max_s)} with data and without harm, complete"
    return Action.ROLL_BACK, f"no verdict within {duration(stage.max_s)}, and silence is no success: roll back"


def _is_last(view: View) -> bool:
    return view.stage.name == view.rollout.plan.stages[-1].name


def _watch_is_over(view: View) -> bool:
    """Tell whether this is a last watch at its deadline, which completes a rollout that was seen to do no harm."""
    return view.stage.kind is StageKind.WATCH and _is_last(view) and view.is_overdue


def _missing(view: View) -> str:
    """Return why a watch over outcomes saw too few of them to say anything, or nothing."""
    if not any(gate.kind in ON_OUTCOMES for gate in view.stage.gates):
        return ""
    candidate, live = total_arms(view.of_stage(view.cohorts))
    return missing(candidate, live, accepted=view.rollout.plan.missing).blocked


def _watched(gates: tuple[GateResult, ...], *, view: View) -> bool:
    """Tell whether every gate of a watch saw as much as it asks for, so that its silence means something."""
    seen = all(g.counts.get("units", 0) >= max(1, g.gate.min_units) for g in gates)
    open_ = any(g.counts.get(OPEN) or g.counts.get(OPEN_FINDINGS) for g in gates)
    return seen and not open_ and bool(_requests(view))


def _requests(view: View) -> int:
    return sum(arm.n for arm in total_arms(view.of_stage(view.cohorts)))


def _finite(view: View) -> bool:
    return all(math.isfinite(c.pairs.candidate_loss + c.pairs.live_loss) for c in view.cohorts)
