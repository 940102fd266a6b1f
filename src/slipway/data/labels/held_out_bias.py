"""How far labels of the rows held out mislead about a model: from a random sample of them that people looked at.

Labels that are mended because a model doubts them are mended in its favour: rows on which it is wrong together with
its label are never suspect. A sample drawn from all rows held out knows no favour.
"""

from collections.abc import Mapping, Sequence

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.stats.without_replacement import count_in_population
from slipway.words import amount, count, number, short

ALPHA = 0.05


class HeldOutBias(Record, frozen=True, kw_only=True):
    """What a model's metric is by the labels as they are, as they were mended, and as they would be if all were right.

    Attributes:
        run: Whose model.
        metric: Its name.
        given: By the labels of the version.
        mended: With all that people decided on them so far.
        estimate: With all labels right, estimated from the sample.
        low: Lower limit of that, valid however often one looks.
        high: Upper limit.
        looked_at: Rows of the sample that were decided, down to the first that was not.
        held_out: Rows held out.
    """

    run: str
    metric: str
    given: float
    mended: float
    estimate: float
    low: float
    high: float
    looked_at: int
    held_out: int


def mean_change(
    changes: Sequence[float | None], *, possible: Sequence[float], population: int, alpha: float = ALPHA
) -> tuple[float, float, float]:
    """Return how much the mean loss of a population changes if every label is put right: estimate, low, high.

    Args:
        changes: Of each row of the sample, in the order of drawing, the change of its loss; None where nobody could
            tell, which counts as none at one end and as the worst at the other.
        possible: The different changes, other than 0, that a label that is put right can bring.
        population: Rows that the sample is drawn from.
        alpha: Miss probability over all times, shared by the possible changes.

    Raises:
        BadInput: No row was looked at, or more than there are.

    >>> mean_change([0.0, 1.0, -1.0, 1.0], possible=[1.0, -1.0], population=4)
    (0.25, 0.25, 0.25)
    """
    if not changes:
        raise BadInput("sample: want rows that somebody has decided on, in the order of drawing, got none.")
    estimate = low = high = 0.0
    unsure, drawn = sum(c is None for c in changes), len(changes)
    for change in possible:
        found, share = sum(c == change for c in changes), alpha / len(possible)
        least = count_in_population(found, drawn=drawn, population=population, alpha=share)
        most = count_in_population(found + unsure, drawn=drawn, population=population, alpha=share)
        ends = sorted((change * least.low, change * most.high))
        estimate += change * least.estimate
        low += ends[0]
        high += ends[1]
    return estimate / population, low / population, high / population


def sentences(found: HeldOutBias) -> tuple[str, ...]:
    """Say it in whole sentences."""
    given, mended, estimate, low, high = (
        amount(value, metric=found.metric)
        for value in (found.given, found.mended, found.estimate, found.low, found.high)
    )
    said = [
        f"{found.metric.capitalize()} of run {short(found.run)} on {count(found.held_out, 'row')} held out: {given} by "
        f"the labels as they are, {mended} with what was decided so far.",
        f"With all labels right about {estimate} ({low} to {high}, however often one looks), from "
        f"{number(found.looked_at)} of them drawn at random.",
    ]
    if found.low > found.mended:
        said.append("What was decided so far flatters the model.")
    elif found.high < found.mended:
        said.append("What was decided so far does the model wrong.")
    else:
        said.append("Whether what was decided so far flatters the model, this sample cannot tell.")
    return tuple(said)


def changes_of(losses: Mapping[str, tuple[float, float | None]], *, drawn: Sequence[str]) -> list[float | None]:
    """Return the changes of a sample down to the first row that nobody has decided on.

    Args:
        losses: Row to its loss by the label as it is, and with what was decided (None where that is unsure); only rows
            that somebody has decided on.
        drawn: Rows of the sample in the order of drawing.

    >>> changes_of({"a": (0.0, 1.0), "c": (1.0, 1.0)}, drawn=["a", "b", "c"])
    [1.0]
    """
    found: list[float | None] = []
    for row in drawn:
        if row not in losses:
            break
        before, after = losses[row]
        found.append(None if after is None else after - before)
    return found
