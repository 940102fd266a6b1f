"""Evidence from the deal: the hash dealt entities to two arms with known shares, so their events split likewise."""

from collections.abc import Iterable

from slipway.records.cohort import Cohort
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan
from slipway.stats.event_split import ArmCounts, EventSplit, EventSplitState
from slipway.stats.evidence import EValue


def is_dealt(share: float) -> bool:
    """Tell whether both arms get requests at this share of the candidate."""
    return 0 < share < 1


def dealt_alpha(plan: Plan, *, gate: Gate) -> float | None:
    """Return the alpha at which the plan reads the deal for gates of this kind and unit; None if none of them does.

    The deal is one sequence over all dealt stages, so a later stage that still reads it (outcomes come late) must read
    it at the same alpha. Every other stage starts its pairs afresh, at its own gate's alpha, so that harm that begins
    late is not diluted by a long good past. How the plan's alpha is shared is said in
    :mod:`slipway.records.plan_promise`.
    """

    def read(g: Gate) -> tuple[object, ...]:
        return g.kind, g.unit, g.margin if g.kind is GateKind.LATENCY else None

    alphas = [g.alpha for s in plan.stages if is_dealt(s.share) for g in s.gates if read(g) == read(gate)]
    return max(alphas, default=None)


def split_evidence(cohorts: Iterable[Cohort], *, events: str) -> tuple[EValue, int, float]:
    """Return (evidence that the candidate has more, its events, events that its shares foretell).

    Args:
        cohorts: Any; those that were not dealt are left out, others are combined with their own share.
        events: Field of the arm's sums that counts entities with an event, such as ``error_entities``.

    >>> from slipway.records.cohort import ArmSums
    >>> arms = dict(candidate=ArmSums(error_entities=20), live=ArmSums(error_entities=160))
    >>> day = Cohort(start_us=0, end_us=1, route_version=1, share=0.05, **arms)
    >>> evidence, seen, foretold = split_evidence([day], events="error_entities")
    >>> round(evidence.log_e, 4), seen, round(foretold, 1)  # the example of EventSplit
    (4.1995, 20, 9.0)
    """
    state, seen, foretold = EventSplitState(), 0, 0.0
    for cohort in cohorts:
        if is_dealt(cohort.share):
            canary, live = getattr(cohort.candidate, events), getattr(cohort.live, events)
            state = state.merge(EventSplitState((ArmCounts(live=live, canary=canary, share=cohort.share),)))
            seen, foretold = seen + canary, foretold + cohort.share * (canary + live)
    return EventSplit(share=0.5).evidence(state), seen, foretold
