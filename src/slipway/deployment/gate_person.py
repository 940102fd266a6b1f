"""PERSON: is the model not more often wrong than people, on the cases that it decides or would decide?

Both said something of the same cases, the person without a look at the model's answer. Where they agree nothing is to
be learnt of who is better; where they differ an outcome, or one more person, says who was right. Once a threshold is in
force only cases from it on are compared: a model may be far worse than people elsewhere and decides nothing there.

Who said so is fixed by the person arm and by what came true, never by who was right: settled differences where it
settles some; outcomes where nobody settles and nearly every difference has one; else people are the yardstick
themselves: the model has to differ from a person by no more, up to the margin, than another person does. Where none of
these is to be had the gate holds.
"""

import enum
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


class _Judge(enum.Enum):
    """Who says what the model is held against."""

    SETTLED = "settled"
    OUTCOMES = "outcomes"
    READERS = "readers"
    NOBODY = "nobody"


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
    compared = (
        f"{count(whole['n'], 'case')} that both decided{f' from a confidence of {least:g} on' if least else ''}, "
        f"{whole['apart']:,} differently; {_who(whole)}; {_yardstick(whole, people=people)}"
    )
    judge = _judge(whole, people=people)
    if judge is _Judge.NOBODY:
        reason = (
            f"{compared}: hold (nobody settles who is right, no case is read twice and too few outcomes are known, "
            "so there is nothing to hold the model against)."
        )
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    interval = _interval(gate, cells=[u for u in by_unit(sums, unit=gate.unit) if u["n"]], people=people, judge=judge)
    blocked = _blocked(gate, whole=whole, units=units, people=people, judge=judge)
    decision = _decide(interval, margin=gate.margin, blocked=blocked, judge=judge)
    readers = judge is _Judge.READERS
    what = "the model differs from a person more than a second person does by" if readers else "difference"
    reason = (
        f"{compared}; {what} {gap(interval.estimate, metric='error')}, "
        f"{100 * (1 - interval.alpha):.3g} % for all time {limits(interval.low, interval.high, metric='error')}, "
        f"at most {gap(gate.margin, metric='error')} is allowed: "
        f"{decision}{f' ({blocked})' if blocked and decision is Decision.HOLD else ''}."
    )
    return GateResult(gate=gate, decision=decision, reason=reason, interval=interval, counts=counts)


def _judge(whole: dict[str, int], *, people: PeopleFacts) -> _Judge:
    if people.settle:
        return _Judge.SETTLED
    if whole["apart"] and _told(whole) >= COVERAGE * whole["apart"]:
        return _Judge.OUTCOMES
    return _Judge.READERS if people.second else _Judge.NOBODY


def _interval(gate: Gate, *, cells: list[dict[str, int]], people: PeopleFacts, judge: _Judge) -> AnytimeInterval:
    """Return the interval; where the judge may change from one look to another, each of the two has half of alpha."""
    alpha = gate.alpha / 2 if people.second and not people.settle else gate.alpha
    if judge is _Judge.READERS:
        share, least = people.second, -0.5
        sums = [excess(_readings(u), second=share, settled=share) for u in cells]
    else:
        share, least = (people.settled if judge is _Judge.SETTLED else 1.0), -1.0
        sums = [_settled(u, share=share, judge=judge) for u in cells]
    if gate.unit != "row":
        return MeanSequence(alpha=alpha, n_star=N_STAR[gate.unit]).evidence(moments([s.mean for s in sums]))
    return BoundedMean(alpha=alpha, low=least / share, high=1 / share).evidence(sums[0])


def _settled(unit: dict[str, int], *, share: float, judge: _Judge) -> Moments:
    """Return the moments of the difference: what an outcome tells stands for itself, what people settled for more."""
    model, person = unit["model_wrong_told"], unit["person_wrong_told"]
    told = Settled(n=model + person, apart=model + person, model_wrong=model, person_wrong=person)
    by_people = judge is _Judge.SETTLED
    rest = Settled(
        n=unit["n"] - told.n,
        apart=unit["apart"] - told.n,
        model_wrong=unit["model_wrong"] - model if by_people else 0,
        person_wrong=unit["person_wrong"] - person if by_people else 0,
    )
    return difference(told, share=1.0).merge(difference(rest, share=share))


def _told(unit: dict[str, int]) -> int:
    return unit["model_wrong_told"] + unit["person_wrong_told"]


def _readings(unit: dict[str, int]) -> Readings:
    return Readings(**{name: unit[name] for name in ("n", "split", "alone", "sided")})


def _blocked(gate: Gate, *, whole: dict[str, int], units: int, people: PeopleFacts, judge: _Judge) -> str:
    if units < gate.min_units:
        return f"this stage has {count(units, noun(gate.unit))} of at least {gate.min_units:,}"
    told = _told(whole)
    settled, asked = whole["model_wrong"] + whole["person_wrong"] - told, people.settled * (whole["apart"] - told)
    if judge is _Judge.SETTLED and settled < COVERAGE * asked:
        return "too few of the differences that were to be settled are"
    twice = whole["alone"] + whole["sided"]
    if judge is _Judge.READERS and twice < COVERAGE * people.second * whole["apart"]:
        return "too few of the cases that were to be read twice are"
    return left_open(whole)


def _decide(interval: AnytimeInterval, *, margin: float, blocked: str, judge: _Judge) -> Decision:
    if interval.low > (margin if judge is _Judge.READERS else 0.0):
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
