"""NOT_WORSE: on the same requests, is the candidate's loss not worse than live's by more than the margin?

Pairs are the same kind of observation in every stage (both arms answer one request), so evidence from the shadow stage
carries on into canary and ramp: one confidence sequence over the whole rollout. Passing takes evidence that the margin
is kept; failing takes evidence that the candidate is worse than live at all.

What keeps a gate from passing does not keep it from failing: harm that is seen is not waited out. So alpha is the
chance of a harmless candidate to fail on pairs that are no choice. Where many requests with an outcome have no pair, or
outcomes are missing by what was answered, the pairs that are left may look worse than all; the reason then says so.
"""

import math

import msgspec

from slipway.deployment.expected import more_evidence, units_to_bound
from slipway.deployment.missing import missing
from slipway.deployment.neighbours import allowance
from slipway.deployment.units import PairedUnit, paired_units, ripe
from slipway.deployment.view import View, by_counts, total_arms, total_pairs
from slipway.records.cohort import PairSums
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.stats.asymptotic import MeanSequence, plan_n_star
from slipway.stats.betting import Claim
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.moments import Moments, moments
from slipway.stats.paired import PairCounts, PairedHarm
from slipway.stats.paired_margin import PairedMargin
from slipway.words import amount, count, duration, gap, limits, odds

N_STAR = {
    "day": plan_n_star(first=7, last=120),
    "hour": plan_n_star(first=24, last=2400),
    "row": plan_n_star(first=1_000, last=100_000),
}
"""Where each unit's sequence is narrowest: a rollout is read between its first and last of these."""

COVERAGE = 0.9
"""A pass needs pairs for this part of the requests that have an outcome; else the pairs may be a choice."""

UNANSWERED = 0.01
"""Where no loss can be given to a missing answer (numbers), a candidate may miss this much more than live."""


def not_worse(gate: Gate, *, view: View) -> GateResult:
    """Return what the pairs say.

    The unit ``row`` with errors that all cost 1 is exact (discordant pairs); everything else is a confidence sequence
    over the units' mean differences, exact for Gaussian units and asymptotic otherwise.
    """
    ready = ripe(view.cohorts, unit=gate.unit, wait_s=view.rollout.plan.maturity_s, now_us=view.now_us)
    whole, here = total_pairs(ready), view.of_stage(ready)
    units = total_pairs(here).n if gate.unit == "row" else len(paired_units(here, unit=gate.unit))
    counts = {
        "units": float(units),
        "pairs": float(whole.n),
        "unpaired": float(whole.labelled - whole.n),
        "only_candidate": float(whole.only_candidate),
        "only_live": float(whole.only_live),
        "failed_candidate": float(whole.failed_candidate),
        "failed_live": float(whole.failed_live),
    }
    if not whole.n:
        return GateResult(gate=gate, decision=Decision.HOLD, reason=_nothing(whole, view=view), counts=counts)
    if not math.isfinite(whole.candidate_loss + whole.live_loss + whole.squares):
        return GateResult(gate=gate, decision=Decision.HOLD, reason="a loss is not a number: hold.", counts=counts)
    candidate, live = total_arms(here)
    lost = missing(candidate, live, accepted=view.rollout.plan.missing)
    counts |= {"missing_candidate": float(candidate.missing), "missing_live": float(live.missing)}
    blocked = _blocked(whole, units=units, gate=gate, metric=view.rollout.plan.metric) or lost.blocked
    if by_counts(gate, plan=view.rollout.plan):
        said = _by_pairs(gate, whole=whole, blocked=blocked, counts=counts)
    else:
        groups = paired_units(ready, unit=gate.unit)
        said = _by_units(gate, view=view, whole=whole, groups=groups, blocked=blocked, counts=counts)
    if said.decision is Decision.FAIL and (chosen := _thin(whole) or lost.blocked):
        said = msgspec.structs.replace(said, reason=f"{said.reason[:-1]}; the pairs may be a choice: {chosen}.")
    if not lost.words:
        return said
    return msgspec.structs.replace(said, reason=f"{said.reason[:-1]}; in this stage {lost.words}.")


def _nothing(whole: PairSums, *, view: View) -> str:
    if whole.labelled:
        return f"{count(whole.labelled, 'outcome')}, but the other arm has answered none of these requests: hold."
    wait_s = view.rollout.plan.maturity_s
    waited = f" and is older than {duration(wait_s)}" if wait_s else ""
    return f"no request answered by both arms has an outcome{waited} yet: hold."


def _blocked(whole: PairSums, *, units: int, gate: Gate, metric: str) -> str:
    """Say what keeps the gate from passing whatever the numbers are, or nothing."""
    if units < gate.min_units:
        noun = "pair" if gate.unit == "row" else gate.unit
        return f"this stage has {count(units, noun)} of at least {gate.min_units:,}"
    if thin := _thin(whole):
        return thin
    if metric != "error" and whole.failed_candidate - whole.failed_live > UNANSWERED * whole.seen:
        return f"the candidate left {count(whole.failed_candidate, 'request')} unanswered that live answered"
    return ""


def _thin(whole: PairSums) -> str:
    if whole.n >= COVERAGE * whole.labelled:
        return ""
    return f"only {whole.n / whole.labelled:.0%} of the requests with an outcome were answered by both arms"


def _losses(whole: PairSums, *, metric: str) -> str:
    verb = "errs on" if metric == "error" else "is off by"
    candidate, live = (amount(x / whole.n, metric=metric) for x in (whole.candidate_loss, whole.live_loss))
    return (
        f"candidate {verb} {candidate}, live on {live}"
        if metric == "error"
        else f"candidate {verb} {candidate}, live by {live}"
    )


