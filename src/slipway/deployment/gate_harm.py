"""HARM: among requests dealt at random, are the candidate's errors more frequent than live's?

While the candidate has a share between 0 and 1, the hash deals entities, so under equal error rates the first error of
an entity falls to the candidate with exactly its share, whatever the traffic does; stages with other shares add up. In
shadow, full and watch one arm gets all requests; there the other answers as a shadow, and the pairs take over. The deal
counts errors, not what they cost: a candidate that makes more errors of a cheaper kind is called harmful by it.

Losses that are numbers have no first event. An entity's taste for large ones stays with the arm that it was dealt to,
so the arms' means differ, day after day, by whom the deal gave to whom; only pairs compare like with like.
"""

import math

import msgspec

from slipway.deployment.dealt import dealt_alpha, is_dealt, split_evidence
from slipway.deployment.gate_not_worse import N_STAR
from slipway.deployment.missing import missing
from slipway.deployment.units import count_units, paired_units, ripe
from slipway.deployment.view import View, by_counts, total_arms, total_pairs
from slipway.records.cohort import ArmSums, Cohort
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult, Plan
from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.stats.moments import Moments, moments
from slipway.stats.paired import PairCounts, PairedHarm
from slipway.words import amount, count, duration, gap, odds


class _Finding(msgspec.Struct, frozen=True):
    """One look at harm: whether it is proven, in words, and the evidence."""

    harmful: bool
    words: str
    harm: EValue | None = None
    interval: AnytimeInterval | None = None


def harm(gate: Gate, *, view: View) -> GateResult:
    """Return whether harm is proven; absence of harm passes only once enough was seen in this stage itself."""
    plan = view.rollout.plan
    ready = ripe(view.cohorts, unit=gate.unit, wait_s=plan.maturity_s, now_us=view.now_us)
    dealt, here = tuple(c for c in ready if is_dealt(c.share)), view.of_stage(ready)
    both, events = is_dealt(view.stage.share), plan.metric == "error"
    candidate, live = total_arms(here)
    units = _units(here, gate=gate, dealt=both and events)
    counts = {"units": float(units), **_counts("candidate", candidate), **_counts("live", live)}
    if not all(math.isfinite(x) for c in ready for x in (c.candidate.loss, c.live.loss, c.pairs.difference)):
        return GateResult(gate=gate, decision=Decision.HOLD, reason="a loss is not a number: hold.", counts=counts)
    shared = dealt_alpha(plan, gate=gate)
    findings = []
    if dealt and shared:
        findings.append(
            _dealt(dealt, plan=plan, alpha=shared) if events else _paired(dealt, gate=gate, plan=plan, alpha=shared)
        )
    if not both:
        findings.append(_paired(here, gate=gate, plan=plan, alpha=gate.alpha))
    blocked = _blocked(candidate, live, units=units, gate=gate, view=view)
    harmful = any(f.harmful for f in findings)
    decision = Decision.FAIL if harmful else Decision.HOLD if blocked else Decision.PASS
    return GateResult(
        gate=gate,
        decision=decision,
        reason=_reason(findings, decision=decision, blocked=blocked, arms=(candidate, live), metric=plan.metric),
        interval=next((f.interval for f in reversed(findings) if f.interval), None),
        harm=next((f.harm for f in findings if f.harm), None),
        counts=counts,
    )


def _counts(arm: str, sums: ArmSums) -> dict[str, float]:
    names = ("labelled", "missing", "errors", "error_entities")
    return {f"{name}_{arm}": float(getattr(sums, name)) for name in names}


def _units(here: tuple[Cohort, ...], *, gate: Gate, dealt: bool) -> int:
    """Count what this stage itself has seen: units in which everything that is to be compared has outcomes."""
    if gate.unit == "row":
        return sum(c.candidate.labelled for c in here) if dealt else total_pairs(here).n
    if dealt:
        return count_units([c for c in here if c.candidate.labelled and c.live.labelled], unit=gate.unit)
    return len(paired_units(here, unit=gate.unit))


def _blocked(candidate: ArmSums, live: ArmSums, *, units: int, gate: Gate, view: View) -> str:
    """Say what keeps the gate from passing although no harm is seen, or nothing."""
    noun = "outcome" if gate.unit == "row" else gate.unit
    if not units:
        wait_s = view.rollout.plan.maturity_s
        return "this stage has no outcome to compare" + (
            f" of a request older than {duration(wait_s)}" if wait_s else " yet"
        )
    if units < gate.min_units:
        return f"this stage has {count(units, noun)} of at least {gate.min_units:,}"
    return missing(candidate, live, accepted=view.rollout.plan.missing).blocked


def _dealt(cohorts: tuple[Cohort, ...], *, plan: Plan, alpha: float) -> _Finding:
    evidence, seen, foretold = split_evidence(cohorts, events="error_entities")
    words = (
        f"of {count(evidence.n, 'first error')} dealt at random the candidate has {seen:,}, equal arms would give it "
        f"{foretold:,.1f}; evidence of harm {odds(evidence.log_e)} ({1 / alpha:.0f} : 1 fails)"
    )
    if not plan.errors_cost_one:
        words += ", errors counted, whatever they cost"
    return _Finding(evidence.rejects(alpha=alpha), words, harm=evidence)


def _paired(cohorts: tuple[Cohort, ...], *, gate: Gate, plan: Plan, alpha: float) -> _Finding:
    whole = total_pairs(cohorts)
    if by_counts(gate, plan=plan):
        evidence = PairedHarm().evidence(
            PairCounts(pairs=whole.n, only_canary=whole.only_candidate, only_live=whole.only_live)
        )
        words = (
            f"{count(whole.n, 'pair')}: only the candidate erred {whole.only_candidate:,} times, only live "
            f"{whole.only_live:,}; evidence of harm {odds(evidence.log_e)} ({1 / alpha:.0f} : 1 fails)"
        )
        return _Finding(evidence.rejects(alpha=alpha), words, harm=evidence)
    groups = paired_units(cohorts, unit=gate.unit)
    sums = Moments(n=whole.n, total=whole.difference, squares=whole.squares)
    if gate.unit != "row":
        sums = moments([g.difference for g in groups])
    bound = MeanSequence(alpha=alpha, n_star=N_STAR[gate.unit], side=Side.LOWER).evidence(sums)
    noun = "pair" if gate.unit == "row" else gate.unit
    known = gap(bound.low, metric=plan.metric) if math.isfinite(bound.low) else "no bound yet"
    shown = gap(bound.estimate, metric=plan.metric) if sums.n else "unknown"
    return _Finding(
        bound.low > 0, f"{count(sums.n, noun)} of pairs: difference {shown}, lower limit {known}", interval=bound
    )


def _reason(
    findings: list[_Finding], *, decision: Decision, blocked: str, arms: tuple[ArmSums, ArmSums], metric: str
) -> str:
    parts = [f.words for f in findings] or ["nothing to compare yet"]
    if rates := [
        f"{name} {amount(sums.loss / sums.labelled, metric=metric)} of {count(sums.labelled, 'outcome')} "
        f"({sums.missing:,} missing)"
        for name, sums in zip(("candidate", "live"), arms, strict=True)
        if sums.labelled
    ]:
        parts.append("in this stage " + ", ".join(rates))
    ends = {
        Decision.FAIL: "more errors than live: fail",
        Decision.HOLD: f"no harm proven, but {blocked}: hold",
        Decision.PASS: "no harm seen: pass",
    }
    return "; ".join([*parts, ends[decision]]) + "."
