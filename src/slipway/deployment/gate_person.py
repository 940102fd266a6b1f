"""PERSON: is the model not more often wrong than people, on the cases that it decides or would decide?

Both said something of the same cases, the person without a look at the model's answer. Where they agree nothing is to
be learnt of who is better; where they differ an outcome, or one more person, says who was right. Once a threshold is in
force only cases from it on are compared: a model may be far worse than people elsewhere and decides nothing there.

Where the person arm settles no differences, people are the yardstick themselves: the model has to differ from a person
by no more, up to the margin, than another person does.
"""

import math

from slipway.deployment.beside import beside, by_unit, left_open, noun, own, total
from slipway.deployment.gate_not_worse import COVERAGE, N_STAR
from slipway.deployment.view import View
from slipway.records.gate import Gate
from slipway.records.people import PeopleFacts
from slipway.records.rollout import Decision, GateResult
from slipway.stats.adjudicated import Readings, Settled, between_people, difference, excess
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.betting import BoundedMean
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.moments import Moments, moments
from slipway.words import count, gap, limits, percent


def person(gate: Gate, *, view: View) -> GateResult:
    """Return whether the model is known to be no worse than people by more than the margin, or worse than they are."""
    seen = beside(view)
    if seen is None:
        return GateResult(gate=gate, decision=Decision.HOLD, reason="nothing is known of people: hold.", counts={})
    _, people = seen
    least, since = view.threshold or 0.0, view.rollout.entries[-1].route_version
    sums = own(people, view=view, wanted=lambda s: s.confidence >= least)
    whole = total(sums)
    here = own(people, view=view, wanted=lambda s: s.route_version >= since and s.confidence >= least)
    units = total(here)["n"] if gate.unit == "row" else sum(1 for u in by_unit(here, unit=gate.unit) if u["n"])
    counts = {
        "units": float(units),
        **{name: float(whole[name]) for name in ("n", "apart", "model_wrong", "person_wrong")},
    }
    if not whole["n"]:
        reason = "nobody decided a case without a look at the model's answer yet: hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    cells = [u for u in by_unit(sums, unit=gate.unit) if u["n"]]
    judged = people.settled > 0 or whole["model_wrong"] + whole["person_wrong"] > 0
    interval = _interval(gate, cells=cells, people=people, judged=judged)
    blocked = _blocked(gate, whole=whole, units=units, people=people, judged=judged)
    decision = _decide(interval, margin=gate.margin, blocked=blocked, judged=judged)
    allowed = gap(gate.margin, metric="error")
    reason = (
        f"{count(whole['n'], 'case')} that both decided{f' from a confidence of {least:g} on' if least else ''}, "
        f"{whole['apart']:,} differently; {_who(whole)}; {_yardstick(whole, people=people)}; difference "
        f"{gap(interval.estimate, metric='error')}, {100 * (1 - gate.alpha):.3g} % for all time "
        f"{limits(interval.low, interval.high, metric='error')}, at most {allowed} is allowed: "
        f"{decision}{f' ({blocked})' if blocked and decision is Decision.HOLD else ''}."
    )
    return GateResult(gate=gate, decision=decision, reason=reason, interval=interval, counts=counts)


def _interval(gate: Gate, *, cells: list[dict[str, int]], people: PeopleFacts, judged: bool) -> AnytimeInterval:
    share, second = people.settled or 1.0, people.second or 1.0
    if judged:
        sums = [_judged(u, share=share) for u in cells]
    else:
        sums = [excess(_readings(u), second=second, settled=share) for u in cells]
    if gate.unit != "row":
        return MeanSequence(alpha=gate.alpha, n_star=N_STAR[gate.unit]).evidence(moments([s.mean for s in sums]))
    reach = 1 / min(share, second if not judged else share)
    return BoundedMean(alpha=gate.alpha, low=-reach, high=reach).evidence(sums[0])


def _judged(unit: dict[str, int], *, share: float) -> Moments:
    cases = Settled(**{name: unit[name] for name in ("n", "apart", "model_wrong", "person_wrong")})
    return difference(cases, share=share)


def _readings(unit: dict[str, int]) -> Readings:
    return Readings(**{name: unit[name] for name in ("n", "split", "alone", "sided")})


def _blocked(gate: Gate, *, whole: dict[str, int], units: int, people: PeopleFacts, judged: bool) -> str:
    if units < gate.min_units:
        return f"this stage has {count(units, noun(gate.unit))} of at least {gate.min_units:,}"
    if judged and whole["model_wrong"] + whole["person_wrong"] < COVERAGE * people.settled * whole["apart"]:
        return "too few of the differences that were to be settled are"
    if not judged and not people.second:
        return "nobody settles who is right and no case is read twice, so there is nothing to hold the model against"
    return left_open(whole)


def _decide(interval: AnytimeInterval, *, margin: float, blocked: str, judged: bool) -> Decision:
    if interval.low > (0.0 if judged else margin):
        return Decision.FAIL
    return Decision.PASS if interval.high < margin and not blocked else Decision.HOLD


def _who(whole: dict[str, int]) -> str:
    model, people = whole["model_wrong"], whole["person_wrong"]
    return f"of {model + people:,} settled the model was wrong in {model:,}, the person in {people:,}"


def _yardstick(whole: dict[str, int], *, people: PeopleFacts) -> str:
    """Say how often two people differ on a case, beside how often the model and a person do."""
    apart = between_people(_readings(whole), second=people.second, settled=people.settled)
    if math.isnan(apart):
        return "no case is read twice, so nobody knows how people agree"
    model = percent(whole["apart"] / whole["n"])
    return f"two people differ on {percent(min(1.0, apart))} of the cases, the model and a person on {model}"
