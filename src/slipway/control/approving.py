"""A person's word on the present stage of a rollout: one record, one audit entry; the next step judges by it."""

from slipway.deployment.gate_approval import may_approve
from slipway.errors import BadInput, Conflict, Refused
from slipway.ports import Change, ControlStore
from slipway.records.facts import Approval
from slipway.records.gate import GateKind
from slipway.records.rollout import Rollout, RolloutStatus


def approve(said: Approval, *, store: ControlStore, account: str) -> Approval:
    """Keep what somebody said of the stage that a rollout is in.

    Args:
        said: Who says what of which stage.
        store: Control store.
        account: Whom the audit trail names as having written it down.

    Raises:
        NotFound: No such rollout.
        Conflict: It is over, is in another stage, or its stage asks nobody.
        Refused: The plan names who may approve, and this person is none of them, or started the rollout.
        BadInput: No name or no reason.
    """
    rollout, _ = store.get(Rollout, id=said.rollout)
    if not said.by.strip() or not said.why.strip():
        raise BadInput(f"approval: want who says it and why, got by {said.by!r} and why {said.why!r}.")
    _check_stage(said, rollout=rollout)
    asking = [gate for gate in rollout.stage().gates if gate.kind is GateKind.APPROVAL]
    if not asking:
        raise Conflict(
            f"approval: stage {said.stage} of {rollout.id} asks nobody; its gates are "
            f"{', '.join(g.kind for g in rollout.stage().gates) or 'none'}. To stop a rollout, roll it back."
        )
    if why_not := [why for gate in asking if (why := may_approve(said.by, gate=gate, rollout=rollout))]:
        raise Refused(f"approval of {said.stage} of {rollout.id}: {why_not[0]}.")
    number = sum(a.rollout == rollout.id for _, a, _ in store.all(Approval)) + 1
    verb = "approves" if said.approved else "refuses"
    change = Change(said, f"{rollout.id}-{said.stage}-{number}", 0)
    store.commit([change], at_us=said.at_us, by=account, why=f"{said.by} {verb} stage {said.stage}: {said.why}")
    return said


def _check_stage(said: Approval, *, rollout: Rollout) -> None:
    if rollout.status is not RolloutStatus.RUNNING:
        raise Conflict(f"approval: want a rollout that runs, got {rollout.id}, which is {rollout.status}.")
    present = rollout.stage().name
    if said.stage != present:
        raise Conflict(
            f"approval: want the stage that {rollout.id} is in, {present}, got {said.stage}. "
            "A stage is approved while the candidate is in it, on what was seen there."
        )
