"""What a rollout plan says where the person who wrote it said nothing: stages by deployment case, gates by stage.

The one place for these defaults. The parser of ``slipway.toml`` completes what a person drafted; a project without
a ``[rollout]`` table takes :func:`default_plan`.
How alpha is shared over the gates is said in :mod:`slipway.records.plan_promise`.
"""

import math
from collections.abc import Sequence

import msgspec

from slipway.errors import BadInput
from slipway.records.baseline import unmeant
from slipway.records.gate import ABOUT_PEOPLE, MARGINS, Gate, GateKind
from slipway.records.plan_drafts import GateDraft, PlanTerms, StageDraft
from slipway.records.plan_promise import overpromised, sequence
from slipway.records.rollout import Plan, Stage, StageKind
from slipway.records.task import Case

_HOUR_S = 3600.0
_DAY_S = 24 * _HOUR_S

SHARES = {StageKind.SHADOW: 0.0, StageKind.CANARY: 0.05, StageKind.FULL: 1.0, StageKind.WATCH: 1.0}
"""The share of a stage that states none; a ramp has to state its own."""

STAY_S = {
    StageKind.SHADOW: (7 * _DAY_S, 90 * _DAY_S),
    StageKind.CANARY: (2 * _DAY_S, 30 * _DAY_S),
    StageKind.RAMP: (2 * _DAY_S, 30 * _DAY_S),
    StageKind.ASSIST: (7 * _DAY_S, 90 * _DAY_S),
    StageKind.PARTIAL: (2 * _DAY_S, 60 * _DAY_S),
    StageKind.FULL: (1 * _DAY_S, 30 * _DAY_S),
    StageKind.WATCH: (14 * _DAY_S, 28 * _DAY_S),
}
"""Shortest and longest stay in a stage that states none, in seconds."""

MIN_UNITS = {
    "row": {StageKind.SHADOW: 100, StageKind.WATCH: 100},
    "hour": {StageKind.SHADOW: 24, StageKind.WATCH: 24},
    "day": {StageKind.SHADOW: 7, StageKind.WATCH: 7},
}
"""Fewest units of the stage itself before its gates may pass, by exchangeable unit: a week where one can wait."""

FEW_UNITS = {"row": 50, "hour": 6, "day": 1}
"""The same for the other stages, which carry traffic and can be left at any moment."""


BESIDE_PEOPLE = {
    StageKind.SHADOW: (GateKind.AUTOMATION,),
    StageKind.ASSIST: (GateKind.ANCHORING, GateKind.AUTOMATION),
    StageKind.PARTIAL: (GateKind.PERSON, GateKind.AUTOMATION),
    StageKind.FULL: (GateKind.PERSON, GateKind.AUTOMATION),
    StageKind.WATCH: (GateKind.PERSON, GateKind.AUTOMATION),
}
"""What a kind of stage asks where people have a part in the plan.

``person`` waits for a threshold: before there is one it would compare all cases, and a model that is far worse than
people where it is unsure, and decides nothing there, would be turned away. A plan may ask it in the shadow as well.
"""

ANCHORING_LEVEL = 0.2
"""By how much more often people may decide as a suggestion says because they see it, where a plan says nothing."""

LATENCY_MARGIN = 0.1
"""How much longer than live a candidate may take where a latency gate states no margin: a tenth."""


def default_plan(case: Case, *, terms: PlanTerms) -> Plan:
    """Return the plan for a deployment case.

    >>> from slipway.records.task import Case
    >>> plan = default_plan(Case.REPLACE, terms=PlanTerms(metric="error", margin=0.005))
    >>> [(s.name, s.share) for s in plan.stages]
    [('shadow', 0.0), ('canary', 0.05), ('ramp-25', 0.25), ('ramp-50', 0.5), ('full', 1.0), ('watch', 1.0)]
    """
    return complete(default_stages(case, automation=terms.automation is not None), terms=terms)


