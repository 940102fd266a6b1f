"""Which part of a result is the seed's? The same training repeated, and two trainings that were."""

import math

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.stats.crossed import Chance, chance_of, crossed_interval
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.student import student_quantile
from slipway.words import count, gap, limits, percent

Floats = npt.NDArray[np.float64]


class SeedSpread(Record, frozen=True, kw_only=True):
    """What one training gave over several seeds.

    Attributes:
        loss: Mean loss over seeds and rows, with an interval for other seeds and other rows.
        sd: Standard deviation of the mean loss from seed to seed.
        seeds: Number of seeds.
    """

    loss: FixedInterval
    sd: float
    seeds: int


class SeedDifference(Record, frozen=True, kw_only=True):
    """Two trainings, each repeated, on the same rows.

    Attributes:
        loss: Mean loss of the later minus the earlier, with an interval for other seeds and other rows.
        noise: Standard deviation of the difference of two single runs that comes from their seeds alone.
        seed_share: Part of the interval's variance that comes from the seeds; more seeds make that smaller, and only
            more rows the rest.
        words: All of it in two sentences.
    """

    loss: FixedInterval
    noise: float
    seed_share: float
    words: str


def spread(losses: Floats, *, alpha: float, clusters: npt.ArrayLike | None = None) -> SeedSpread:
    """Sum up a training that was repeated.

    Args:
        losses: Loss of each seed's model on each row, shape (seeds, rows), two seeds or more.
        alpha: Miss probability of the interval.
        clusters: Cluster of each row, or None where rows are independent.

    Raises:
        BadInput: One seed only, or see :func:`slipway.stats.crossed.chance_of`.

    >>> found = spread(np.array([[0.0, 1.0], [1.0, 2.0]]), alpha=0.05)
    >>> found.loss.estimate, round(found.sd, 4)  # of 0.5 and 1.5
    (1.0, 0.7071)
    """
    if losses.shape[0] < 2:
        raise BadInput(f"seeds: want two or more, got {losses.shape[0]}.")
    return SeedSpread(
        loss=crossed_interval(losses, alpha=alpha, clusters=clusters),
        sd=float(losses.mean(axis=1).std(ddof=1)),
        seeds=losses.shape[0],
    )


def seed_difference(
    losses: Floats, *, against: Floats, metric: str, alpha: float, clusters: npt.ArrayLike | None = None
) -> SeedDifference:
    """Compare two trainings that were repeated, and tell what of the difference may be the seeds'.

    Args:
        losses: Of the later, shape (seeds, rows), two seeds or more.
        against: Of the earlier, shape (other seeds, the same rows), two seeds or more.
        metric: Name of the mean loss.
        alpha: Miss probability of the interval.
        clusters: Cluster of each row, or None where rows are independent.

    Raises:
        BadInput: One seed only, or other rows.
    """
    check_alpha(alpha)
    if min(losses.shape[0], against.shape[0]) < 2 or losses.shape[1:] != against.shape[1:]:
        raise BadInput(
            f"losses: want two or more seeds of each on the same rows, got shapes {losses.shape} and {against.shape}."
        )
    rows = chance_of((losses.mean(axis=0) - against.mean(axis=0))[None, :], clusters=clusters)
    ours, theirs = chance_of(losses, clusters=clusters), chance_of(against, clusters=clusters)
    seeds = ours.seeds + theirs.seeds
    half = _quantile(rows, ours, theirs, alpha) * math.sqrt(rows.rows + seeds)
    loss = FixedInterval(low=rows.mean - half, high=rows.mean + half, estimate=rows.mean, alpha=alpha, n=rows.groups)
    noise = math.sqrt(ours.seeds * losses.shape[0] + theirs.seeds * against.shape[0])
    share = seeds / (rows.rows + seeds) if rows.rows + seeds else 0.0
    return SeedDifference(
        loss=loss,
        noise=noise,
        seed_share=share,
        words=_words(loss, noise, share, metric=metric, seeds=(against.shape[0], losses.shape[0])),
    )


def _quantile(rows: Chance, ours: Chance, theirs: Chance, alpha: float) -> float:
    """Student's t on the degrees that Welch and Satterthwaite give a sum of variances."""
    parts = ((rows.rows, rows.row_degrees), (ours.seeds, ours.seed_degrees), (theirs.seeds, theirs.seed_degrees))
    total, spread_ = sum(v for v, _ in parts), sum(v * v / d for v, d in parts)
    return student_quantile(1 - alpha / 2, degrees=max(1, int(total * total / spread_)) if spread_ else 1)


def _words(loss: FixedInterval, noise: float, share: float, *, metric: str, seeds: tuple[int, int]) -> str:
    sure = "" if loss.low > 0 or loss.high < 0 else ", which may be chance"
    return (
        f"Over {count(seeds[0], 'seed')} before and {seeds[1]} after, the mean {metric} changes by "
        f"{gap(loss.estimate, metric=metric)} {limits(loss.low, loss.high, metric=metric)}{sure}. Another seed alone "
        f"moves the difference of two single runs by {gap(noise, metric=metric)[1:]} (standard deviation); "
        f"{percent(share, digits=0)} of what is uncertain here comes from seeds, the rest from the rows."
    )
