"""How good is it? The scope's metric first, then what else a reader asks for, each with its interval."""

from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.records.dataset import Score
from slipway.records.scoring import ALPHA, Scoring
from slipway.records.task import TaskKind
from slipway.stats.auc import auc, auc_interval
from slipway.stats.evidence import FixedInterval
from slipway.stats.fixed import clustered_interval
from slipway.stats.row_loss import log_loss, loss_interval

Floats = npt.NDArray[np.float64]


def measure(
    name: str,
    *,
    y: Any,
    answers: Any,
    scoring: Scoring,
    split: str = "test",
    clusters: Any | None = None,
    alpha: float = ALPHA,
) -> tuple[Score, ...]:
    """Measure one predictor on one split.

    The first score is the scope's metric (error, weighted by its costs, or absolute error). A binary task adds the
    log-loss and the area under the ROC curve where they exist: answers are probabilities, and both classes came.

    Args:
        name: The predictor.
        y: Truth, shape (n,), n >= 2.
        answers: Scores or numbers, shape (n,).
        scoring: How an answer is scored.
        split: Name of the split.
        clusters: Cluster of each row (a day), or None where rows are independent.
        alpha: Miss probability of each interval.

    Raises:
        BadInput: See :meth:`slipway.records.scoring.Scoring.score`.
    """
    first = scoring.score(name, y=y, answers=answers, split=split, clusters=clusters, alpha=alpha)
    if scoring.kind is TaskKind.REGRESSION:
        return (first,)
    truth, given = np.asarray(y, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    if not np.isfinite(given).all():
        return (first,)
    more: dict[str, FixedInterval] = {}
    if ((given >= 0) & (given <= 1)).all():
        more["log-loss"] = loss_interval(log_loss(truth, scores=given), alpha=alpha, clusters=clusters)
    if min((truth == 1).sum(), (truth == 0).sum()) >= 2:
        more["auc"] = _area(truth, given, clusters=clusters, alpha=alpha)
    return (first, *(_score(name, metric, split=split, interval=i, n=truth.size) for metric, i in more.items()))


def _score(name: str, metric: str, *, split: str, interval: FixedInterval, n: int) -> Score:
    return Score(
        name=name,
        metric=metric,
        split=split,
        value=interval.estimate,
        low=interval.low,
        high=interval.high,
        alpha=interval.alpha,
        n=n,
        units=interval.n if interval.n < n else 0,
    )


def _area(truth: Floats, scores: Floats, *, clusters: Any | None, alpha: float) -> FixedInterval:
    """Bound the area; with clusters, through the sum of each cluster's influence on it (Obuchowski 1997)."""
    if clusters is None or np.unique(np.asarray(clusters)).size < 2:
        return auc_interval(truth, scores=scores, alpha=alpha)
    area = auc(truth, scores=scores)
    ranks, positive = np.unique(scores, return_inverse=True)[1], truth == 1
    yes = np.bincount(ranks, weights=positive)
    no = np.bincount(ranks, weights=~positive)
    no_below = ((np.cumsum(no) - no / 2) / no.sum())[ranks]
    yes_above = (1 - (np.cumsum(yes) - yes / 2) / yes.sum())[ranks]
    share = float(positive.mean())
    influence = np.where(positive, (no_below - area) / share, (yes_above - area) / (1 - share))
    raw = clustered_interval(area + influence, clusters=clusters, alpha=alpha)
    return FixedInterval(low=max(0.0, raw.low), high=min(1.0, raw.high), estimate=area, alpha=alpha, n=raw.n)
