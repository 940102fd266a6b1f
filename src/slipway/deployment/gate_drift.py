"""DRIFT: do the monitors find that the candidate's inputs, or their relation to outcomes, moved?

A finding that matters holds while it is open. It fails the candidate only where its concept drifted, live's did not
although live is watched as far, and live has had as long again to show the same as the candidate's monitor took: two
monitors of one change need not see it on one day. Where both show it, the world changed rather than the candidate.
"""

from slipway.deployment.units import LENGTH_US, count_units
from slipway.deployment.view import View
from slipway.records.alert import Finding, FindingKind
from slipway.records.facts import Watch
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.words import count, odds

OPEN_FINDINGS = "findings_open"
"""Count of the findings that matter, are open, and keep a stage from its end."""

_OF_CONCEPT = (FindingKind.CONCEPT_DRIFT, FindingKind.BOTH)


def drift(gate: Gate, *, view: View) -> GateResult:
    """Return what the monitors say; passes once they saw enough of this stage and nothing that matters is open."""
    mine, theirs = _watch(view, view.rollout.candidate), _watch(view, view.rollout.live)
    if mine is None:
        reason = "no monitor watches the candidate, and what nobody watches is not known to stand still: hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts={"units": 0.0})
    units, found = _units(mine, gate=gate, view=view), _mattering(mine)
    counts = {"units": float(units), OPEN_FINDINGS: float(found is not None)}
    if found is None:
        noun = "request" if gate.unit == "row" else gate.unit
        seen = f"the monitors saw {count(units, noun)} of this stage and have nothing open that matters"
        enough = units >= max(1, gate.min_units)
        ends = ": pass" if enough else f", but at least {max(1, gate.min_units):,} are asked for: hold"
        decision = Decision.PASS if enough else Decision.HOLD
        return GateResult(gate=gate, decision=decision, reason=f"{seen}{ends}.", counts=counts)
    decision, why = _weigh(found, mine=mine, theirs=theirs, gate=gate)
    reason = f"{found.kind} of the candidate is open ({found.id}); {why}: {decision}."
    return GateResult(gate=gate, decision=decision, reason=reason, harm=found.evidence, counts=counts)


def drifted_together(view: View) -> str:
    """Return a sentence if both arms have a finding of one kind open that matters; else nothing."""
    both = [_mattering(w) for w in (_watch(view, view.rollout.candidate), _watch(view, view.rollout.live)) if w]
    mine, theirs = both if len(both) == 2 else (None, None)
    if mine is None or theirs is None or not _alike(mine, theirs):
        return ""
    return (
        f"Both arms drifted together, so the world changed rather than the candidate: {mine.id} and {theirs.id} are "
        f"open. {mine.sentence}"
    )


def _watch(view: View, arm: str) -> Watch | None:
    return next((w for w in view.facts.watches if w.arm == arm), None)


def _mattering(watch: Watch) -> Finding | None:
    found = watch.finding
    return found if found is not None and found.relevant and found.closed_us is None else None


def _units(watch: Watch, *, gate: Gate, view: View) -> int:
    """Count the units of this stage that had requests to the candidate and were fed to its monitor whole."""
    here = [
        c
        for c in view.of_stage(view.cohorts)
        if max(c.candidate.n, c.pairs.seen) and _end_us(c.start_us, unit=gate.unit) <= watch.inputs_upto_us
    ]
    if gate.unit == "row":
        return sum(max(c.candidate.n, c.pairs.seen) for c in here)
    return count_units(here, unit=gate.unit)


def _end_us(start_us: int, *, unit: str) -> int:
    return (start_us // LENGTH_US[unit] + 1) * LENGTH_US[unit]


def _alike(one: Finding, other: Finding) -> bool:
    return one.kind is other.kind or FindingKind.BOTH in (one.kind, other.kind)


def _weigh(found: Finding, *, mine: Watch, theirs: Watch | None, gate: Gate) -> tuple[Decision, str]:
    if theirs is None:
        return Decision.HOLD, "no monitor watches live, so nobody can say whose doing it is"
    shared = _mattering(theirs)
    if shared is not None and _alike(found, shared):
        return Decision.HOLD, f"live has {shared.id} open, so the world changed rather than the candidate"
    if found.kind not in _OF_CONCEPT:
        return Decision.HOLD, "what comes in is not what it learned from, and live has no such finding open"
    took_us = found.opened_us - (found.opened_us if found.since_us is None else found.since_us)
    if theirs.outcomes_upto_us < max(mine.outcomes_upto_us, found.opened_us + took_us):
        return Decision.HOLD, "live shows no such finding so far, and has as long again to show it"
    if not found.evidence.rejects(alpha=gate.alpha):
        return Decision.HOLD, f"evidence {odds(found.evidence.log_e)} ({1 / gate.alpha:.0f} : 1 fails)"
    return Decision.FAIL, "live, watched as far, shows none, so it is the candidate that no longer holds"
