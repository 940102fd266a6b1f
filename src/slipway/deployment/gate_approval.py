"""APPROVAL: does a person let the candidate go on from this stage?

What somebody said of another stage, or of this stage of another rollout, says nothing here. Where the plan names who
may approve, only their word counts, and not of a rollout that they started themselves. One refusal fails.
"""

from slipway.deployment.view import View
from slipway.records.facts import Approval
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult, Rollout
from slipway.words import count


def may_approve(name: str, *, gate: Gate, rollout: Rollout) -> str:
    """Return why a person's word does not count at a gate, or nothing where it does.

    Args:
        name: Who speaks.
        gate: A gate of kind APPROVAL.
        rollout: The rollout that is spoken of.
    """
    if not gate.by:
        return ""
    if name not in gate.by:
        return f"{name} is none of those who may approve: {', '.join(gate.by)}"
    own = rollout.started_by == name or rollout.started_by.endswith(f"(key {name})")
    return f"{name} started this rollout, and nobody approves their own" if own else ""


def approval(gate: Gate, *, view: View) -> GateResult:
    """Return what people said since the stage was entered; each person's last word counts."""
    entry, last = view.rollout.entries[-1], dict[str, Approval]()
    for said in sorted(view.facts.approvals, key=lambda a: (a.at_us, a.by)):
        here = (said.rollout, said.stage) == (
            view.rollout.id,
            entry.stage,
        ) and view.rollout.entered_us <= said.at_us <= view.now_us
        if here and not may_approve(said.by, gate=gate, rollout=view.rollout):
            last[said.by] = said
    refused = [a for a in last.values() if not a.approved]
    approved = [a for a in last.values() if a.approved]
    decision = Decision.FAIL if refused else Decision.PASS if len(approved) >= max(1, gate.min_units) else Decision.HOLD
    return GateResult(
        gate=gate,
        decision=decision,
        reason=_reason(decision, said=refused or approved, gate=gate, view=view),
        counts={"units": float(len(approved)), "refused": float(len(refused))},
    )


def _reason(decision: Decision, *, said: list[Approval], gate: Gate, view: View) -> str:
    words = "; ".join(f"{a.by}: {a.why}" for a in said)
    if decision is Decision.FAIL:
        return f"refused by {words}: fail."
    if decision is Decision.PASS:
        return f"approved by {words}: pass."
    who = f" of {', '.join(gate.by)}" if gate.by else ""
    wanted = max(1, gate.min_units)
    so_far = f"approved by {words}, but {count(wanted, 'person') if wanted == 1 else f'{wanted} people'} must"
    nobody = f"nobody{who} has approved this stage yet"
    way = f"'slipway rollout approve {view.rollout.id} --stage {view.stage.name} --by WHO --why ...'"
    return f"{so_far if said else nobody} ({way}): hold."
