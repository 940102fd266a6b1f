"""ANCHORING: do people decide as the model says because it says so?

Chance hides the suggestion from some of those who decide. How much more often the others decide as it says is its
doing, and the gate passes once that is known to be at most the plan's level. To follow a right suggestion is what
suggestions are for: where outcomes tell enough of the wrong ones these alone count, and until then a pass on all holds
while the wrong ones that are known show more. People who follow too much do not make the model wrong, so the gate never
fails; it holds, says so, and its deadline rolls back to people without suggestions.
"""

import math

from slipway.deployment.beside import beside, by_unit, own, total
from slipway.deployment.gate_not_worse import N_STAR
from slipway.deployment.view import View
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.stats.anchoring import AnchorCounts, Anchoring
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.moments import moments
from slipway.words import count, gap, limits, percent

FEWEST_WRONG = 30
"""So many wrong suggestions, shown and hidden each, are enough to look at them alone."""


def anchoring(gate: Gate, *, view: View) -> GateResult:
    """Return whether people are known to follow suggestions by no more than the level."""
    seen = beside(view)
    if seen is None:
        return GateResult(gate=gate, decision=Decision.HOLD, reason="nothing is known of people: hold.", counts={})
    sums, level = own(seen[1], view=view), gate.level or 0.0
    known = _counted(total(sums), prefix="wrong_")
    wrong = min(known.shown, known.hidden) >= FEWEST_WRONG
    prefix = "wrong_" if wrong else ""
    found = _counted(total(sums), prefix=prefix)
    cells = [_counted(unit, prefix=prefix) for unit in by_unit(sums, unit=gate.unit)]
    cells = [cell for cell in cells if cell.shown and cell.hidden]
    units = float(min(found.shown, found.hidden) if gate.unit == "row" else len(cells))
    counts = {"units": units, **{name: float(getattr(found, name)) for name in found.__struct_fields__}}
    if not units:
        reason = "no decision with the suggestion shown beside one with it hidden yet: hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    pull = _pull(gate, found=found, cells=cells)
    blocked = _blocked(gate, units=int(units), pull=pull, known=None if wrong else known)
    decision = Decision.PASS if pull.high <= level and not blocked else Decision.HOLD
    what = "wrong suggestions" if wrong else "suggestions, right ones too,"
    tail = blocked or "not known yet to be so"
    reason = (
        f"people went along with {what} in {percent(found.shown_same / found.shown)} of "
        f"{count(found.shown, 'case')} where they saw them and in {percent(found.hidden_same / found.hidden)} of "
        f"{found.hidden:,} where chance hid them; the pull{'' if gate.unit == 'row' else f' by {gate.unit}'} is "
        f"{gap(pull.estimate, metric='error')}, "
        f"{100 * (1 - gate.alpha):.3g} % for all time {limits(pull.low, pull.high, metric='error')}, at most "
        f"{gap(level, metric='error')} is allowed: {decision}{f' ({tail})' if decision is Decision.HOLD else ''}."
    )
    return GateResult(gate=gate, decision=decision, reason=reason, interval=pull, counts=counts)


def _counted(sums: dict[str, int], *, prefix: str) -> AnchorCounts:
    return AnchorCounts(**{name: sums[f"{prefix}{name}"] for name in AnchorCounts.__struct_fields__})


def _pull(gate: Gate, *, found: AnchorCounts, cells: list[AnchorCounts]) -> AnytimeInterval:
    """Return the pull of all decisions, or the mean over units; its spread is at least what chance makes of them."""
    if gate.unit == "row":
        return Anchoring(alpha=gate.alpha).evidence(found)
    shown = (found.shown_same + 1) / (found.shown + 2)
    hidden = (found.hidden_same + 1) / (found.hidden + 2)
    chance = [shown * (1 - shown) / cell.shown + hidden * (1 - hidden) / cell.hidden for cell in cells]
    least = math.sqrt(sum(chance) / len(cells))
    test = MeanSequence(alpha=gate.alpha, n_star=N_STAR[gate.unit], sd_floor=least)
    return test.evidence(moments([_difference(cell) for cell in cells]))


def _difference(counts: AnchorCounts) -> float:
    return counts.shown_same / counts.shown - counts.hidden_same / counts.hidden


def _blocked(gate: Gate, *, units: int, pull: AnytimeInterval, known: AnchorCounts | None) -> str:
    level = gate.level or 0.0
    if pull.low > level:
        return "more than the plan allows; look at how they are shown"
    if units < gate.min_units:
        what = "decision with it hidden" if gate.unit == "row" else gate.unit
        return f"there are {count(units, what)} of at least {gate.min_units:,}"
    if known is not None and known.shown and known.hidden and _difference(known) > level:
        return (
            f"of the wrong ones they went along with {known.shown_same:,} of {known.shown:,} shown and "
            f"{known.hidden_same:,} of {known.hidden:,} hidden, and it is not known yet whether by chance"
        )
    return ""
