"""BASELINE: is the candidate's mean loss at most a level, such as what a baseline was measured at?

Live may be bad, or there may be no live worth the name: to be no worse than it is then not enough. Here the candidate
stands alone. In a plan that pairs, and in every shadow, each request has its answer, so all of them count, whoever
answered the caller; without pairs those that were dealt to it do. A request is counted once, so the evidence goes on
through all stages, one confidence sequence over the whole rollout.

By ``row``, where errors cost one, the limits are exact for independent requests. By day or hour the mean over the
units' means is judged, exact for Gaussian units and asymptotic otherwise; shares of errors are believed to vary at
least as much as requests would at the level, for ten days without an error do not show that there will be none.

Unlike a difference of arms, a loss by itself moves with the world: a hard month fails a candidate that is as good as it
was where the level was measured. Ask ``not-worse`` beside it.
"""

import math
from collections.abc import Sequence

import msgspec

from slipway.deployment.expected import units_to_bound
from slipway.deployment.gate_not_worse import COVERAGE, N_STAR, UNANSWERED
from slipway.deployment.missing import missing
from slipway.deployment.neighbours import Allowance, allowance
from slipway.deployment.units import LENGTH_US, ripe
from slipway.deployment.view import View, by_counts, total_arms, total_pairs
from slipway.records.cohort import Cohort
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult, Plan
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.betting import BoundedMean
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.moments import Moments, moments
from slipway.words import amount, count, duration


class _Loss(msgspec.Struct, frozen=True):
    """A sum of the candidate's losses."""

    n: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.n

    def merge(self, other: "_Loss") -> "_Loss":
        return _Loss(self.n + other.n, self.total + other.total)


def baseline(gate: Gate, *, view: View) -> GateResult:
    """Return whether the level is kept; fails on evidence that it is not, passes on evidence within the margin."""
    plan = view.rollout.plan
    ready = ripe(view.cohorts, unit=gate.unit, wait_s=plan.maturity_s, now_us=view.now_us)
    units, here = _units(ready, gate=gate, plan=plan), _units(view.of_stage(ready), gate=gate, plan=plan)
    whole, seen = _sum(units), (_sum(here).n if gate.unit == "row" else len(here))
    candidate, live = total_arms(view.of_stage(ready))
    lost = missing(candidate, live, accepted=plan.missing)
    counts = {
        "units": float(seen),
        "labelled": float(whole.n),
        "missing_candidate": float(candidate.missing),
        "missing_live": float(live.missing),
    }
    if gate.level is None:
        return _hold(gate, reason=f"nobody knows the loss of '{gate.of}': hold.", counts=counts)
    if not whole.n:
        waited = f" and is older than {duration(plan.maturity_s)}" if plan.maturity_s else ""
        return _hold(
            gate, reason=f"no request that the candidate answered has an outcome{waited} yet: hold.", counts=counts
        )
    if not math.isfinite(whole.total):
        return _hold(gate, reason="a loss is not a number: hold.", counts=counts)
    interval = _interval(gate, level=gate.level, units=units, plan=plan)
    asked = None if gate.unit == "row" else allowance(interval, units=[u.mean for u in units])
    blocked = _blocked(gate, ready=ready, units=seen, plan=plan) or lost.blocked
    if asked is not None and asked.high >= gate.level + gate.margin and not blocked:
        blocked = f"{gate.unit}s follow on one another"
    decision = _decide(interval, level=gate.level, margin=gate.margin, blocked=blocked)
    parts = [
        _words(interval, gate=gate, whole=whole, metric=plan.metric),
        _say(decision, interval=interval, gate=gate, level=gate.level, metric=plan.metric, blocked=blocked),
        *_when(interval, gate=gate, level=gate.level, units=units, open_=decision is Decision.HOLD and not blocked),
        *_beside(asked, gate=gate, metric=plan.metric),
        *([f"in this stage {lost.words}"] if lost.words else []),
    ]
    return GateResult(gate=gate, decision=decision, reason="; ".join(parts) + ".", interval=interval, counts=counts)


def _hold(gate: Gate, *, reason: str, counts: dict[str, float]) -> GateResult:
    return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)


def _units(cohorts: Sequence[Cohort], *, gate: Gate, plan: Plan) -> list[_Loss]:
    """Return each unit's loss, oldest first; units without one are left out."""
    found = dict[int, _Loss]()
    for cohort in cohorts:
        start = cohort.start_us // LENGTH_US[gate.unit]
        found[start] = found.get(start, _Loss()).merge(_loss(cohort, plan=plan))
    return [found[start] for start in sorted(found) if found[start].n]


