"""SERVICE: do requests to the candidate fail, or come too late, more often?

A failure is seen at once, so this gate waits for no outcome: it reads every request up to now. What failed is counted
once an entity, like errors (:mod:`slipway.deployment.gate_harm`). In a stage where one arm gets all requests, the
shadow's answers are compared: how often did only the one, and only the other, give no answer.
"""

from typing import NamedTuple

from slipway.deployment.dealt import dealt_alpha, is_dealt, split_evidence
from slipway.deployment.units import count_units, ripe
from slipway.deployment.view import View, total_arms, total_pairs
from slipway.records.cohort import Cohort
from slipway.records.rollout import Decision, Gate, GateResult
from slipway.stats.evidence import EValue
from slipway.stats.paired import PairCounts, PairedHarm
from slipway.words import count, odds


def service(gate: Gate, *, view: View) -> GateResult:
    """Return whether the candidate's requests fail more often; passes only once enough requests came in this stage."""
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
    failing = [look.words for look in looks if look.failing]
    noun = "request" if gate.unit == "row" else f"whole {gate.unit}"
    short = f"this stage has {count(units, noun)} of at least {max(1, gate.min_units):,}"
    seen = units >= max(1, gate.min_units)
    decision = Decision.FAIL if failing else Decision.PASS if seen else Decision.HOLD
    ends = {
        Decision.FAIL: "the candidate fails more often: fail",
        Decision.PASS: "it does not fail more often: pass",
        Decision.HOLD: f"{short}: hold",
    }
    words = failing or [look.words for look in looks]
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
