"""What control must know of the scope to sum up losses: the metric, the threshold, the latency budget."""

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.scope import Scope
from slipway.records.task import TaskKind

Floats = npt.NDArray[np.float64]


class Terms(Record, frozen=True, kw_only=True):
    """How answers are held against outcomes.

    Attributes:
        kind: Binary or regression.
        threshold: Score from which a binary answer counts as 1.
        latency_budget_ms: An answer that took longer counts as failed; None for no budget.
    """

    kind: TaskKind = TaskKind.BINARY
    threshold: float = 0.5
    latency_budget_ms: float | None = None

    @property
    def binary(self) -> bool:
        """Whether an answer is right or wrong, and not near or far."""
        return self.kind is TaskKind.BINARY

    @property
    def metric(self) -> str:
        """Name of the loss, as a plan names it."""
        return "error" if self.binary else "absolute-error"

    def loss(self, score: Floats, *, outcome: Floats) -> Floats:
        """Return each answer's loss: 0 or 1 for a binary task, the absolute error for a number.

        NaN where there is no answer or no outcome, or an outcome that a binary task cannot have.

        >>> Terms().loss(np.array([0.9, 0.2, np.nan]), outcome=np.array([0.0, 0.0, 1.0]))
        array([ 1.,  0., nan])
        """
        if not self.binary:
            return np.asarray(np.abs(score - outcome))
        known = np.isfinite(score) & np.isin(outcome, (0.0, 1.0))
        wrong = (score >= self.threshold) != (outcome == 1.0)
        return np.where(known, wrong.astype(np.float64), np.nan)

    def possible(self, outcome: float) -> bool:
        """Tell whether an outcome can be one of this task."""
        return outcome in (0.0, 1.0) if self.binary else bool(np.isfinite(outcome))


def terms_of(scope: Scope) -> Terms:
    """Return the terms that a scope states.

    Raises:
        BadInput: The plan's metric does not fit the task.
    """
    terms = Terms(kind=scope.task.kind, threshold=scope.task.threshold, latency_budget_ms=scope.budgets.latency_p99_ms)
    if scope.rollout.metric != terms.metric:
        raise BadInput(
            f"rollout.metric: want '{terms.metric}' for a {scope.task.kind} task, got '{scope.rollout.metric}'."
        )
    return terms
