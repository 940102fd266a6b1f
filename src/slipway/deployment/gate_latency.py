"""LATENCY: among requests dealt at random, does the candidate take longer than live, by more than a relative margin?

The service gate holds both arms to the budget, so a candidate that takes half as long again *within* the budget, or
whose slowest hundredth takes twice as long, is none of its business. Here the arms are compared with one another: at
live's median, 90th and 99th percentile, how many entities first wait longer than that with the candidate, where the
candidate is allowed the margin on top?

Under the deal a slow entity falls to the candidate with its share, however slow entities are and however their requests
have to do with one another, so the split is a coin of known bias (:mod:`slipway.stats.late_split`). A leak that begins
late is found too: part of the capital is kept for it. Thresholds are live's own, from the first waits that the rollout
saw, and stay: a threshold that followed the data would follow a leak. A shadow's waiting is nobody's, so the gate asks
only where requests are dealt. A request without an answer waited for ever.
"""

import math
from typing import NamedTuple

from slipway.deployment.dealt import dealt_alpha, is_dealt
from slipway.deployment.units import count_units, ripe
from slipway.deployment.view import View
from slipway.records.cohort import Cohort
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.stats.crossings import ERROR, RATIO
from slipway.stats.evidence import EValue
from slipway.stats.late_split import late_split
from slipway.stats.log_counts import LogCounts
from slipway.words import count, odds

QUANTILES = (0.5, 0.9, 0.99)
"""Of live's waits: each is a threshold, and evidence at one of them is enough."""

ENOUGH = 1_000
"""Waits of live from which the thresholds are taken; with fewer the 99th percentile is not known."""

RATIOS = (1.1, 1.25, 1.5, 2.0, 4.0)
"""How many times more often the candidate may be beyond a threshold, to bet on."""


class _Threshold(NamedTuple):
    """A level of waiting, for live and with the margin for the candidate."""

    quantile: float
    live: int
    candidate: int


def latency(gate: Gate, *, view: View) -> GateResult:
    """Return whether answers of the candidate are proven to come later; passes once enough was seen without it."""
    dealt = tuple(c for c in view.cohorts if is_dealt(c.share))
    here = view.of_stage(dealt)
    units = _units(here, gate=gate, view=view)
    before, after = (_waits(here, arm) for arm in ("live", "candidate"))
    counts = {"units": float(units), "requests_candidate": float(after.n), "requests_live": float(before.n)}
    thresholds = _thresholds(gate, view=view)
    if not thresholds:
        reason = f"live's usual waiting is not known yet, it takes {ENOUGH:,} requests of hours or days that are over"
        return GateResult(gate=gate, decision=Decision.HOLD, reason=f"{reason}: hold.", counts=counts)
    evidence, counts_at = _evidence(dealt, thresholds=thresholds)
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


def _thresholds(gate: Gate, *, view: View) -> tuple[_Threshold, ...]:
    """Return the thresholds, from the first cohorts that are over and hold enough: later looks find the same."""
    known = LogCounts(error=ERROR)
    for cohort in view.cohorts:
        if cohort.end_us > view.now_us or known.n >= ENOUGH:
            break
        known = known.merge(cohort.live.waits)
    if known.n < ENOUGH:
        return ()
    found = [(q, known.bucket_above(1 - q)) for q in QUANTILES]
    extra = math.ceil(math.log1p(gate.margin) / math.log(RATIO) - 1e-9)
    return tuple(_Threshold(q, max(level, 1), max(level, 1) + extra) for q, level in found if level is not None)


def _evidence(dealt: tuple[Cohort, ...], *, thresholds: tuple[_Threshold, ...]) -> tuple[EValue, dict[str, float]]:
    live = [[c.live.slower.at(t.live) for t in thresholds] for c in dealt]
    canary = [[c.candidate.slower.at(t.candidate) for t in thresholds] for c in dealt]
    if not dealt:
        return EValue(log_e=0.0, n=0), {}
    counts = {}
    for place, threshold in enumerate(thresholds):
        name = f"p{100 * threshold.quantile:.0f}"
        of_all = [a[place] + b[place] for a, b in zip(live, canary, strict=True)]
        counts[f"slower_{name}"] = float(sum(of_all))
        counts[f"slower_{name}_candidate"] = float(sum(row[place] for row in canary))
        counts[f"slower_{name}_foretold"] = math.fsum(c.share * n for c, n in zip(dealt, of_all, strict=True))
    return late_split(live, canary, shares=[c.share for c in dealt], ratios=RATIOS), counts


def _told(thresholds: tuple[_Threshold, ...], *, counts: dict[str, float]) -> str:
    parts = []
    for threshold in thresholds:
        name = f"p{100 * threshold.quantile:.0f}"
        if f"slower_{name}" in counts:
            seen, foretold = counts[f"slower_{name}_candidate"], counts[f"slower_{name}_foretold"]
            parts.append(f"live's {name} {seen:,.0f} (equal arms: {foretold:,.1f})")
    return "entities that waited longer than " + ", ".join(parts) if parts else "nothing was dealt yet"


def _ms(wait_us: float) -> str:
    return f"{wait_us / 1e3:.3g} ms" if math.isfinite(wait_us) else "no answer"
