"""ANCHORING: do people decide as the model says because it says so?

Chance hides the suggestion from some of those who decide. How much more often the others decide as it says is its
doing, and the gate passes once that is known to be at most the plan's level. Where outcomes tell which suggestions were
wrong, these alone count: to follow a right one is what suggestions are for. People who follow too much do not make the
model wrong, so the gate never fails; it holds, says so, and its deadline rolls back to people without suggestions.
"""

from slipway.deployment.beside import beside, own, total
from slipway.deployment.view import View
from slipway.records.gate import Gate
from slipway.records.rollout import Decision, GateResult
from slipway.stats.anchoring import AnchorCounts, Anchoring
from slipway.words import count, gap, limits, percent

FEWEST_WRONG = 30
"""So many wrong suggestions, shown and hidden each, are enough to look at them alone."""


def anchoring(gate: Gate, *, view: View) -> GateResult:
    """Return whether people are known to follow suggestions by no more than the level."""
    seen = beside(view)
    if seen is None:
        return GateResult(gate=gate, decision=Decision.HOLD, reason="nothing is known of people: hold.", counts={})
    whole, level = total(own(seen[1], view=view)), gate.level or 0.0
    wrong = min(whole["wrong_shown"], whole["wrong_hidden"]) >= FEWEST_WRONG
    prefix = "wrong_" if wrong else ""
    found = AnchorCounts(
        shown=whole[f"{prefix}shown"],
        shown_same=whole[f"{prefix}shown_same"],
        hidden=whole[f"{prefix}hidden"],
        hidden_same=whole[f"{prefix}hidden_same"],
    )
    units = float(min(found.shown, found.hidden))
    counts = {"units": units, **{name: float(getattr(found, name)) for name in found.__struct_fields__}}
    if not units:
        reason = "no decision with the suggestion shown beside one with it hidden yet: hold."
        return GateResult(gate=gate, decision=Decision.HOLD, reason=reason, counts=counts)
    pull = Anchoring(alpha=gate.alpha).evidence(found)
    decision = Decision.PASS if pull.high <= level else Decision.HOLD
    what = "wrong suggestions" if wrong else "suggestions"
    tail = "more than the plan allows; look at how they are shown" if pull.low > level else "not known yet to be so"
    reason = (
        f"people went along with {what} in {percent(found.shown_same / found.shown)} of "
        f"{count(found.shown, 'case')} where they saw them and in {percent(found.hidden_same / found.hidden)} of "
        f"{found.hidden:,} where chance hid them; the pull is {gap(pull.estimate, metric='error')}, "
        f"{100 * (1 - gate.alpha):.3g} % for all time {limits(pull.low, pull.high, metric='error')}, at most "
        f"{gap(level, metric='error')} is allowed: {decision}{f' ({tail})' if decision is Decision.HOLD else ''}."
    )
    return GateResult(gate=gate, decision=decision, reason=reason, interval=pull, counts=counts)
