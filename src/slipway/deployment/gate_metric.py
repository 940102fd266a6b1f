"""METRIC: among entities dealt at random, is the mean of what the user measures not worse than live's by the margin?

What an answer brings about happens once, with the arm that answered; no shadow tells what the other would have
brought. So the arms are compared by the deal, and the deal's unit is the entity: one who spends much does so every day,
with the arm that it was dealt to, and days of the same people are no new evidence of whom the hash gave to whom. The
variance is therefore summed by entity, within each share of the rollout (:mod:`slipway.stats.clustered_difference`),
and the interval holds at every look whether more entities came or more rows of the same
(:mod:`slipway.stats.information`).

It is asymptotic in entities. Where a few of them carry the variance (retail: most buy nothing, one buys a fleet) no
test of a mean can know what the next one does, and so the gate holds until enough carry it.
"""

import math

from slipway.deployment.dealt import is_dealt
from slipway.deployment.view import View
from slipway.records.facts import MetricArm, MetricSums
from slipway.records.gate import Better, Gate
from slipway.records.rollout import Decision, GateResult
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.information import information_sequence, times_more
from slipway.words import count, duration, number

ENOUGH = 30
"""Entities that have to carry the variance; see :class:`~slipway.stats.clustered_difference.ClusteredDifference`."""

MISSING = 0.1
"""A pass needs the shares of requests with a value to differ by no more than this: what is not sent may be a choice."""


def metric(gate: Gate, *, view: View) -> GateResult:
    """Return what the values say; passes on evidence that the margin is kept, fails on evidence of harm."""
    sums = next((m for m in view.facts.metrics if m.metric == gate.metric), MetricSums(metric=gate.metric))
    candidate, live = _arm(sums, "candidate"), _arm(sums, "live")
    units = _units(sums, gate=gate, view=view)
    counts = {
        "units": float(units),
        **{f"values_{name}": float(arm.n) for name, arm in (("candidate", candidate), ("live", live))},
        **{f"missing_{name}": float(arm.mature - arm.n) for name, arm in (("candidate", candidate), ("live", live))},
        "entities_carrying": sums.effective,
    }
    nothing = _nothing(sums, candidate=candidate, live=live)
    if nothing or sums.difference is None or sums.variance is None:
        return GateResult(gate=gate, decision=Decision.HOLD, reason=f"{nothing}: hold.", counts=counts)
    sign = 1.0 if gate.better is Better.LOWER else -1.0
    harm = information_sequence(
        sign * sums.difference,
        variance=sums.variance,
        alpha=gate.alpha,
        sharp_at=gate.margin,
        n=int(min(candidate.entities, live.entities)),
    )
    blocked = _blocked(candidate, live, units=units, gate=gate)
    decision = _decide(harm, margin=gate.margin, blocked=blocked)
    reason = (
        f"{gate.metric}: candidate {number(candidate.total / candidate.n)} of {count(candidate.n, 'value')}, live "
        f"{number(live.total / live.n)} of {count(live.n, 'value')}; within each share of the rollout the candidate is "
        f"{_worse(harm.estimate)}, {100 * (1 - gate.alpha):.3g} % for all time (asymptotic in entities) from "
        f"{_worse(harm.low)} to {_worse(harm.high)}; {_say(decision, harm=harm, gate=gate, blocked=blocked)}"
    )
    if decision is Decision.HOLD and not blocked:
        reason += _when(harm, variance=sums.variance, gate=gate, view=view)
    reason += "."
    return GateResult(gate=gate, decision=decision, reason=reason, interval=harm, counts=counts)


def _arm(sums: MetricSums, side: str) -> MetricArm:
    """Add up one arm over the strata; an entity of several counts in each."""
    arms: list[MetricArm] = [getattr(stratum, side) for stratum in sums.strata]
    return MetricArm(
        mature=sum(a.mature for a in arms),
        n=sum(a.n for a in arms),
        entities=sum(a.entities for a in arms),
        total=math.fsum(a.total for a in arms),
    )


def _units(sums: MetricSums, *, gate: Gate, view: View) -> int:
    """Count what this stage itself has seen of both arms: days, hours, or, where rows are the unit, values."""
    if gate.unit != "row":
        return sums.days if gate.unit == "day" else sums.hours
    here = [s for s in sums.strata if s.route_version >= view.rollout.entries[-1].route_version]
    return min(sum(s.candidate.n for s in here), sum(s.live.n for s in here))


def _nothing(sums: MetricSums, *, candidate: MetricArm, live: MetricArm) -> str:
    """Say why there is no interval, or nothing."""
    if not (candidate.n and live.n):
        arm = "candidate" if not candidate.n else "live"
        return f"no value of {sums.metric} of a request that was dealt to {arm} has come and was waited for"
    if sums.difference is None or sums.variance is None:
        return f"values of {sums.metric} do not vary yet, or come from too few entities to say how they do"
    if not math.isfinite(sums.difference + sums.variance):
        return f"a value of {sums.metric} is too large to be summed"
    if sums.effective < ENOUGH:
        return (
            f"{sums.effective:,.0f} entities carry what {sums.metric} varies by, of at least {ENOUGH}: of so few "
            "nobody knows what the next one does"
        )
    return ""


def _blocked(candidate: MetricArm, live: MetricArm, *, units: int, gate: Gate) -> str:
    """Say what keeps the gate from passing whatever the numbers are, or nothing."""
    if units < gate.min_units:
        noun = "value" if gate.unit == "row" else gate.unit
        return f"this stage has {count(units, noun)} of at least {gate.min_units:,}"
    shares = [arm.n / arm.mature for arm in (candidate, live)]
    if abs(shares[0] - shares[1]) > MISSING:
        return (
            f"{shares[0]:.0%} of the candidate's requests have a value and {shares[1]:.0%} of live's (send 0 where "
            "nothing came of it)"
        )
    return ""


def _decide(harm: AnytimeInterval, *, margin: float, blocked: str) -> Decision:
    if harm.low > 0:
        return Decision.FAIL
    return Decision.PASS if harm.high < margin and not blocked else Decision.HOLD


def _when(harm: AnytimeInterval, *, variance: float, gate: Gate, view: View) -> str:
    """Say when a verdict comes at the earliest: information grows no faster than the time since the deal began."""
    shares = {s.name: s.share for s in view.rollout.plan.stages}
    began_us = next((e.at_us for e in view.rollout.entries if is_dealt(shares[e.stage])), view.now_us)
    target = max(harm.estimate, gate.margin - harm.estimate)
    times = times_more(target, variance=variance, alpha=gate.alpha, sharp_at=gate.margin)
    if times is None or view.now_us <= began_us:
        return "; no verdict in sight at this difference"
    return (
        f"; at this difference a verdict takes {duration((times - 1) * (view.now_us - began_us) / 1e6)} more at least"
    )


def _worse(value: float) -> str:
    return f"{number(abs(value))} {'worse' if value > 0 else 'better'}"


def _say(decision: Decision, *, harm: AnytimeInterval, gate: Gate, blocked: str) -> str:
    if decision is Decision.FAIL:
        return "worse than live: fail"
    if harm.high < gate.margin:
        return f"less than {number(gate.margin)} worse" + (f", but {blocked}: hold" if blocked else ": pass")
    return f"not yet known to be less than {number(gate.margin)} worse: hold" + (f" ({blocked})" if blocked else "")
