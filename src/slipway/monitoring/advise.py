"""Which step of the life to go back to, and one sentence that says why."""

import math

import msgspec

from slipway.monitoring.attribute import Cause
from slipway.records.alert import FindingKind, Step
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
        relevant: Whether the change costs more than the tolerance.
        step: Step of the life to go back to.
        sentence: What happened, what it costs, what to do.
    """

    relevant: bool
    step: Step
    sentence: str


def advise(cause: Cause, *, limits: Limits) -> Advice:
    """Return the advice for a cause; a change that costs nothing, or is for the better, sends nobody back.

    Where nobody answered, so that the cost of moved inputs cannot be told, the change counts as relevant.
    """
    loss = cause.loss
    cost = math.nan if loss.explained is None else loss.explained.estimate
    if cause.gap_moved and loss.unexplained is not None:
        cost += loss.unexplained.estimate  # without evidence that the gap moved it is a few days' luck
    relevant = not cost <= limits.tolerance  # what cannot be told is no reason to be calm
    step = _step(cause, limits=limits) if relevant else Step.NONE
    return Advice(relevant=relevant, step=step, sentence=_sentence(cause, step=step, limits=limits))


def _step(cause: Cause, *, limits: Limits) -> Step:
    if limits.kill_above is not None and cause.loss.at_least > limits.kill_above:
        return Step.SCOPING
    return Step.MODELING if cause.kind is FindingKind.CONCEPT_DRIFT else Step.DATA


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


def _sentence(cause: Cause, *, step: Step, limits: Limits) -> str:
    since = f" since about {day(cause.since.at_us)}" if limits.dated else ""
    parts = [f"{_WHAT[cause.kind]}{since}."]
    if cause.columns:
        parts.append("; ".join(c.detail for c in cause.columns[:3]) + ".")
    parts.append(_cost(cause, limits=limits))
    return " ".join([*parts, _DO[step]])


def _cost(cause: Cause, *, limits: Limits) -> str:
    loss = cause.loss
    if loss.explained is None:
        return "What it costs cannot be told: there are no answers with their truth."
    explained = gap(loss.explained.estimate, metric=limits.metric)
    if loss.unexplained is None:
        return f"No outcome since then; on today's inputs the model expects {explained} against the reference."
    doubt = "" if cause.gap_moved else " (which may be chance)"
    before, now = (amount(one, metric=limits.metric) for one in (loss.before, loss.now))
    unexplained = gap(loss.unexplained.estimate, metric=limits.metric)
    return (
        f"The loss was {before} on the reference and is {now} on the latest {loss.labelled:,} outcomes "
        f"({loss.missing:,} missing): today's inputs explain {explained}, {unexplained} they do not{doubt}."
    )
