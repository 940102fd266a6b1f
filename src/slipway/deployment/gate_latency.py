"""LATENCY: among requests dealt at random, does the candidate take longer than live, by more than a relative margin?

The service gate holds both arms to the budget, so a candidate that takes half as long again *within* the budget, or
whose slowest hundredth takes twice as long, is none of its business. Here the arms are compared with one another, where
the candidate is allowed the margin on top: who waits longer than live's median, 90th and 99th percentile, and how long
do entities wait at first (:mod:`slipway.deployment.latency_evidence`)?

Under the deal a slow entity falls to the candidate with its share, however slow entities are and however their requests
have to do with one another, so who is slow is a coin of known bias. A leak that begins late is found too: part of the
capital is kept for it. A shadow's waiting is nobody's, so the gate asks only where requests are dealt. A request
without an answer waited for ever.
"""

import math

from slipway.deployment.dealt import dealt_alpha, is_dealt
from slipway.deployment.latency_evidence import ENOUGH, Threshold, slower, thresholds_of, usual_waits
from slipway.deployment.units import count_units, ripe
from slipway.deployment.view import View
from slipway.records.cohort import Cohort
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.stats.crossings import ERROR
from slipway.stats.log_counts import LogCounts
from slipway.words import count, odds


def latency(gate: Gate, *, view: View) -> GateResult:
    """Return whether answers of the candidate are proven to come later; passes once enough was seen without it."""
    dealt = tuple(c for c in view.cohorts if is_dealt(c.share))
    here = view.of_stage(dealt)
    units = _units(here, gate=gate, view=view)
    before, after = (_waits(here, arm) for arm in ("live", "candidate"))
    counts = {"units": float(units), "requests_candidate": float(after.n), "requests_live": float(before.n)}
    usual = usual_waits(view.cohorts, now_us=view.now_us)
    thresholds = thresholds_of(usual, margin=gate.margin) if usual is not None else ()
    if usual is None or not thresholds:
        reason = f"live's usual waiting is not known yet, it takes {ENOUGH:,} requests of hours or days that are over"
        return GateResult(gate=gate, decision=Decision.HOLD, reason=f"{reason}: hold.", counts=counts)
    evidence, counts_at = slower(dealt, usual=usual, thresholds=thresholds, margin=gate.margin)
    counts |= counts_at
    alpha = dealt_alpha(view.rollout.plan, gate=gate) or gate.alpha
    words = f"{_told(thresholds, counts=counts)}; evidence {odds(evidence.log_e)} ({1 / alpha:.0f} : 1 fails)"
    if before.n and after.n:
        words += "; in this stage " + ", ".join(
            f"p{100 * q:.0f} {_ms(after.quantile(q))} beside {_ms(before.quantile(q))}" for q in (0.5, 0.99)
        )
    noun = "request" if gate.unit == "row" else f"whole {gate.unit}"
    if evidence.rejects(alpha=alpha):
        decision, end = Decision.FAIL, f"slower than live by more than {gate.margin:.0%}: fail"
    elif units >= max(1, gate.min_units):
        decision, end = Decision.PASS, "no slower is seen: pass"
    else:
        decision, end = Decision.HOLD, f"{count(units, noun)} of at least {max(1, gate.min_units):,}: hold"
    return GateResult(gate=gate, decision=decision, reason=f"{words}; {end}.", harm=evidence, counts=counts)


def _units(here: tuple[Cohort, ...], *, gate: Gate, view: View) -> int:
    told = [c for c in ripe(here, unit=gate.unit, wait_s=0.0, now_us=view.now_us) if c.candidate.waits.n]
    return sum(c.candidate.waits.n for c in told) if gate.unit == "row" else count_units(told, unit=gate.unit)


def _waits(cohorts: tuple[Cohort, ...], arm: str) -> LogCounts:
    whole = LogCounts(error=ERROR)
    for cohort in cohorts:
        whole = whole.merge(getattr(cohort, arm).waits)
    return whole


def _told(thresholds: tuple[Threshold, ...], *, counts: dict[str, float]) -> str:
    parts = []
    for threshold in thresholds:
        name = f"p{100 * threshold.quantile:.0f}"
        if f"slower_{name}" in counts:
            seen, foretold = counts[f"slower_{name}_candidate"], counts[f"slower_{name}_foretold"]
            parts.append(f"live's {name} {seen:,.0f} (equal arms: {foretold:,.1f})")
    return "entities that waited longer than " + ", ".join(parts) if parts else "nothing was dealt yet"


def _ms(wait_us: float) -> str:
    return f"{wait_us / 1e3:.3g} ms" if math.isfinite(wait_us) else "no answer"