def _loss(cohort: Cohort, *, plan: Plan) -> _Loss:
    if plan.pair or cohort.share == 0:
        return _Loss(cohort.pairs.n, cohort.pairs.candidate_loss)
    return _Loss(cohort.candidate.labelled, cohort.candidate.loss)


def _sum(units: Sequence[_Loss]) -> _Loss:
    return _Loss(sum(u.n for u in units), math.fsum(u.total for u in units))


def _interval(gate: Gate, *, level: float, units: Sequence[_Loss], plan: Plan) -> AnytimeInterval:
    whole = _sum(units)
    if by_counts(gate, plan=plan):
        return BoundedMean(alpha=gate.alpha).evidence(Moments(n=whole.n, total=whole.total, squares=whole.total))
    shares = plan.metric == "error" and plan.errors_cost_one and level < 1
    floor = math.sqrt(level * (1 - level) * len(units) / whole.n) if shares else 0.0
    test = MeanSequence(alpha=gate.alpha, n_star=N_STAR[gate.unit], sd_floor=floor)
    return test.evidence(moments([u.mean for u in units]))


def _blocked(gate: Gate, *, ready: tuple[Cohort, ...], units: int, plan: Plan) -> str:
    """Say what keeps the gate from passing whatever the numbers are, or nothing."""
    if units < gate.min_units:
        noun = "outcome" if gate.unit == "row" else gate.unit
        return f"this stage has {count(units, noun)} of at least {gate.min_units:,}"
    pairs = total_pairs(tuple(c for c in ready if plan.pair or c.share == 0))
    if pairs.n < COVERAGE * pairs.labelled:
        return f"only {pairs.n / pairs.labelled:.0%} of the requests with an outcome were answered by both arms"
    if plan.metric != "error" and pairs.failed_candidate - pairs.failed_live > UNANSWERED * pairs.seen:
        return f"the candidate left {count(pairs.failed_candidate, 'request')} unanswered that live answered"
    return ""


def _decide(interval: AnytimeInterval, *, level: float, margin: float, blocked: str) -> Decision:
    if interval.low > level:
        return Decision.FAIL
    return Decision.PASS if interval.high < level + margin and not blocked else Decision.HOLD


def _words(interval: AnytimeInterval, *, gate: Gate, whole: _Loss, metric: str) -> str:
    seen = count(whole.n, "outcome") if gate.unit == "row" else f"{count(interval.n, gate.unit)}, {whole.n:,} outcomes"
    known = "" if gate.unit == "row" else f" (asymptotic in {gate.unit}s)"
    verb = "errs on" if metric == "error" else "is off by"
    ends = " to ".join(amount(x, metric=metric) for x in (max(0.0, interval.low), interval.high))
    return (
        f"{seen}: candidate {verb} {amount(interval.estimate, metric=metric)}, "
        f"{100 * (1 - gate.alpha):.3g} % for all time{known} {ends}"
    )


def _say(decision: Decision, *, interval: AnytimeInterval, gate: Gate, level: float, metric: str, blocked: str) -> str:
    whose = f", the loss of '{gate.of}'" if gate.of else ""
    asked = amount(level, metric=metric) + whose
    if decision is Decision.FAIL:
        return f"above {asked}: fail"
    bound = amount(level + gate.margin, metric=metric)
    if interval.high < level + gate.margin:
        return f"below {bound}, where {asked} is asked" + (f", but {blocked}: hold" if blocked else ": pass")
    return f"not yet known to be below {bound}, where {asked} is asked: hold" + (f" ({blocked})" if blocked else "")


def _when(
    interval: AnytimeInterval, *, gate: Gate, level: float, units: Sequence[_Loss], open_: bool
) -> tuple[str, ...]:
    if not open_ or gate.unit == "row":
        return ()
    sums = moments([u.mean for u in units])
    sd = math.sqrt(sums.variance) if sums.n > 1 else math.nan
    above = msgspec.structs.replace(interval, estimate=interval.estimate - level)
    needed = units_to_bound(above, sd=sd, n_star=N_STAR[gate.unit], above=gate.margin)
    if needed is None:
        return ("too early to say when" if sums.n < 5 else "no verdict in sight at this loss",)
    return (f"at this loss a verdict takes about {count(max(1, needed - sums.n), gate.unit)} more",)


def _beside(asked: Allowance | None, *, gate: Gate, metric: str) -> tuple[str, ...]:
    if asked is None:
        return ()
    return (
        f"{gate.unit}s follow on one another; to allow for that the upper limit is {amount(asked.high, metric=metric)}",
    )
