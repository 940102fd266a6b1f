"""AGREEMENT: do both arms give the same answer to at least a share of the same requests?

For a system that is to be replaced by one that should do the same: it needs no outcome, so it says something within
hours. Labels are the same or not; numbers are alike within the gate's tolerance. Where only one arm answers, the
answers are not alike. Pairs are the same kind of observation in every stage, so the evidence goes on through all.

By ``row`` the limits are exact for independent requests. By day or hour the mean over the units' shares is judged; a
unit is believed to vary at least as much as its requests would at the asked level, for ten days without a difference do
not show that there will be none.
"""

import math
from collections.abc import Sequence

from slipway.deployment.gate_not_worse import COVERAGE, N_STAR
from slipway.deployment.neighbours import Allowance, allowance
from slipway.deployment.units import LENGTH_US
from slipway.deployment.view import View
from slipway.records.facts import AgreementSums
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.betting import BoundedMean
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.moments import Moments, moments
from slipway.words import count, percent


def agreement(gate: Gate, *, view: View) -> GateResult:
    """Return whether the level is kept; fails on evidence that it is not, passes on evidence that it is."""
    level = gate.level or 1.0
    own = sorted(
        (a for a in view.facts.agreement if a.tolerance == gate.tolerance), key=lambda a: (a.start_us, a.route_version)
    )
    ready = own if gate.unit == "row" else [a for a in own if _end_us(a.start_us, unit=gate.unit) <= view.now_us]
    asked, n, alike = (sum(getattr(a, name) for a in ready) for name in ("asked", "n", "alike"))
    here = [a for a in ready if a.route_version >= view.rollout.entries[-1].route_version]
    units = sum(a.n for a in here) if gate.unit == "row" else len(_shares(here, unit=gate.unit))
    counts = {"units": float(units), "pairs": float(n), "alike": float(alike), "unpaired": float(asked - n)}
    if not n:
        reason = "no request that both arms were asked about has an answer yet: hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    interval, allowed = _interval(gate, ready=ready, n=n, alike=alike, level=level)
    blocked = _blocked(gate, units=units, asked=asked, n=n)
    if allowed is not None and allowed.low <= level and not blocked:
        blocked = f"{gate.unit}s follow on one another"
    decision = _decide(interval, level=level, blocked=blocked)
    within = f" within {gate.tolerance:g}" if gate.tolerance else ""
    known = "" if gate.unit == "row" else f" (asymptotic in {gate.unit}s)"
    reason = (
        f"both arms answer alike{within} in {percent(alike / n, digits=2)} of {count(n, 'pair')}, "
        f"{100 * (1 - gate.alpha):.3g} % for all time{known} {_limits(interval)}; "
        f"{_say(decision, interval=interval, level=level, blocked=blocked)}"
    )
    if allowed is not None:
        reason += f"; {gate.unit}s follow on one another; to allow for that the lower limit is {percent(allowed.low)}"
    return GateResult(gate=gate, decision=decision, reason=reason + ".", interval=interval, counts=counts)


def _end_us(start_us: int, *, unit: str) -> int:
    return (start_us // LENGTH_US[unit] + 1) * LENGTH_US[unit]


def _shares(ready: Sequence[AgreementSums], *, unit: str) -> list[float]:
    """Return each unit's share of pairs that are alike, oldest first; units without a pair are left out."""
    n, alike = dict[int, int](), dict[int, int]()
    for sums in ready:
        start = sums.start_us // LENGTH_US[unit]
        n[start], alike[start] = n.get(start, 0) + sums.n, alike.get(start, 0) + sums.alike
    return [alike[start] / n[start] for start in sorted(n) if n[start]]


def _interval(
    gate: Gate, *, ready: Sequence[AgreementSums], n: int, alike: int, level: float
) -> tuple[AnytimeInterval, Allowance | None]:
    if gate.unit == "row":
        sums = Moments(n=n, total=float(alike), squares=float(alike))
        return BoundedMean(alpha=gate.alpha).evidence(sums), None
    shares = _shares(ready, unit=gate.unit)
    floor = math.sqrt(level * (1 - level) * len(shares) / n)
    test = MeanSequence(alpha=gate.alpha, n_star=N_STAR[gate.unit], sd_floor=floor)
    interval = test.evidence(moments(shares))
    return interval, allowance(interval, units=shares)


def _blocked(gate: Gate, *, units: int, asked: int, n: int) -> str:
    if units < gate.min_units:
        noun = "pair" if gate.unit == "row" else gate.unit
        return f"this stage has {count(units, noun)} of at least {gate.min_units:,}"
    if n < COVERAGE * asked:
        return f"only {n / asked:.0%} of the requests were asked of both arms"
    return ""


def _decide(interval: AnytimeInterval, *, level: float, blocked: str) -> Decision:
    if interval.high < level:
        return Decision.FAIL
    return Decision.PASS if interval.low > level and not blocked else Decision.HOLD


def _limits(interval: AnytimeInterval) -> str:
    low, high = max(0.0, interval.low), min(1.0, interval.high)
    return f"{percent(low, digits=2)} to {percent(high, digits=2)}"


def _say(decision: Decision, *, interval: AnytimeInterval, level: float, blocked: str) -> str:
    asked = percent(level, digits=2)
    if decision is Decision.FAIL:
        return f"less than {asked}: fail"
    if interval.low > level:
        return f"at least {asked}" + (f", but {blocked}: hold" if blocked else ": pass")
    return f"not yet known to be {asked}: hold" + (f" ({blocked})" if blocked else "")
