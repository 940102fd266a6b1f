"""What a model must beat, measured before there is one: the trivial answer, a simple rule, and the system that exists.

Each score carries a fixed-n interval. Rows of one day may stick together, so where there is a time the interval counts
days; without one it counts entities, where these have several rows each.
"""

from typing import Any

import numpy as np

from slipway.errors import BadInput
from slipway.records.dataset import Score
from slipway.records.scoring import ALPHA, Scoring
from slipway.records.task import TaskKind
from slipway.stats.checks import as_floats

TRIVIAL = "trivial"
SIMPLE = "simple"
PRESENT = "present"


def trivial_answer(y: Any, *, scoring: Scoring) -> float:
    """Return the best answer that looks at no X: the label that costs less, or the median of a number.

    Args:
        y: Truth of the training rows, shape (n,), n >= 1.
        scoring: Kind of answer, and costs.

    Raises:
        BadInput: No rows.

    >>> trivial_answer([0, 0, 0, 1], scoring=Scoring(kind=TaskKind.BINARY))
    0.0
    >>> trivial_answer([0, 0, 0, 1], scoring=Scoring(kind=TaskKind.BINARY, false_negative_cost=10.0))
    1.0
    """
    truth = as_floats("y", y)
    if not truth.size:
        raise BadInput("y: want at least one row to learn the trivial answer from, got none.")
    if scoring.kind is TaskKind.REGRESSION:
        return float(np.median(truth))
    ones = float(truth.mean())
    return float(ones * scoring.false_negative_cost > (1 - ones) * scoring.false_positive_cost)


def baselines(
    train_y: Any,
    *,
    test_y: Any,
    scoring: Scoring,
    simple: Any | None = None,
    simple_words: str = "",
    present: Any | None = None,
    clusters: Any | None = None,
    alpha: float = ALPHA,
) -> tuple[Score, ...]:
    """Score what exists without a model, on the rows held out.

    Args:
        train_y: Truth of the training rows.
        test_y: Truth of the rows held out, shape (n,), n >= 2.
        scoring: How an answer is scored.
        simple: The answers of the simple model to the rows held out, shape (n,), or None where none was grown.
        simple_words: What it is.
        present: The answers of the system that exists to the rows held out, shape (n,), or None if there is none.
        clusters: The cluster of each row held out, or None where rows are independent.
        alpha: Miss probability of the intervals.

    Raises:
        BadInput: See :meth:`slipway.records.scoring.Scoring.score`.
    """
    answers = {TRIVIAL: np.full(np.size(test_y), trivial_answer(train_y, scoring=scoring))}
    if simple is not None:
        answers[SIMPLE] = np.asarray(simple, dtype=np.float64)
    if present is not None:
        answers[PRESENT] = np.asarray(present, dtype=np.float64)
    return tuple(
        scoring.score(
            name,
            y=test_y,
            answers=given,
            clusters=clusters,
            alpha=alpha,
            what=simple_words if name == SIMPLE else "",
        )
        for name, given in answers.items()
    )
