"""Which step of the life to go back to, and one sentence that says why."""

import math
from collections.abc import Sequence

import msgspec

from slipway.monitoring.attribute import Cause
from slipway.records.alert import FindingKind, MovedPart, Step
from slipway.words import amount, day, gap


class Limits(msgspec.Struct, frozen=True):
    """What matters, in units of the metric.

    Attributes:
        metric: ``error`` or ``absolute-error``.
        tolerance: A change smaller than this is reported, not alarmed.
        kill_above: Loss above which the project itself is in question, or None.
        dated: Whether slices lie in time, so that a change has a day.
    """

    metric: str
    tolerance: float
    kill_above: float | None = None
    dated: bool = True


class Advice(msgspec.Struct, frozen=True):
    """What to do.

    Attributes:
        relevant: Whether the change costs more than the tolerance, over all rows or in a part that is named.
        doubtful: Whether it may, as far as is known; never where it does.
        step: Step of the life to go back to.
        sentence: What happened, what it costs, what to do.
    """

    relevant: bool
    doubtful: bool
    step: Step
    sentence: str


def advise(cause: Cause, *, limits: Limits) -> Advice:
    """Return the advice for a cause; a change that costs nothing, or is for the better, sends nobody back.

    What moved inputs explain is a mean of few rows: it matters once its lower limit is above the tolerance, and may
    matter while its upper limit is, or that of the rise of the realised loss: harmless is what outcomes show to be so,
    whatever the inputs explain. What came apart from the model's expectation has evidence of its own, and counts
    as it is estimated. A part of the rows that is named matters as the whole does, by the limits of its own change and
    the same tolerance: a few points of the whole may be one carrier that is mostly wrong. Where nobody answered, so
    that the cost of moved inputs cannot be told, the change counts as relevant; where there are no limits yet, the
    estimate decides.
    """
    low, high = _costs(cause)
    here = not low <= limits.tolerance  # what cannot be told is no reason to be calm
    there = [part for part in cause.parts if _least(part) > limits.tolerance]
    perhaps = [part for part in cause.parts if _most(part) > limits.tolerance]
    relevant = here or bool(there)
    doubtful = not relevant and (high > limits.tolerance or bool(perhaps))
    step = _step(cause, limits=limits, here=here) if relevant else Step.NONE
    if relevant:
        do = _DO[step] if here or step is Step.SCOPING else f"{_SMALL}, {_among(there)}. {_DO_THERE}"
    elif doubtful:
        do = _UNKNOWN if high > limits.tolerance else f"{_SMALL}; {_among(perhaps, sure=False)}"
    else:
        do = _DO[step]
    return Advice(relevant=relevant, doubtful=doubtful, step=step, sentence=_sentence(cause, do=do, limits=limits))


def _least(part: MovedPart) -> float:
    """Return the least by which the loss rose in a part, as far as is known; the estimate before there are limits."""
    return part.gap.low if math.isfinite(part.gap.low) else part.gap.estimate


def _most(part: MovedPart) -> float:
    return part.gap.high if math.isfinite(part.gap.high) else part.gap.estimate


def _costs(cause: Cause) -> tuple[float, float]:
    """Return the least and the most that a change costs, as far as is known; NaN where it cannot be told."""
    explained, unexplained = cause.loss.explained, cause.loss.unexplained
    if explained is None:
        return math.nan, math.nan
    if cause.gap_moved and unexplained is not None:  # without evidence that the gap moved it is a few days' luck
        cost = explained.estimate + unexplained.estimate
        return cost, cost
    low, high = (explained.estimate,) * 2 if math.isinf(explained.low) else (explained.low, explained.high)
    if (rise := cause.loss.rise) is not None:
        high = max(high, rise.estimate if math.isinf(rise.high) else rise.high)
    return low, high


def _step(cause: Cause, *, limits: Limits, here: bool) -> Step:
    """Return the step to go back to; what matters in parts only is a change of meaning, whatever else has moved."""
    if limits.kill_above is not None and cause.loss.at_least > limits.kill_above:
        return Step.SCOPING
    return Step.DATA if here and cause.kind is not FindingKind.CONCEPT_DRIFT else Step.MODELING


