"""AUTOMATION: is there a confidence from which on the model may decide alone, and does it keep its bound there?

Before a threshold is fixed, the gate looks for one: the lowest at which the error of what the model would decide alone
is at most the plan's bound, with the plan's confidence at all looks together. The stage that follows takes it over and
keeps it. From then on people decide a part of what went out, at random and blind, and the gate reads those audits:
evidence that the error is above the bound fails, and what was automated goes back to people.
"""

import math

import numpy as np

from slipway.deployment.beside import beside, by_unit, graded, left_open, noun, own, seen_twice, total, unread, weighed
from slipway.deployment.gate_not_worse import N_STAR
from slipway.deployment.view import View
from slipway.records.automation import Automation
from slipway.records.gate import Gate
from slipway.records.people import PeopleFacts, PeopleSums
from slipway.records.rollout import Decision, GateResult
from slipway.stats.asymptotic import MeanSequence, Side
from slipway.stats.error_rate import log_e_above_lately
from slipway.stats.evidence import AnytimeInterval, EValue
from slipway.stats.moments import moments
from slipway.stats.peeked_threshold import peeked_threshold
from slipway.stats.special import log_mean_exp
from slipway.words import count, odds, percent

THRESHOLD = "threshold"
"""Name of the count that carries the threshold found."""


def automation(gate: Gate, *, view: View) -> GateResult:
    """Return whether a threshold was found, or whether the one in force keeps the bound."""
    seen = beside(view)
    if seen is None:
        return GateResult(gate=gate, decision=Decision.HOLD, reason="nothing is known of people: hold.", counts={})
    plan, people = seen
    threshold = view.threshold
    if threshold is None:
        return _look_for(gate, view=view, plan=plan, people=people)
    return _audit(gate, view=view, plan=plan, people=people, threshold=threshold)


def _look_for(gate: Gate, *, view: View, plan: Automation, people: PeopleFacts) -> GateResult:
    sums = own(people, view=view, wanted=lambda s: not s.audited)
    whole, (table, shared) = total(sums), graded(sums, unit=gate.unit)
    units = whole["n"] if gate.unit == "row" else sum(1 for u in by_unit(sums, unit=gate.unit) if u["n"])
    counts = {"units": float(units), "decisions": float(whole["n"]), "wrong": float(whole["wrong"])}
    if not whole["n"]:
        reason = "nobody decided a case without a look at the model's answer yet: hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    part = seen_twice(people)
    found = peeked_threshold(table, bound=plan.error_bound, delta=1 - plan.confidence, seldom=shared, share=part)
    blocked = left_open(whole) or unread(whole, people=people)
    if units < gate.min_units:
        blocked = f"there are {count(units, noun(gate.unit))} of at least {gate.min_units:,}"
    asked = f"{count(whole['n'], 'decision')}, model wrong on {percent(weighed(whole, people=people) / whole['n'])}"
    if found.threshold is None:
        reason = (
            f"{asked}: no confidence is known yet from which on it is wrong on at most {percent(plan.error_bound)} "
            f"(nearest: {found.wrong:,} of {found.n:,} wrong); automate nothing: hold."
        )
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    decision = Decision.HOLD if blocked else Decision.PASS
    reason = (
        f"{asked}: from a confidence of {found.threshold:g} on, {percent(found.share)} of the cases, it was wrong on "
        f"{found.wrong:,} of {found.n:,}, which keeps {percent(plan.error_bound)} with {percent(plan.confidence)} "
        f"confidence{_by_whom(people)}: {decision}{f' ({blocked})' if blocked else ''}."
    )
    return GateResult(
        gate=gate,
        decision=decision,
        reason=reason,
        counts={**counts, THRESHOLD: found.threshold, "share_above": found.share},
    )


def _audit(gate: Gate, *, view: View, plan: Automation, people: PeopleFacts, threshold: float) -> GateResult:
    sums = own(people, view=view, wanted=lambda s: s.audited and s.confidence >= threshold)
    here = [s for s in sums if s.route_version >= view.rollout.entries[-1].route_version]
    whole, bound = total(sums), plan.error_bound
    units = total(here)["n"] if gate.unit == "row" else sum(1 for u in by_unit(here, unit=gate.unit) if u["n"])
    counts = {"units": float(units), "audited": float(whole["n"]), "wrong": float(whole["wrong"])}
    if not whole["n"]:
        reason = "no answer that went out without a person was audited yet: hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    alarm, evidence, interval = _above(gate, sums=sums, bound=bound, people=people)
    blocked, wrong = left_open(whole) or unread(whole, people=people), weighed(whole, people=people)
    if units < gate.min_units:
        what = "audited answer" if gate.unit == "row" else gate.unit
        blocked = f"this stage has {count(units, what)} of at least {gate.min_units:,}"
    elif wrong > bound * whole["n"]:
        blocked = "more were wrong than the bound allows, and it is not known yet whether by chance"
    decision = Decision.FAIL if alarm else Decision.HOLD if blocked else Decision.PASS
    said = f"evidence that it is above {percent(bound)}: {odds(evidence.log_e)}" if evidence else ""
    if interval is not None and math.isfinite(interval.low):
        said = f"at least {percent(max(0.0, interval.low))} for all time, by {gate.unit}"
    reason = (
        f"{count(whole['n'], 'audited answer')} from a confidence of {threshold:g} on, {whole['wrong']:,} wrong "
        f"({percent(wrong / whole['n'])}{_by_whom(people)} where {percent(bound)} are allowed); "
        f"{said or 'too few to say more'}: "
        f"{decision}{f' ({blocked})' if blocked and not alarm else ''}."
    )
    return GateResult(gate=gate, decision=decision, reason=reason, interval=interval, harm=evidence, counts=counts)


def _above(
    gate: Gate, *, sums: tuple[PeopleSums, ...], bound: float, people: PeopleFacts
) -> tuple[bool, EValue | None, AnytimeInterval | None]:
    """Return (whether the error is known to be above the bound, evidence of rows, interval over units).

    Of rows the evidence is the mean of two bets: on the errors that were seen, and on those that they stand for.
    """
    if gate.unit == "row":
        days = [u for u in by_unit(sums, unit="day") if u["n"]]
        n, part = [d["n"] for d in days], seen_twice(people)
        plain = log_e_above_lately(n, [d["wrong"] for d in days], bound=bound)[-1]
        whole = log_e_above_lately(n, [part * weighed(d, people=people) for d in days], bound=part * bound)[-1]
        evidence = EValue(log_e=float(log_mean_exp(np.array([plain, whole]))), n=sum(n))
        return evidence.rejects(alpha=gate.alpha), evidence, None
    units = [u for u in by_unit(sums, unit=gate.unit) if u["n"]]
    per_unit = sum(u["n"] for u in units) / len(units)
    least = math.sqrt(bound * (1 / seen_twice(people) - bound) / per_unit)
    test = MeanSequence(alpha=gate.alpha, n_star=N_STAR[gate.unit], side=Side.LOWER, sd_floor=least)
    interval = test.evidence(moments([weighed(u, people=people) / u["n"] for u in units]))
    return interval.low > bound, None, interval


def _by_whom(people: PeopleFacts) -> str:
    return "" if people.second else ", as far as outcomes and one reader tell, for no case is read twice"
