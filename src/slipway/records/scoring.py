"""How an answer is scored against the truth: the one place where the task and the costs of errors become a loss."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.dataset import Score
from slipway.records.scope import Metric
from slipway.records.task import Task, TaskKind
from slipway.stats.checks import as_floats
from slipway.stats.row_loss import absolute_loss, error_loss, loss_interval

Floats = npt.NDArray[np.float64]

ALPHA = 0.05
"""Miss probability of the intervals in reports."""


class Scoring(Record, frozen=True, kw_only=True):
    """The loss of one answer.

    Attributes:
        kind: Binary: the cost of a wrong label; regression: the absolute error, in the unit of Y.
        threshold: Score from which a binary answer counts as 1.
        false_positive_cost: Cost of saying 1 where 0 is true.
        false_negative_cost: Cost of saying 0 where 1 is true. With both costs 1 the mean loss is the error rate.
    """

    kind: TaskKind
    threshold: float = 0.5
    false_positive_cost: float = 1.0
    false_negative_cost: float = 1.0

    def __post_init__(self) -> None:
        for name in ("false_positive_cost", "false_negative_cost"):
            if not 0 < getattr(self, name) < math.inf:
                raise BadInput(f"{name}: want a finite cost above 0, got {getattr(self, name)}.")

    @classmethod
    def of(cls, task: Task, *, metric: Metric) -> "Scoring":
        """Take the parts of a scope that say how answers are scored."""
        return cls(
            kind=task.kind,
            threshold=task.threshold,
            false_positive_cost=metric.false_positive_cost,
            false_negative_cost=metric.false_negative_cost,
        )

    @property
    def metric(self) -> str:
        """Name of the mean loss, as in the scope."""
        return "error" if self.kind is TaskKind.BINARY else "absolute-error"

    @property
    def errors_cost_one(self) -> bool:
        """Whether each wrong answer costs 1, so that counts of errors are the loss."""
        return (self.false_positive_cost, self.false_negative_cost) == (1.0, 1.0)

    def loss(self, y: Any, *, answers: Any) -> Floats:
        """Return one loss a row.

        Args:
            y: Truth, shape (n,), finite; 0 or 1 for a binary task.
            answers: Scores or numbers, shape (n,). A binary row without an answer (NaN) costs what a wrong label
                costs: silence is not success. A number without an answer has no loss, and is refused.

        Raises:
            BadInput: A truth that does not fit the task, a number without an answer, or different lengths.

        >>> scoring = Scoring(kind=TaskKind.BINARY, false_negative_cost=10.0)
        >>> scoring.loss([1, 1, 0, 0], answers=[0.9, 0.1, 0.1, float("nan")]).tolist()
        [0.0, 10.0, 0.0, 1.0]
        """
        if self.kind is TaskKind.REGRESSION:
            return absolute_loss(y, scores=answers)
        truth, given = as_floats("y", y), np.asarray(answers, dtype=np.float64)
        if given.shape != truth.shape:
            raise BadInput(f"answers: want {truth.size} values, one for each y, got shape {given.shape}.")
        wrong = np.where(truth == 1, self.threshold - 1, self.threshold)
        scores = np.where(np.isnan(given), wrong, given)
        return error_loss(
            truth,
            scores=scores,
            threshold=self.threshold,
            false_positive_cost=self.false_positive_cost,
            false_negative_cost=self.false_negative_cost,
        )

    def score(
        self,
        name: str,
        *,
        y: Any,
        answers: Any,
        split: str = "test",
        clusters: Any | None = None,
        alpha: float = ALPHA,
        what: str = "",
    ) -> Score:
        """Score one predictor on one split, with its fixed-n interval.

        Args:
            name: The predictor, such as ``trivial``.
            y: Truth, shape (n,), n >= 2.
            answers: Shape (n,).
            split: Name of the split.
            clusters: The cluster of each row (a day, an entity), or None where rows are independent.
            alpha: Miss probability of the interval.
            what: What the predictor is, in words.

        Raises:
            BadInput: See :meth:`loss`; or too few rows for an interval.

        >>> s = Scoring(kind=TaskKind.BINARY).score("rule", y=[1] * 15 + [0] * 133, answers=[0.0] * 148)
        >>> s.n, round(s.low, 4), round(s.high, 4)  # R: prop.test(15, 148, correct = FALSE)
        (148, 0.0624, 0.1605)
        """
        loss = self.loss(y, answers=answers)
        interval = loss_interval(loss, alpha=alpha, clusters=clusters)
        return Score(
            name=name,
            metric=self.metric,
            split=split,
            value=interval.estimate,
            low=interval.low,
            high=interval.high,
            alpha=alpha,
            n=loss.size,
            what=what,
            units=interval.n if interval.n < loss.size else 0,
        )
