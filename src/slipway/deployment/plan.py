"""A plan, checked before it starts and told in plain words."""

from collections.abc import Callable

from slipway.deployment.plan_people import ask_of_people, does_beside, keeps_out_beside, problems_of_people
from slipway.deployment.view import by_counts
from slipway.errors import BadInput
from slipway.records.baseline import unmeant
from slipway.records.gate import ABOUT_PEOPLE, Better, Gate, GateKind
from slipway.records.plan_promise import overpromised, passing_harm, spent_alpha
from slipway.records.plan_template import needs_deal, needs_pairs
from slipway.records.rollout import Plan, Stage, StageKind
from slipway.words import amount, count, duration, gap

_SHARES: dict[StageKind, tuple[str, Callable[[float], bool]]] = {
    StageKind.SHADOW: ("0", lambda share: share == 0),
    StageKind.CANARY: ("0 < share < 1", lambda share: 0 < share < 1),
    StageKind.RAMP: ("0 < share < 1", lambda share: 0 < share < 1),
    StageKind.ASSIST: ("0 < share < 1", lambda share: 0 < share < 1),
    StageKind.PARTIAL: ("0 < share < 1", lambda share: 0 < share < 1),
    StageKind.FULL: ("1", lambda share: share == 1),
    StageKind.WATCH: ("1", lambda share: share == 1),
}

_DOES = {
    StageKind.SHADOW: "the candidate answers copies of the requests; its answers decide nothing",
    StageKind.CANARY: "the candidate answers for real",
    StageKind.RAMP: "the candidate answers for real",
    StageKind.ASSIST: "people decide and see what the candidate says",
    StageKind.PARTIAL: "the candidate decides where it is sure enough",
    StageKind.FULL: "the candidate answers everyone",
    StageKind.WATCH: "the candidate answers everyone and rollback stays armed",
}


def problems(plan: Plan) -> tuple[str, ...]:
    """Return what is wrong with a plan: shares that do not fit, questions that nobody could answer."""
    found, before = [], 0.0
    for stage in plan.stages:
        wanted, fits = _SHARES[stage.kind]
        if not fits(stage.share):
            found.append(f"stage {stage.name}: want share {wanted} in a {stage.kind} stage, got {stage.share:g}.")
        if stage.share < before:
            found.append(f"stage {stage.name}: want a share of at least {before:g} as before, got {stage.share:g}.")
        before = max(before, stage.share)
        found.extend(_unanswerable(stage, plan=plan))
        found.extend(_unmeant(stage, plan=plan))
    return (*found, *problems_of_people(plan), *overpromised(plan))


def _unanswerable(stage: Stage, *, plan: Plan) -> list[str]:
    undealt = [
        f"stage {stage.name}: gate {gate.kind} compares requests dealt at random, and here one arm gets them all. "
        "Ask it in canary and ramp."
        for gate in stage.gates
        if needs_deal(gate.kind) and not 0 < stage.share < 1
    ]
    if plan.pair or stage.share == 0:
        return undealt
    unpaired = [
        f"stage {stage.name}: gate {gate.kind} compares both arms on the same requests, but pair is false. "
        "Set pair = true or drop the gate."
        for gate in stage.gates
        if needs_pairs(gate.kind, stage=stage.kind, metric=plan.metric)
    ]
    return undealt + unpaired


def _unmeant(stage: Stage, *, plan: Plan) -> list[str]:
    said = (unmeant(gate, metric=plan.metric, errors_cost_one=plan.errors_cost_one) for gate in stage.gates)
    return [f"stage {stage.name}: {wrong}" for wrong in said if wrong]


def check_plan(plan: Plan) -> Plan:
    """Return the plan if nothing is wrong with it.

    Raises:
        BadInput: Something is; the message names each problem.
    """
    if found := problems(plan):
        raise BadInput("plan: " + " ".join(found))
    return plan


def explain(plan: Plan) -> tuple[str, ...]:
    """Return one sentence a stage, and one on what the plan promises.

    >>> gate = Gate(kind=GateKind.HARM, alpha=0.05, min_units=3)
    >>> canary = Stage(name="canary", kind=StageKind.CANARY, share=0.05, gates=(gate,), min_s=86400, max_s=864000)
    >>> explain(Plan(stages=(canary,)))[0]
    'canary (5.0 % of the entities): the candidate answers for real, for 1 day to 10 days. It moves on when no harm is \
seen over at least 3 days (a harmless candidate fails this with chance 5.0 % at most).'
    """
    return (*(_tell(stage, plan=plan) for stage in plan.stages), _promise(plan))


def _tell(stage: Stage, *, plan: Plan) -> str:
    of = f"{amount(stage.share, metric='error')} of the entities"
    stay = f"for {duration(stage.min_s)} to {duration(stage.max_s)}"
    asked = " and ".join(_ask(gate, plan=plan, stage=stage) for gate in stage.gates) or "requests came"
    does = does_beside(stage, plan=plan) or _DOES[stage.kind]
    return f"{stage.name} ({of}): {does}, {stay}. It moves on when {asked}."