_PARTS = 2
"""Parts of the rows that a sentence names."""

_WHAT = {
    FindingKind.DATA_DRIFT: "The inputs have moved",
    FindingKind.CONCEPT_DRIFT: "The same inputs now mean something else",
    FindingKind.BOTH: "The inputs have moved, and the same inputs now mean something else",
}

_DO = {
    Step.NONE: "This costs less than the tolerance: nothing to do.",
    Step.SCOPING: "The loss is above the kill rule: decide whether the project goes on.",
    Step.DATA: "Go back to data: check where the columns come from, collect and label rows as they are today.",
    Step.MODELING: "Go back to modeling: train on recent outcomes.",
    Step.DEPLOYMENT: "Go back to deployment: roll back.",
}


_UNKNOWN = "That this costs less than the tolerance is not proven: look again with more outcomes."

_SMALL = "Over all rows this costs less than the tolerance"

_DO_THERE = "Go back to modeling: check the labels of these rows, and train on their recent outcomes."


def _sentence(cause: Cause, *, do: str, limits: Limits) -> str:
    since = f" since about {day(cause.since.at_us)}" if limits.dated else ""
    parts = [f"{_WHAT[cause.kind]}{since}."]
    if cause.parts:
        parts.append(_where(cause, limits=limits))
    if cause.columns:
        parts.append("; ".join(c.detail for c in cause.columns[:3]) + ".")
    parts.append(_cost(cause, limits=limits))
    return " ".join([*parts, do])


def _where(cause: Cause, *, limits: Limits) -> str:
    """Say in which parts of the rows X -> Y changed, and how much dearer it is there."""
    said = "; ".join(_there(part, metric=limits.metric) for part in cause.parts[:_PARTS])
    more = len(cause.parts) - _PARTS
    return f"Concept drift {said}{f'; and {more} more' if more > 0 else ''}."


def _among(parts: Sequence[MovedPart], *, sure: bool = True) -> str:
    """Say that the change matters in parts, or that it may."""
    named = f"where {' and where '.join(part.name for part in parts[:_PARTS])}"
    return f"but not {named}" if sure else f"that it does {named} is not proven: look again with more outcomes."


def _there(part: MovedPart, *, metric: str) -> str:
    low, high = (gap(end, metric=metric) for end in (part.gap.low, part.gap.high))
    limits = f" ({low} to {high})" if math.isfinite(part.gap.low) else ""
    return f"where {part.name}: {gap(part.gap.estimate, metric=metric)}{limits} against what is expected there"


def _cost(cause: Cause, *, limits: Limits) -> str:
    loss = cause.loss
    if loss.explained is None:
        return "What it costs cannot be told: there are no answers with their truth."
    explained = gap(loss.explained.estimate, metric=limits.metric)
    if loss.unexplained is None:
        return f"No outcome since then; on today's inputs the model expects {explained} against the reference."
    before, now = (amount(one, metric=limits.metric) for one in (loss.before, loss.now))
    unexplained = gap(loss.unexplained.estimate, metric=limits.metric)
    return (
        f"The loss was {before} on the reference and is {now} on the latest {loss.labelled:,} outcomes "
        f"({loss.missing:,} missing): today's inputs explain {explained}, {unexplained} they do not{_doubt(cause)}."
    )


def _doubt(cause: Cause) -> str:
    """Say what stands behind the loss that inputs do not explain, where there is no alarm for it."""
    if cause.gap_moved or cause.loss.unexplained is None:
        return ""
    low, high = cause.loss.unexplained.low, cause.loss.unexplained.high
    rise = cause.loss.rise
    shown = low > 0 or high < 0 or (rise is not None and math.isinf(low) and (rise.low > 0 or rise.high < 0))
    return " (hardly chance at one look, but not proven over all looks)" if shown else " (which may be chance)"
