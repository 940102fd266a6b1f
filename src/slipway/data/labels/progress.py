"""What people found so far: how precise the ranking is, how many errors are left, and whether to go on."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.label import Decision, Entry, LabelQueue, QueueKind, Ruling
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.without_replacement import count_in_population
from slipway.words import count, number, percent

ALPHA = 0.05


class Advice(StrEnum):
    """Whether to look at more rows of the list."""

    GO_ON = "go on"
    CANNOT_TELL = "cannot tell"
    STOP = "stop"
    END = "end"


class ErrorsLeft(Record, frozen=True, kw_only=True):
    """Wrong labels that nobody has found yet, among those that the queue was taken from.

    Attributes:
        estimate: How many.
        low: Lower limit.
        high: Upper limit.
        source: ``audit`` (a random sample that people looked at; the limits hold at all times) or ``model`` (confident
            learning; the limits allow for chance only, and nobody has checked the model).
    """

    estimate: float
    low: float
    high: float
    source: str


class QueueProgress(Record, frozen=True, kw_only=True):
    """What was found in a queue so far.

    Attributes:
        kind: Why rows are looked at.
        rows: Rows of the queue.
        ruled: Rows on which somebody has decided, in any queue of this data.
        agreed: Of those: the label is right.
        flipped: The label was wrong.
        unsure: The person could not tell. The limits count these as right below and as wrong above.
        precision: Share of wrong labels among the rows of the tranches that were begun (of a sample: in all that it was
            drawn from), valid at all times at once; None before the first ruling, and for other kinds of queue.
        next_share: The same for the newest tranche alone, which is what the next rows can be expected to give at most;
            None like ``precision``.
        left: Errors that are left, or None where nothing tells.
        advice: Whether to go on.
        why: The advice's reason, in a sentence.
    """

    kind: QueueKind
    rows: int
    ruled: int
    agreed: int
    flipped: int
    unsure: int
    precision: AnytimeInterval | None
    next_share: AnytimeInterval | None
    left: ErrorsLeft | None
    advice: Advice
    why: str


def progress(
    queue: LabelQueue,
    *,
    entries: Sequence[Entry],
    rulings: Mapping[str, Ruling],
    worth: float,
    alpha: float = ALPHA,
) -> QueueProgress:
    """Sum up what people decided.

    Args:
        queue: The queue.
        entries: Its rows in order.
        rulings: What was decided on rows of its data, by row; also in other queues.
        worth: How many looks one error found is worth. It pays to go on while more than 1 / worth of the labels looked
            at are wrong.
        alpha: Miss probability of the limits, over all tranches and all times.

    Raises:
        BadInput: An error is worth less than one look.
    """
    if not worth >= 1:
        raise BadInput(f"worth: want 1 look or more that one error found is worth, got {worth}.")
    mine = [rulings[e.row].decision for e in entries if e.row in rulings]
    tranches = _tranches(queue, entries=entries, rulings=rulings, alpha=alpha)
    newest = tranches[-1][0] if tranches else None
    advice, why = _advice(queue, newest, left=queue.rows - len(mine), worth=worth)
    return QueueProgress(
        kind=queue.kind,
        rows=queue.rows,
        ruled=len(mine),
        agreed=mine.count(Decision.AGREE),
        flipped=mine.count(Decision.FLIP),
        unsure=mine.count(Decision.UNSURE),
        precision=_together(tranches, alpha=alpha),
        next_share=newest,
        left=errors_left(queue, entries=entries, rulings=rulings, alpha=alpha),
        advice=advice,
        why=why,
    )


def errors_left(
    queue: LabelQueue, *, entries: Sequence[Entry], rulings: Mapping[str, Ruling], alpha: float = ALPHA
) -> ErrorsLeft | None:
    """Estimate the wrong labels that nobody has found: from a random sample that people looked at, else from the model.

    What was found is taken off, in whatever queue. An audit is drawn from rows that nobody had ruled on, so for it
    errors found before do not count; one of rows held out is drawn from all of these, and tells nothing of others.
    """
    if queue.held_out:
        return None
    since = queue.made_us if queue.kind is QueueKind.AUDIT else 0
    found = sum(r.decision is Decision.FLIP and r.at_us >= since for r in rulings.values())
    if queue.kind is QueueKind.AUDIT:
        seen = _prefix(entries, rulings)
        if not seen:
            return None
        whole = _bounds(seen, population=queue.population, alpha=alpha)
        return ErrorsLeft(
            estimate=max(0.0, whole.estimate - found),
            low=max(0.0, whole.low - found),
            high=max(0.0, whole.high - found),
            source="audit",
        )
    if queue.wrong is None or queue.wrong_low is None or queue.wrong_high is None:
        return None
    estimate, low, high = (max(0.0, wrong - found) for wrong in (queue.wrong, queue.wrong_low, queue.wrong_high))
    return ErrorsLeft(estimate=estimate, low=low, high=high, source="model")


def sentences(found: QueueProgress) -> tuple[str, ...]:
    """Say it in whole sentences."""
    said = [
        f"{count(found.ruled, 'row')} of {number(found.rows)} looked at: {number(found.flipped)} wrong, "
        f"{number(found.agreed)} right, {number(found.unsure)} unsure."
    ]
    if found.precision is not None:
        where = "where it was drawn from" if found.kind is QueueKind.AUDIT else "down to here in the list"
        said.append(
            f"Wrong labels {where}: {percent(found.precision.estimate)} "
            f"({percent(found.precision.low)} to {percent(found.precision.high)}, however often one looks)."
        )
    if found.left is not None:
        basis = {
            "audit": "from the random sample",
            "model": "from the model alone, which nobody has checked; an audit tells",
        }[found.left.source]
        said.append(
            f"Errors left: about {number(round(found.left.estimate))} "
            f"({number(round(found.left.low))} to {number(round(found.left.high))}), {basis}."
        )
    return (*said, f"{found.advice.capitalize()}: {found.why}")


def _tranches(
    queue: LabelQueue, *, entries: Sequence[Entry], rulings: Mapping[str, Ruling], alpha: float
) -> list[tuple[AnytimeInterval, int]]:
    """Return the share of errors in each tranche that was begun, and its rows; for a sample, in the population."""
    if queue.kind is QueueKind.AUDIT:
        seen = _prefix(entries, rulings)
        return [(_shares(seen, population=queue.population, alpha=alpha), queue.population)] if seen else []
    if queue.kind is not QueueKind.SUSPICION:
        return []
    begun = []
    for number_, start in enumerate(range(0, len(entries), queue.tranche), 1):
        tranche = entries[start : start + queue.tranche]
        if not (seen := _prefix(tranche, rulings)):
            break
        # alpha / (k (k + 1)) sums to alpha over all tranches there may ever be
        share = _shares(seen, population=len(tranche), alpha=alpha / (number_ * (number_ + 1)))
        begun.append((share, len(tranche)))
    return begun


def _prefix(entries: Sequence[Entry], rulings: Mapping[str, Ruling]) -> list[Decision]:
    """Return the decisions down to the first row without one: later ones were not reached in the order of chance."""
    seen = []
    for entry in entries:
        if entry.row not in rulings:
            break
        seen.append(rulings[entry.row].decision)
    return seen


def _bounds(seen: Sequence[Decision], *, population: int, alpha: float) -> AnytimeInterval:
    wrong, unsure = seen.count(Decision.FLIP), seen.count(Decision.UNSURE)
    low = count_in_population(wrong, drawn=len(seen), population=population, alpha=alpha)
    high = count_in_population(wrong + unsure, drawn=len(seen), population=population, alpha=alpha)
    return AnytimeInterval(low=low.low, high=high.high, estimate=low.estimate, alpha=alpha, n=len(seen))


def _shares(seen: Sequence[Decision], *, population: int, alpha: float) -> AnytimeInterval:
    found = _bounds(seen, population=population, alpha=alpha)
    low, high, estimate = (value / population for value in (found.low, found.high, found.estimate))
    return AnytimeInterval(low=low, high=high, estimate=estimate, alpha=alpha, n=found.n)


def _together(tranches: Sequence[tuple[AnytimeInterval, int]], *, alpha: float) -> AnytimeInterval | None:
    if not tranches:
        return None
    rows = sum(size for _, size in tranches)
    low, high, estimate = (
        sum(getattr(share, name) * size for share, size in tranches) / rows for name in ("low", "high", "estimate")
    )
    return AnytimeInterval(low=low, high=high, estimate=estimate, alpha=alpha, n=sum(share.n for share, _ in tranches))


def _advice(queue: LabelQueue, newest: AnytimeInterval | None, *, left: int, worth: float) -> tuple[Advice, str]:
    if not left:
        return Advice.END, "everybody's row of this list was looked at."
    if queue.kind is not QueueKind.SUSPICION:
        return Advice.GO_ON, f"{count(left, 'row')} of this list wait."
    line = 1 / worth
    if newest is None:
        return Advice.GO_ON, "nobody has looked at the most suspect rows yet."
    have = f"{percent(newest.low)} to {percent(newest.high)} of the newest {number(queue.tranche)} rows are wrong"
    if newest.high < line:
        return Advice.STOP, f"{have}; the next are less suspect, and it pays from {percent(line)} on."
    if newest.low >= line:
        return Advice.GO_ON, f"{have}; it pays from {percent(line)} on."
    return Advice.CANNOT_TELL, f"{have}, and it pays from {percent(line)} on: look at more of them."