def default_stages(case: Case, *, automation: bool = False) -> tuple[StageDraft, ...]:
    """Return the stages for a deployment case.

    Where people have a part the degrees of automation are the stages: they decide alone while the candidate shadows
    them, then see its answers, then it decides alone where it is sure enough, for more and more of the entities.

    Beside a person (``assist``) and in the place of a system (``replace``) the candidate first proves itself in the
    shadow of who answers today; beside a person for twice as long, for people's days differ more. Something ``new``
    has nobody whose shadow would be worth waiting in, so it starts with little traffic.
    """
    shadow = StageDraft(name="shadow", kind=StageKind.SHADOW, min_s=14 * _DAY_S if case is Case.ASSIST else None)
    if automation:
        return (
            shadow,
            StageDraft(name="assist", kind=StageKind.ASSIST, share=0.1),
            StageDraft(name="partial-25", kind=StageKind.PARTIAL, share=0.25),
            StageDraft(name="partial-50", kind=StageKind.PARTIAL, share=0.5),
            StageDraft(name="full", kind=StageKind.FULL),
            StageDraft(name="watch", kind=StageKind.WATCH),
        )
    traffic = (
        StageDraft(name="canary", kind=StageKind.CANARY),
        StageDraft(name="ramp-25", kind=StageKind.RAMP, share=0.25),
        StageDraft(name="ramp-50", kind=StageKind.RAMP, share=0.5),
        StageDraft(name="full", kind=StageKind.FULL),
        StageDraft(name="watch", kind=StageKind.WATCH),
    )
    return traffic if case is Case.NEW else (shadow, *traffic)


def needs_pairs(gate: GateKind, *, stage: StageKind, metric: str) -> bool:
    """Tell whether a gate compares both arms' answers to one request.

    The deal says who errs or fails more often. It says nothing of losses that are numbers, since an entity's taste for
    large ones stays with the arm that it was dealt to.

    >>> needs_pairs(GateKind.HARM, stage=StageKind.CANARY, metric="error")
    False
    """
    if gate in (GateKind.APPROVAL, GateKind.DRIFT, GateKind.METRIC, GateKind.LATENCY, GateKind.BASELINE, *ABOUT_PEOPLE):
        return False
    if gate in (GateKind.NOT_WORSE, GateKind.AGREEMENT) or stage not in (StageKind.CANARY, StageKind.RAMP):
        return True
    return gate is GateKind.HARM and metric != "error"


def needs_deal(gate: GateKind) -> bool:
    """Tell whether a gate compares requests dealt at random, so that it can ask in canary and ramp only.

    How long a shadow takes is no measure of how long it would take as an arm, and what it answers brings nothing about.

    >>> needs_deal(GateKind.LATENCY), needs_deal(GateKind.SERVICE)
    (True, False)
    """
    return gate in (GateKind.LATENCY, GateKind.METRIC)


def default_gates(kind: StageKind, *, pair: bool, metric: str, automation: bool = False) -> tuple[GateDraft, ...]:
    """Return the questions that a kind of stage asks.

    In the shadow both answers to each request are compared. Where requests are dealt at random, service and outcomes
    of the two arms are compared as well. At a share of 1 what is new is compared with the shadow of what was live; a
    plan that is not paired has no such shadow, and asks nothing there. Beside people the gates read what
    people decided.
    """
    if automation:
        kinds = BESIDE_PEOPLE.get(kind, ())
        return tuple(
            GateDraft(kind=gate, level=ANCHORING_LEVEL if gate is GateKind.ANCHORING else None) for gate in kinds
        )
    asked = {
        StageKind.SHADOW: (GateKind.NOT_WORSE,),
        StageKind.CANARY: (GateKind.SERVICE, GateKind.HARM, GateKind.NOT_WORSE),
        StageKind.RAMP: (GateKind.SERVICE, GateKind.HARM, GateKind.NOT_WORSE),
        StageKind.FULL: (GateKind.HARM, GateKind.NOT_WORSE),
        StageKind.WATCH: (GateKind.HARM, GateKind.NOT_WORSE),
    }.get(kind, ())
    paired = pair or kind is StageKind.SHADOW
    return tuple(GateDraft(kind=gate) for gate in asked if paired or not needs_pairs(gate, stage=kind, metric=metric))


def complete(drafts: Sequence[StageDraft], *, terms: PlanTerms) -> Plan:
    """Fill in what the drafts leave open and share alpha over the questions.

    Raises:
        BadInput: A ramp without a share, a value that its record refuses, gates whose own alphas leave nothing, or
            that do not keep the chance stated for harm.
    """
    filled = tuple(_filled(d, terms=terms) for d in drafts)
    spent = _shared_alpha(filled, terms=terms)
    stages = tuple(
        _stage(d, tuple(_gate(g, kind=d.kind, alpha=spent, terms=terms) for g in gates)) for d, gates in filled
    )
    for gate in (g for s in stages for g in s.gates):
        if strange := unmeant(gate, metric=terms.metric, errors_cost_one=terms.errors_cost_one):
            raise BadInput(strange)
    plan = Plan(
        stages=stages,
        metric=terms.metric,
        alpha=terms.alpha,
        maturity_s=terms.maturity_s,
        pair=terms.pair,
        errors_cost_one=terms.errors_cost_one,
        readiness=terms.readiness,
        missing=terms.missing,
        automation=terms.automation,
        beta=terms.beta,
        relevant=terms.relevant,
    )
    if wrong := overpromised(plan):
        raise BadInput(" ".join(wrong))
    return plan


