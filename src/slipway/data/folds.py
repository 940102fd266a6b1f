"""Divide rows into folds, so that each row is judged by a model that has not learned from it or from its kin.

Folds lie inside rows that may be seen: to choose hyperparameters among the rows to learn from, or to find wrong labels
among all of them. The one dealer is :func:`deal_folds`; who chooses a model takes :func:`validation_folds`, which
never let it learn from the future.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.split import strata_of
from slipway.errors import BadInput
from slipway.records.dataset import SplitKind

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Fold(NamedTuple):
    """One division: rows to learn from and rows to check on, both increasing and without a row in common."""

    learn: Ints
    check: Ints


def validation_folds(
    kind: SplitKind,
    *,
    count: int,
    seed: int,
    y: Floats,
    times: pl.Series | None = None,
    groups: pl.Series | None = None,
) -> tuple[Fold, ...]:
    """Deal rows into folds in the way in which the test rows were held out.

    By time each fold learns from what came before and is checked on what came next, so that no fold looks into the
    future. By group, no group is on both sides. Stratified, each fold gets its share of each class (or tenth of Y).
    Where a column said which rows are held out, time counts if there is one, else groups, else chance.

    Args:
        kind: How the test rows were held out.
        count: Folds, two or more.
        seed: Seed of the chance that deals.
        y: Truth, shape (rows,).
        times: Moments, where the task has a time.
        groups: The group of each row, where several rows share one.

    Raises:
        BadInput: Fewer rows, moments or groups than folds need.

    >>> times = pl.Series([1, 1, 2, 3])
    >>> by_time = validation_folds(SplitKind.TIME, count=2, seed=0, y=np.zeros(4), times=times)
    >>> [(f.learn.tolist(), f.check.tolist()) for f in by_time]
    [([0, 1], [2]), ([0, 1, 2], [3])]
    """
    if count < 2:
        raise BadInput(f"folds: want at least 2, got {count}.")
    alike = np.zeros(y.size, dtype=np.int64)
    if times is not None and kind in (SplitKind.TIME, SplitKind.COLUMN):
        stretch = deal_folds(alike, folds=count + 1, seed=seed, times=times)
        return tuple(Fold(np.flatnonzero(stretch < k), np.flatnonzero(stretch == k)) for k in range(1, count + 1))
    strata = strata_of(y) if kind is SplitKind.STRATIFIED else alike
    fold = deal_folds(strata, folds=count, seed=seed, groups=groups)
    return tuple(Fold(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(count))


def deal_folds(
    strata: Ints, *, folds: int, seed: int, groups: pl.Series | None = None, times: pl.Series | None = None
) -> Ints:
    """Give each row a fold from 0 to ``folds - 1``.

    With times the folds are stretches of time, in order, so that a row's neighbours in time are judged with it; rows of
    one moment stay together. With groups whole groups are dealt, the largest first, each to the fold with the fewest
    rows. Without either, each class is dealt evenly.

    Args:
        strata: Class of each row, shape (rows,), from 0; all 0 where there are no classes.
        folds: How many, 2 or more.
        seed: Seed of the chance.
        groups: Group of each row, or None; rows without a group are of one.
        times: Moment of each row, or None; goes before groups.

    Raises:
        BadInput: Fewer rows, groups or moments than folds.

    >>> times = pl.Series([5, 1, 2, 6, 3, 4])
    >>> deal_folds(np.zeros(6, dtype=np.int64), folds=3, seed=0, times=times).tolist()
    [2, 0, 0, 2, 1, 1]
    """
    if folds < 2:
        raise BadInput(f"folds: want at least 2, got {folds}.")
    if times is not None:
        return _stretches(times, folds)
    chance = np.random.default_rng(seed)
    dealt = _deal_rows(strata, folds, chance) if groups is None else _deal_groups(groups, folds, chance)
    if (made := np.unique(dealt).size) != folds:
        raise BadInput(f"folds: want {folds} with rows in each, got {made} of {strata.size} rows. Take fewer folds.")
    return dealt


def _stretches(times: pl.Series, folds: int) -> Ints:
    if times.null_count():
        raise BadInput(f"time '{times.name}': want a moment in every row, got {times.null_count()} missing.")
    moment = times.rank("dense").to_numpy().astype(np.int64) - 1
    last = int(moment.max())
    if last + 1 < folds:
        raise BadInput(f"folds: want at least {folds} moments to cut into as many stretches, got {last + 1}.")
    ranks, cuts = np.sort(moment), [0]
    for k in range(1, folds):  # where rows of one moment crowd a boundary, the next moment is one
        wanted = int(ranks[k * ranks.size // folds])
        cuts.append(min(max(wanted, cuts[-1] + 1), last + 1 - folds + k))
    return np.searchsorted(cuts, moment, side="right").astype(np.int64) - 1


def _deal_groups(groups: pl.Series, folds: int, chance: np.random.Generator) -> Ints:
    group = groups.cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    _, group = np.unique(group, return_inverse=True)
    sizes = np.bincount(group)
    order = chance.permutation(sizes.size)
    filled, fold_of = np.zeros(folds, dtype=np.int64), np.zeros(sizes.size, dtype=np.int64)
    for name in order[np.argsort(-sizes[order], kind="stable")]:
        fold_of[name] = filled.argmin()
        filled[fold_of[name]] += sizes[name]
    return fold_of[group]


def _deal_rows(strata: Ints, folds: int, chance: np.random.Generator) -> Ints:
    rows = chance.permutation(strata.size)
    rows = rows[np.argsort(strata[rows], kind="stable")]
    dealt = np.empty(strata.size, dtype=np.int64)
    dealt[rows] = np.arange(strata.size) % folds
    return dealt
