"""What a plan promises: how often it turns the harmless away, and how often harm gets through.

**How alpha is shared.** The plan's alpha is the chance that a harmless candidate is rolled back over the whole
rollout. A confidence sequence or e-process errs with its alpha over *all* looks together, in whichever stage they
fall. So alpha is divided by the number of different *sequences* that the gates look at, not by the number of gates,
and by the union bound the sum stays at most the plan's alpha. Which gates share a sequence is what
:mod:`slipway.deployment` does: ``not-worse`` sums its pairs from the rollout's start, through all stages; ``harm`` and
``service`` do so over all stages in which requests are dealt at random, and start afresh in each stage in which one
arm gets them all (shadow, full, watch). ``metric`` sums what was dealt, one sequence a metric and margin; ``agreement``
sums pairs, one sequence a tolerance, ``drift`` reads the monitors and ``baseline`` the candidate's loss, whatever the
level, through all stages. ``latency`` is one sequence a margin. Gates of another unit are another sequence. People
spend none.
"""

import math

from slipway.records.gate import GateKind
from slipway.records.rollout import Plan, StageKind

_WHOLE = (GateKind.NOT_WORSE, GateKind.AGREEMENT, GateKind.DRIFT, GateKind.ANCHORING, GateKind.BASELINE)
"""Gates whose evidence goes on through all stages."""


def sequence(
    kind: GateKind,
    *,
    unit: str,
    stage: str,
    stage_kind: StageKind,
    metric: str = "",
    margin: float = 0.0,
    tolerance: float = 0.0,
) -> tuple[str, ...]:
    """Name the sequence of evidence that a gate looks at: gates with one name share one alpha.

    What is summed, or tested, belongs to the name: how far apart two answers may be that agree, by how much an arm may
    take longer, at which margin the sequence of a metric is narrowest. The margin of ``not-worse`` is no part of it:
    its pairs fail at any harm.

    >>> sequence(GateKind.HARM, unit="day", stage="canary", stage_kind=StageKind.CANARY)
    ('harm', 'day')
    >>> sequence(GateKind.HARM, unit="day", stage="watch", stage_kind=StageKind.WATCH)
    ('harm', 'day', 'watch')
    """
    dealt = stage_kind in (StageKind.CANARY, StageKind.RAMP)
    if kind is GateKind.METRIC:
        return (kind.value, unit, metric, f"{margin:g}")
    if kind is GateKind.AGREEMENT:
        return (kind.value, unit, f"{tolerance:g}")
    if kind in (GateKind.PERSON, GateKind.AUTOMATION):
        alone = stage_kind in (StageKind.PARTIAL, StageKind.FULL, StageKind.WATCH)
        return (kind.value, unit, "alone" if alone else "beside")
    read = (f"{margin:g}",) if kind is GateKind.LATENCY else ()
    return (kind.value, unit, *read) if dealt or kind in _WHOLE else (kind.value, unit, stage, *read)


def spent_alpha(plan: Plan) -> float:
    """Return the most that a plan's gates may err together: the sum over the sequences, each at its largest alpha.

    >>> from slipway.records.plan_drafts import PlanTerms
    >>> from slipway.records.plan_template import default_plan
    >>> from slipway.records.task import Case
    >>> spent_alpha(default_plan(Case.NEW, terms=PlanTerms(metric="error", margin=0.01, alpha=0.04)))
    0.04
    """
    most: dict[tuple[str, ...], float] = {}
    for stage in plan.stages:
        for gate in stage.gates:
            if gate.kind is GateKind.APPROVAL:
                continue  # people spend no alpha
            name = sequence(
                gate.kind,
                unit=gate.unit,
                stage=stage.name,
                stage_kind=stage.kind,
                metric=gate.metric,
                margin=gate.margin,
                tolerance=gate.tolerance,
            )
            most[name] = max(most.get(name, 0.0), gate.alpha)
    return math.fsum(most.values())


def passing_harm(plan: Plan) -> tuple[float, float] | None:
    """Return (harm, chance): candidates worse than live by that much or more complete with that chance at most.

    Every ``not-worse`` gate has to pass, so the surest of those whose margin such harm reaches keeps the promise for
    the whole rollout. None where no gate asks for evidence that there is no harm: the others only wait for evidence
    that there is.

    >>> from slipway.records.plan_drafts import PlanTerms
    >>> from slipway.records.plan_template import default_plan
    >>> from slipway.records.task import Case
    >>> passing_harm(default_plan(Case.REPLACE, terms=PlanTerms(metric="error", margin=0.01, beta=0.1)))
    (0.01, 0.1)
    """
    stages = [s for s in plan.stages if s.kind is not StageKind.WATCH]  # a watch may end without a pass
    proofs = [g for s in stages for g in s.gates if g.kind is GateKind.NOT_WORSE]
    harm = max((g.margin for g in proofs), default=0.0) if plan.relevant is None else plan.relevant
    return min(((harm, g.passes_at) for g in proofs if g.margin <= harm), default=None)


def overpromised(plan: Plan) -> tuple[str, ...]:
    """Return what is wrong where a plan states a chance for harm that none of its gates keeps."""
    if plan.beta is None and plan.relevant is None:
        return ()
    kept = passing_harm(plan)
    if kept is None:
        harm = "" if plan.relevant is None else f" with a margin of at most {plan.relevant:g}"
        return (
            f"beta and relevant: want a gate 'not-worse'{harm} before the watch, got none, so none keeps harm out.",
        )
    if plan.beta is not None and kept[1] > plan.beta * (1 + 1e-9):
        return (
            f"beta: want {plan.beta:g} kept by a gate 'not-worse', got {kept[1]:g} at best. Lower the gates' beta.",
        )
    return ()
