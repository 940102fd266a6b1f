"""The part that people have in a plan: what cannot be meant, and what it says in plain words."""

from slipway.records.gate import ABOUT_PEOPLE, Gate, GateKind
from slipway.records.rollout import Plan, Stage, StageKind
from slipway.words import amount, gap, percent

_BESIDE = (StageKind.SHADOW, StageKind.ASSIST, StageKind.PARTIAL, StageKind.FULL, StageKind.WATCH)
_ASKABLE = ABOUT_PEOPLE | {GateKind.APPROVAL, GateKind.DRIFT, GateKind.SERVICE}


def problems_of_people(plan: Plan) -> list[str]:
    """Return what is wrong with the part that people have in a plan, or with its having none."""
    if plan.automation is None:
        return [
            f"stage {stage.name}: {what} needs people. Name the arm of people: person = 'desk' in [rollout]."
            for stage in plan.stages
            for what in _needs_people(stage)
        ]
    found = (
        ["people decide questions of two classes only, but the metric is no error."] if plan.metric != "error" else []
    )
    looked_for = False
    for stage in plan.stages:
        if stage.kind not in _BESIDE:
            way_out = "Take assist and partial, where the candidate works beside them."
            found.append(f"stage {stage.name}: want no {stage.kind} stage where people answer, got one. {way_out}")
        if stage.kind in (StageKind.PARTIAL, StageKind.FULL, StageKind.WATCH) and not looked_for:
            found.append(
                f"stage {stage.name}: want a gate 'automation' in a stage before it, for nothing else finds the "
                "confidence from which on the candidate may decide alone."
            )
            looked_for = True
        looked_for = looked_for or any(gate.kind is GateKind.AUTOMATION for gate in stage.gates)
        found += [
            f"stage {stage.name}: gate {gate.kind} compares two arms that both answer at once, and people do not. "
            "Ask person, automation or anchoring."
            for gate in stage.gates
            if gate.kind not in _ASKABLE
        ]
        found += [
            f"stage {stage.name}: gate anchoring compares decisions with and without a suggestion, but "
            + ("none is shown in the shadow." if stage.kind is StageKind.SHADOW else "hidden is 0.")
            for gate in stage.gates
            if gate.kind is GateKind.ANCHORING and (stage.kind is StageKind.SHADOW or not plan.automation.hidden)
        ]
    return found


def does_beside(stage: Stage, *, plan: Plan) -> str:
    """Say what a stage does with a candidate that works beside people; empty where they have no part."""
    people = plan.automation
    if people is None:
        return ""
    if stage.kind is StageKind.SHADOW:
        return f"{people.person} decides, and sees nothing of what the candidate says"
    if stage.kind is StageKind.ASSIST:
        hidden = percent(people.hidden)
        return f"{people.person} decides and sees what the candidate says, except on {hidden} of the cases"
    stays = " and rollback stays armed" if stage.kind is StageKind.WATCH else ""
    return (
        f"the candidate decides from the confidence on that was found, {people.person} decides the rest, and "
        f"{percent(people.audit)} of what the candidate decided as well{stays}"
    )


def ask_of_people(gate: Gate, *, stage: Stage, plan: Plan, enough: str, chance: str) -> str:
    """Say in a sentence what a gate on people asks."""
    bound = percent(plan.automation.error_bound) if plan.automation else "unknown"
    if gate.kind is GateKind.PERSON:
        margin = gap(gate.margin, metric=plan.metric)
        return f"it is shown to be wrong less than {margin} more often than people {enough} {chance}"
    if gate.kind is GateKind.ANCHORING:
        level = gap(gate.level or 0.0, metric="error")
        return (
            f"people are shown to go along with what they see by at most {level} more often than with what they do not"
        )
    if stage.kind in (StageKind.SHADOW, StageKind.ASSIST):
        sure = amount(plan.automation.confidence if plan.automation else None, metric="error")
        return f"a confidence is found from which on it is wrong on at most {bound}, with {sure} confidence, {enough}"
    return f"audits do not show it to be wrong on more than {bound} {enough} {chance}"


def keeps_out_beside(plan: Plan) -> str:
    """Say what a plan with people promises of harm that gets through."""
    people = plan.automation
    if people is None or not any(g.kind is GateKind.AUTOMATION for stage in plan.stages for g in stage.gates):
        return (
            "No gate asks for evidence of how often the candidate is wrong, so nothing is promised; 'automation' would."
        )
    return (
        f"A confidence from which on it is wrong on more than {percent(people.error_bound)} is taken with chance "
        f"{percent(1 - people.confidence)} at most."
    )


def _needs_people(stage: Stage) -> list[str]:
    kinds = [f"kind '{stage.kind}'"] if stage.kind in (StageKind.ASSIST, StageKind.PARTIAL) else []
    return kinds + [f"gate '{gate.kind}'" for gate in stage.gates if gate.kind in ABOUT_PEOPLE]