def _filled(draft: StageDraft, *, terms: PlanTerms) -> tuple[StageDraft, tuple[GateDraft, ...]]:
    if draft.gates is None:
        beside = terms.automation is not None
        usual = default_gates(draft.kind, pair=terms.pair, metric=terms.metric, automation=beside)
        return draft, (*usual, *_held_against(draft.kind, terms=terms))
    return draft, draft.gates


def _held_against(kind: StageKind, *, terms: PlanTerms) -> tuple[GateDraft, ...]:
    """Return the gate ``baseline`` where one is known and the candidate's part of the traffic says enough."""
    if terms.baseline is None or kind not in (StageKind.RAMP, StageKind.FULL, StageKind.WATCH):
        return ()
    draft = GateDraft(kind=GateKind.BASELINE, of=terms.baseline)
    by_day = terms.unit == "row" and not (terms.metric == "error" and terms.errors_cost_one)
    return (msgspec.structs.replace(draft, unit="day") if by_day else draft,)


def _shared_alpha(filled: Sequence[tuple[StageDraft, tuple[GateDraft, ...]]], *, terms: PlanTerms) -> float:
    """Return the alpha of each sequence whose gates state none."""
    stated: dict[tuple[str, ...], float] = {}
    open_: set[tuple[str, ...]] = set()
    for draft, gates in filled:
        for gate in gates:
            if gate.kind is GateKind.APPROVAL:
                continue
            at = gate.unit or terms.unit
            name = sequence(
                gate.kind,
                unit=at,
                stage=draft.name,
                stage_kind=draft.kind,
                metric=gate.metric,
                margin=_margin(gate, terms=terms),
                tolerance=gate.tolerance,
            )
            if gate.alpha is None:
                open_.add(name)
            else:
                stated[name] = max(stated.get(name, 0.0), gate.alpha)
    left = terms.alpha - math.fsum(stated.values())
    if left < -1e-9 * terms.alpha or (open_ and left <= 0):
        raise BadInput(
            f"want gates whose own alphas sum to at most the plan's, got {math.fsum(stated.values()):g} of "
            f"{terms.alpha:g}"
            f"{' and gates that state none' if open_ else ''}. Raise rollout.alpha or lower the gates'."
        )
    return left / max(len(open_), 1)


def _margin(draft: GateDraft, *, terms: PlanTerms) -> float:
    usual = LATENCY_MARGIN if draft.kind is GateKind.LATENCY else terms.margin
    return usual if draft.margin is None else draft.margin


def _gate(draft: GateDraft, *, kind: StageKind, alpha: float, terms: PlanTerms) -> Gate:
    unit = draft.unit or terms.unit
    fewest = 1 if draft.kind is GateKind.APPROVAL else MIN_UNITS[unit].get(kind, FEW_UNITS[unit])
    units = fewest if draft.min_units is None else draft.min_units
    if draft.kind is GateKind.METRIC and draft.margin is None:
        raise BadInput(f"gate metric: want a margin in the unit of {draft.metric}, got none. The plan's is in another.")
    return Gate(
        kind=draft.kind,
        margin=_margin(draft, terms=terms) if draft.kind in MARGINS else 0.0,
        alpha=alpha if draft.alpha is None else draft.alpha,
        beta=terms.beta if draft.beta is None and draft.kind is GateKind.NOT_WORSE else draft.beta,
        unit=unit,
        min_units=units,
        metric=draft.metric,
        better=draft.better,
        level=terms.levels.get(draft.of) if draft.level is None and draft.of else draft.level,
        tolerance=draft.tolerance,
        by=draft.by,
        of=draft.of,
    )


def _stage(draft: StageDraft, gates: tuple[Gate, ...]) -> Stage:
    share = SHARES.get(draft.kind) if draft.share is None else draft.share
    if share is None:
        raise BadInput(f"stage {draft.name}: want a share, got none. A ramp says how far it goes: share = 0.25.")
    shortest, longest = STAY_S[draft.kind]
    if draft.max_s is not None:
        shortest = min(shortest, draft.max_s)
    min_s = shortest if draft.min_s is None else draft.min_s
    max_s = max(longest, min_s) if draft.max_s is None else draft.max_s
    return Stage(name=draft.name, kind=draft.kind, share=share, gates=gates, min_s=min_s, max_s=max_s)