def _by_units(
    gate: Gate, *, view: View, whole: PairSums, groups: list[PairedUnit], blocked: str, counts: dict[str, float]
) -> GateResult:
    metric = view.rollout.plan.metric
    if gate.unit == "row":
        sums = Moments(n=whole.n, total=whole.difference, squares=whole.squares)
    else:
        sums = moments([g.difference for g in groups])
    test = MeanSequence(alpha=gate.alpha, n_star=N_STAR[gate.unit])
    interval = test.evidence(sums)
    bound = interval if gate.beta is None else MeanSequence(alpha=gate.beta, n_star=N_STAR[gate.unit]).evidence(sums)
    asked = None if gate.unit == "row" else allowance(bound, units=[g.difference for g in groups])
    if asked is not None and asked.high >= gate.margin and not blocked:
        blocked = f"{gate.unit}s follow on one another"
    decision = _decide(interval, bound=bound, margin=gate.margin, blocked=blocked)
    noun = "pair" if gate.unit == "row" else gate.unit
    seen = (
        count(whole.n, "pair") if gate.unit == "row" else f"{count(len(groups), gate.unit)}, {count(whole.n, 'pair')}"
    )
    reason = (
        f"{seen}: {_losses(whole, metric=metric)}; difference {gap(interval.estimate, metric=metric)}, "
        f"{100 * (1 - gate.alpha):.3g} % for all time (asymptotic in {noun}s) "
        f"{limits(interval.low, interval.high, metric=metric)}; "
        f"{_beta(bound, gate=gate, metric=metric)}"
        f"{_say(decision, interval=bound, gate=gate, metric=metric, blocked=blocked)}"
    )
    if decision is Decision.HOLD and not blocked:
        reason += _when(bound, sums=sums, gate=gate, groups=groups)
    if asked is not None:
        reason += asked.words(unit=gate.unit, metric=metric)
    return GateResult(gate=gate, decision=decision, reason=reason + ".", interval=interval, counts=counts)


def _beta(bound: AnytimeInterval, *, gate: Gate, metric: str) -> str:
    """Say the limit that a pass is read from, where it is not that of the interval."""
    if gate.beta is None:
        return ""
    return f"at most {gap(bound.high, metric=metric)} but for {100 * gate.beta:.3g} % of such candidates; "


def _decide(interval: AnytimeInterval, *, bound: AnytimeInterval, margin: float, blocked: str) -> Decision:
    if interval.low > 0:
        return Decision.FAIL
    return Decision.PASS if bound.high < margin and not blocked else Decision.HOLD


def _say(decision: Decision, *, interval: AnytimeInterval, gate: Gate, metric: str, blocked: str) -> str:
    allowed = gap(gate.margin, metric=metric)
    if decision is Decision.FAIL:
        return "worse than live: fail"
    if interval.high < gate.margin:
        return f"not worse than {allowed}" + (f", but {blocked}: hold" if blocked else ": pass")
    return f"not yet known to be better than {allowed}: hold" + (f" ({blocked})" if blocked else "")


def _when(interval: AnytimeInterval, *, sums: Moments, gate: Gate, groups: list[PairedUnit]) -> str:
    needed = units_to_bound(
        interval, sd=math.sqrt(sums.variance) if sums.n > 1 else math.nan, n_star=N_STAR[gate.unit], above=gate.margin
    )
    if needed is None:
        return "; too early to say when" if sums.n < 5 else "; no verdict in sight at this difference"
    noun = "pair" if gate.unit == "row" else gate.unit
    return f"; at this difference a verdict takes about {count(max(1, needed - sums.n), noun)} more" if groups else ""


def _decides(gate: Gate) -> str:
    if gate.beta is None:
        return f"{1 / gate.alpha:.0f} : 1 decides"
    return f"{1 / gate.alpha:.0f} : 1 fails, {1 / gate.beta:.0f} : 1 passes"


def _by_pairs(gate: Gate, *, whole: PairSums, blocked: str, counts: dict[str, float]) -> GateResult:
    pairs = PairCounts(pairs=whole.n, only_canary=whole.only_candidate, only_live=whole.only_live)
    harm = PairedHarm().evidence(pairs)
    kept = PairedMargin(margin=gate.margin, claim=Claim.BELOW).evidence(pairs)
    decision = Decision.HOLD
    if harm.rejects(alpha=gate.alpha):
        decision = Decision.FAIL
    elif kept.rejects(alpha=gate.passes_at) and not blocked:
        decision = Decision.PASS
    allowed = gap(gate.margin, metric="error")
    reason = (
        f"{count(whole.n, 'pair')}: {_losses(whole, metric='error')}; only the candidate erred "
        f"{whole.only_candidate:,} times, only live {whole.only_live:,}; evidence of harm {odds(harm.log_e)}, "
        f"of not worse than {allowed} "
        f"{odds(kept.log_e)} ({_decides(gate)}): {decision}"
    )
    if blocked and decision is not Decision.FAIL:
        reason += f" ({blocked})"
    elif decision is Decision.HOLD:
        paces = (
            more_evidence(harm.log_e, alpha=gate.alpha, n=whole.n),
            more_evidence(kept.log_e, alpha=gate.passes_at, n=whole.n),
        )
        more = min((pace for pace in paces if pace is not None), default=None)
        reason += "; no verdict in sight yet" if more is None else f"; at this pace about {count(more, 'pair')} more"
    return GateResult(
        gate=gate, decision=decision, reason=reason + ".", harm=harm, counts={**counts, "log_e_not_worse": kept.log_e}
    )
