"""Is one better than the other? Two predictors on the same rows, and two runs with what each changed."""

from enum import StrEnum
from typing import Any

from slipway.records.base import Record
from slipway.records.scoring import ALPHA, Scoring
from slipway.stats.evidence import FixedInterval
from slipway.stats.fixed import clustered_interval, paired_interval
from slipway.words import amount, gap, limits


class Finding(StrEnum):
    """What a comparison says; lower loss is better."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"


class Comparison(Record, frozen=True, kw_only=True):
    """A predictor against another on the same rows.

    Attributes:
        finding: Better or worse if the interval leaves 0 out, else cannot tell.
        metric: Name of the mean loss.
        value: The candidate's mean loss.
        baseline: The other's.
        difference: Candidate minus baseline, for one look at a sample chosen beforehand.
        rows: Rows compared.
        words: All of it in a sentence.
    """

    finding: Finding
    metric: str
    value: float
    baseline: float
    difference: FixedInterval
    rows: int
    words: str


def compare(
    y: Any, *, candidate: Any, baseline: Any, scoring: Scoring, clusters: Any | None = None, alpha: float = ALPHA
) -> Comparison:
    """Compare two predictors' answers to the same rows.

    Args:
        y: Truth, shape (n,).
        candidate: Its answers, shape (n,).
        baseline: The other's answers, shape (n,).
        scoring: How an answer is scored.
        clusters: Cluster of each row (a day), two or more; None where rows are independent.
        alpha: Miss probability of the interval.

    Raises:
        BadInput: Lengths differ, or there are too few rows or clusters.

    >>> from slipway.records.task import TaskKind
    >>> ten, wrong = [1.0] * 10, [0.0] * 10
    >>> compare(ten, candidate=ten, baseline=wrong, scoring=Scoring(kind=TaskKind.BINARY)).words
    'better: error 0.0 % against 100.0 %, difference -100.00 points [-100.00, -100.00] with 95 % confidence, on 10 rows'
    """
    ours, theirs = scoring.loss(y, answers=candidate), scoring.loss(y, answers=baseline)
    if clusters is None:
        difference, counted = paired_interval(ours, baseline=theirs, alpha=alpha), ""
    else:
        difference = clustered_interval(ours - theirs, clusters=clusters, alpha=alpha)
        counted = f" in {difference.n:,} clusters"
    finding = _finding(difference)
    value, other = float(ours.mean()), float(theirs.mean())
    words = (
        f"{finding}: {scoring.metric} {amount(value, metric=scoring.metric)} against "
        f"{amount(other, metric=scoring.metric)}, difference {gap(difference.estimate, metric=scoring.metric)} "
        f"{limits(difference.low, difference.high, metric=scoring.metric)} with {100 * (1 - alpha):g} % confidence, "
        f"on {ours.size:,} rows{counted}"
    )
    return Comparison(
        finding=finding,
        metric=scoring.metric,
        value=value,
        baseline=other,
        difference=difference,
        rows=ours.size,
        words=words,
    )


def _finding(difference: FixedInterval) -> Finding:
    if difference.high < 0:
        return Finding.BETTER
    return Finding.WORSE if difference.low > 0 else Finding.CANNOT_TELL
