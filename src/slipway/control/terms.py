"""What control must know of the scope to sum up losses: the scoring and the latency budget."""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.scope import Scope
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

Floats = npt.NDArray[np.float64]


class Terms(Record, frozen=True, kw_only=True):
    """How answers are held against outcomes.

    Attributes:
        scoring: The loss of one answer.
        latency_budget_ms: An answer that took longer counts as failed; None for no budget.
    """

    scoring: Scoring = Scoring(kind=TaskKind.BINARY)
    latency_budget_ms: float | None = None

    @property
    def binary(self) -> bool:
        """Whether an answer is right or wrong, and not near or far."""
        return self.scoring.kind is TaskKind.BINARY

    def loss(self, score: Floats, *, outcome: Floats) -> Floats:
        """Return each answer's loss; NaN where there is no answer or no outcome.

        >>> Terms().loss(np.array([0.9, 0.2, np.nan]), outcome=np.array([0.0, 0.0, 1.0]))
        array([ 1.,  0., nan])
        """
        return self._loss(score, outcome=outcome, known=np.isfinite(score) & np.isfinite(outcome))

    def loss_of_all(self, score: Floats, *, outcome: Floats) -> Floats:
        """Return each answer's loss, where no answer is a wrong one if answers are right or wrong.

        >>> Terms().loss_of_all(np.array([0.9, 0.2, np.nan]), outcome=np.array([0.0, 0.0, 1.0]))
        array([1., 0., 1.])
        """
        answered = np.isfinite(score)
        known = np.isfinite(outcome) & (answered | self.binary)
        return self._loss(np.where(answered, score, np.nan), outcome=outcome, known=known)

    def distance(self, score: Floats, *, decided: Floats) -> Floats:
        """Return how far each answer is from what was decided: for labels 0 or 1; NaN where there is no answer.

        >>> Terms().distance(np.array([0.9, 0.2, np.nan]), decided=np.array([1.0, 1.0, 1.0]))
        array([ 0.,  1., nan])
        """
        answer = (score >= self.scoring.threshold).astype(np.float64) if self.binary else score
        return np.where(np.isfinite(score), np.abs(answer - decided), np.nan)

    def alike(self, score: Floats, *, other: Floats, tolerance: float) -> npt.NDArray[np.bool_]:
        """Tell which answers are alike: of labels the same, of numbers no further apart than the tolerance.

        An answer that is missing is like none.

        >>> Terms().alike(np.array([0.9, 0.2, np.nan]), other=np.array([0.6, 0.5, np.nan]), tolerance=0.0).tolist()
        [True, False, False]
        """
        both = np.isfinite(score) & np.isfinite(other)
        if self.binary:
            return np.asarray(both & ((score >= self.scoring.threshold) == (other >= self.scoring.threshold)))
        return np.asarray(both & (np.abs(np.where(both, score - other, np.inf)) <= tolerance))

    def possible(self, outcome: Floats) -> npt.NDArray[np.bool_]:
        """Tell which outcomes can be some of this task, shape (n,)."""
        return (outcome == 0.0) | (outcome == 1.0) if self.binary else np.isfinite(outcome)

    def _loss(self, score: Floats, *, outcome: Floats, known: npt.NDArray[np.bool_]) -> Floats:
        loss = np.full(len(score), np.nan)
        loss[known] = self.scoring.loss(outcome[known], answers=score[known])
        return loss


def terms_of(scope: Scope) -> Terms:
    """Return the terms that a scope states.

    Raises:
        BadInput: The plan's metric does not fit the task.
    """
    scoring = Scoring.of(scope.task, metric=scope.metric)
    if scope.rollout.metric != scoring.metric:
        raise BadInput(
            f"rollout.metric: want '{scoring.metric}' for a {scope.task.kind} task, got '{scope.rollout.metric}'."
        )
    return Terms(scoring=scoring, latency_budget_ms=scope.budgets.latency_p99_ms)