def _ask(gate: Gate, *, plan: Plan, stage: Stage) -> str:
    noun = {
        "row": "pair" if gate.kind is GateKind.NOT_WORSE else "decision" if gate.kind in ABOUT_PEOPLE else "request"
    }.get(gate.unit, gate.unit)
    enough = f"over at least {count(gate.min_units, noun)}"
    chance = f"(a harmless candidate fails this with chance {amount(gate.alpha, metric='error')} at most)"
    if gate.kind is GateKind.NOT_WORSE:
        margin = gap(gate.margin, metric=plan.metric)
        known = (
            " here, where the pairs of the stages before count too" if _carries(gate, plan=plan, stage=stage) else ""
        )
        valid = _validity(gate, plan=plan)
        return f"its loss is shown to be less than {margin} above live's {enough}{known}{valid} {chance}"
    if gate.kind is GateKind.BASELINE:
        return _baseline(gate, plan=plan, enough=enough)
    if gate.kind in ABOUT_PEOPLE:
        return ask_of_people(gate, stage=stage, plan=plan, enough=enough, chance=chance)
    if gate.kind in _OTHERS:
        return _OTHERS[gate.kind](gate, enough=enough, chance=chance)
    what = "no harm is seen" if gate.kind is GateKind.HARM else "it fails no more often than live"
    if gate.kind is GateKind.HARM and 0 < stage.share < 1 and not plan.errors_cost_one:
        what += " (errors counted, whatever they cost)"
    return f"{what} {enough} {chance}"


def _carries(gate: Gate, *, plan: Plan, stage: Stage) -> bool:
    """Tell whether an earlier stage asked the same of the same pairs."""
    before = plan.stages[: [s.name for s in plan.stages].index(stage.name)]
    return any((g.kind, g.unit) == (gate.kind, gate.unit) for s in before for g in s.gates)


def _approval(gate: Gate, **_: str) -> str:
    people = "a person" if gate.min_units <= 1 else f"{gate.min_units} people"
    who = f" of {', '.join(gate.by)}, who did not start it," if gate.by else ""
    return (
        f"{people}{who} approves it (a refusal rolls back)"
        if gate.min_units <= 1
        else (f"{people}{who} approve it (one refusal rolls back)")
    )


def _drift(_: Gate, *, enough: str, chance: str) -> str:
    return f"the monitors have no finding open on the candidate that matters {enough} {chance}"


def _metric(gate: Gate, *, enough: str, chance: str) -> str:
    way = "below" if gate.better is Better.HIGHER else "above"
    return f"its mean {gate.metric} is shown to be less than {gate.margin:g} {way} live's {enough} {chance}"


def _latency(gate: Gate, *, enough: str, chance: str) -> str:
    return f"it is not seen to take more than {gate.margin:.0%} longer than live {enough} {chance}"


def _agreement(gate: Gate, *, enough: str, chance: str) -> str:
    within = f" within {gate.tolerance:g}" if gate.tolerance else ""
    level = amount(gate.level or 0.0, metric="error")
    return f"both arms are shown to answer alike{within} on at least {level} of the requests {enough} {chance}"


def _baseline(gate: Gate, *, plan: Plan, enough: str) -> str:
    chance = amount(gate.alpha, metric="error")
    whose = f"the loss of '{gate.of}'" if gate.of else "the level"
    level = f"{whose}, known when a rollout starts" if gate.level is None else amount(gate.level, metric=plan.metric)
    if gate.of and gate.level is not None:
        level += f", {whose},"
    return (
        f"its own loss is shown to be less than {gap(gate.margin, metric=plan.metric)} above {level} {enough}"
        f"{_validity(gate, plan=plan)} (one whose loss is at most that level fails this with chance {chance} at most)"
    )


_OTHERS: dict[GateKind, Callable[..., str]] = {
    GateKind.APPROVAL: _approval,
    GateKind.DRIFT: _drift,
    GateKind.METRIC: _metric,
    GateKind.AGREEMENT: _agreement,
    GateKind.LATENCY: _latency,
}


def _validity(gate: Gate, *, plan: Plan) -> str:
    """Say where the evidence is no proof: a mean over units whose distribution nobody knows."""
    if by_counts(gate, plan=plan):
        return ""
    noun = "pair" if gate.unit == "row" else gate.unit
    return f", asymptotically: exact where {noun}s are Gaussian, bold where rare bad {noun}s carry the loss"


def _promise(plan: Plan) -> str:
    spent = min(1.0, spent_alpha(plan))
    wait = f"are waited for {duration(plan.maturity_s)}" if plan.maturity_s else "count from the moment they come"
    return (
        f"Outcomes {wait}. A stage without a verdict at its end rolls back. "
        f"Over the whole rollout a harmless candidate is rolled back by a failing gate with chance "
        f"{amount(spent, metric='error')} at most. {_keeps_out(plan)}"
    )


def _keeps_out(plan: Plan) -> str:
    if plan.automation is not None:
        return keeps_out_beside(plan)
    kept = passing_harm(plan)
    if kept is None:
        return (
            "No gate asks for evidence that there is no harm, so nothing is promised of how often harm gets through; "
            "'not-worse' would."
        )
    harm = gap(kept[0], metric=plan.metric).lstrip("+")
    return (
        f"One that is worse than live by {harm} or more gets through with chance "
        f"{amount(kept[1], metric='error')} at most."
    )
