"""SERVICE: do requests to the candidate fail, or come too late, more often, and does it fit what serving may cost?

A failure is seen at once, so this gate waits for no outcome: it reads every request up to now. What failed is counted
once an entity, like errors (:mod:`slipway.deployment.gate_harm`). In a stage where one arm gets all requests, the
shadow's answers are compared: how often did only the one, and only the other, give no answer.

Where the scope has a budget for memory or processor, the candidate must fit in it
(:class:`~slipway.records.usage.ServingCost`). It fails when every measurement of some seconds was above it while with
live it is kept: more than a burst, and not the traffic's doing. What was not measured is not within the budget, and
holds.
"""

from typing import NamedTuple

from slipway.deployment.dealt import dealt_alpha, is_dealt, split_evidence
from slipway.deployment.units import count_units, ripe
from slipway.deployment.view import View, total_arms, total_pairs
from slipway.records.cohort import Cohort
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.records.usage import ServingCost
from slipway.stats.evidence import EValue
from slipway.stats.paired import PairCounts, PairedHarm
from slipway.words import count, duration, odds

LASTING_S = 10.0
"""How long every measurement has to be above a budget."""

OPEN = "budgets_open"
"""Count of the budgets that nobody can say are kept."""


def service(gate: Gate, *, view: View) -> GateResult:
    """Return whether the candidate's requests fail more often, or cost more than they may.

    Passes only once enough requests came in this stage, and where every budget is known to be kept.
    """
    both = is_dealt(view.stage.share)
    here = view.of_stage(view.cohorts)
    candidate, live = total_arms(here)
    pairs = total_pairs(here)
    units = _units(here, gate=gate, view=view, dealt=both)
    counts = {
        "units": float(units),
        "requests_candidate": float(candidate.n),
        "requests_live": float(live.n),
        "failures_candidate": float(candidate.failures),
        "failures_live": float(live.failures),
        "failed_candidate": float(pairs.failed_candidate),
        "failed_live": float(pairs.failed_live),
    }
    shared = dealt_alpha(view.rollout.plan, gate=gate)
    looks = [_dealt(view.cohorts, alpha=shared)] if shared and any(is_dealt(c.share) for c in view.cohorts) else []
    if not both:
        looks.append(_paired(here, alpha=gate.alpha))
    fits = [_fit(cost) for cost in view.costs]
    failing = [look.words for look in looks if look.failing] + [f.words for f in fits if f.decision is Decision.FAIL]
    unsure = [f.words for f in fits if f.decision is Decision.HOLD]
    if unsure:
        counts[OPEN] = float(len(unsure))
    noun = "request" if gate.unit == "row" else f"whole {gate.unit}"
    short = f"this stage has {count(units, noun)} of at least {max(1, gate.min_units):,}"
    seen = units >= max(1, gate.min_units)
    decision = Decision.FAIL if failing else Decision.PASS if seen and not unsure else Decision.HOLD
    often = any(look.failing for look in looks)
    ends = {
        Decision.FAIL: "the candidate fails more often: fail" if often else "the candidate costs too much: fail",
        Decision.PASS: "it does not fail more often: pass",
        Decision.HOLD: "; ".join([*unsure, *([] if seen else [short])]) + ": hold",
    }
    kept = [f.words for f in fits if f.decision is Decision.PASS]
    words = failing or [*(look.words for look in looks), *kept]
    return GateResult(
        gate=gate,
        decision=decision,
        reason="; ".join([*words, ends[decision]]) + ".",
        harm=max((look.evidence for look in looks), key=lambda e: e.log_e, default=None),
        counts=counts,
    )


def _units(here: tuple[Cohort, ...], *, gate: Gate, view: View, dealt: bool) -> int:
    ready = ripe(here, unit=gate.unit, wait_s=0.0, now_us=view.now_us)
    told = [c for c in ready if (c.candidate.n if dealt else c.pairs.seen)]
    if gate.unit == "row":
        return sum(c.candidate.n if dealt else c.pairs.seen for c in told)
    return count_units(told, unit=gate.unit)


class _Fit(NamedTuple):
    """Whether one budget is kept, and the words."""

    decision: Decision
    words: str


def _fit(cost: ServingCost) -> _Fit:
    of = f"budgets.{cost.key} allows {cost.budget:g}"
    if cost.candidate is None:
        return _Fit(Decision.HOLD, f"{of}, and what serving takes with the candidate is not measured")
    takes = f"{of}, with the candidate serving takes {cost.candidate:.4g}"
    if not cost.over:
        return _Fit(Decision.PASS, takes)
    if cost.live is None:
        return _Fit(Decision.HOLD, f"{takes}, and what it takes with live is not measured")
    if cost.live > cost.budget:
        return _Fit(Decision.HOLD, f"{takes} and with live {cost.live:.4g}, so it is not the candidate's doing alone")
    takes += f" and with live {cost.live:.4g}"
    if cost.over_s < LASTING_S:
        return _Fit(Decision.HOLD, f"{takes}, for {cost.over_s:.0f} s so far ({LASTING_S:.0f} s fail)")
    return _Fit(Decision.FAIL, f"{takes}, in every measurement of {duration(cost.over_s)}")


class _Look(NamedTuple):
    """One look at failures: the evidence that the candidate fails more often, whether it decides, and the words."""

    evidence: EValue
    failing: bool
    words: str


def _look(evidence: EValue, *, alpha: float, seen: str) -> _Look:
    words = f"{seen}; evidence {odds(evidence.log_e)} ({1 / alpha:.0f} : 1 fails)"
    return _Look(evidence, evidence.rejects(alpha=alpha), words)


def _dealt(cohorts: tuple[Cohort, ...], *, alpha: float) -> _Look:
    evidence, seen, foretold = split_evidence(cohorts, events="failure_entities")
    words = (
        f"of {count(evidence.n, 'first failure')} dealt at random the candidate has {seen:,}, equal arms would give it "
        f"{foretold:,.1f}"
    )
    return _look(evidence, alpha=alpha, seen=words)


def _paired(cohorts: tuple[Cohort, ...], *, alpha: float) -> _Look:
    whole = total_pairs(cohorts)
    evidence = PairedHarm().evidence(
        PairCounts(pairs=whole.seen, only_canary=whole.failed_candidate, only_live=whole.failed_live)
    )
    words = (
        f"of {count(whole.seen, 'request')} put to both only the candidate failed {whole.failed_candidate:,}, "
        f"only live {whole.failed_live:,}"
    )
    return _look(evidence, alpha=alpha, seen=words)
