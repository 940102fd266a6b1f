"""Divide rows into folds, so that each row is judged by a model that has not learned from it or from its kin."""

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput

Ints = npt.NDArray[np.int64]


def deal_folds(strata: Ints, *, folds: int, seed: int, groups: pl.Series | None, times: pl.Series | None) -> Ints:
    """Give each row a fold from 0 to ``folds - 1``.

    With times the folds are stretches of time, so that a row's neighbours in time are judged with it; rows of one
    moment stay together. With groups whole groups are dealt, the largest first, each to the fold with the fewest rows.
    Without either, each class is dealt evenly. Folds of time learn from what comes later as well: they are for finding
    wrong labels, not for measuring a model.

    Args:
        strata: Class of each row, shape (rows,), from 0; all 0 where there are no classes.
        folds: How many, 2 or more.
        seed: Seed of the chance.
        groups: Group of each row, or None.
        times: Moment of each row, or None; goes before groups.

    Raises:
        BadInput: Fewer rows, groups or moments than folds.

    >>> deal_folds(
    ...     np.zeros(6, dtype=np.int64), folds=3, seed=0, groups=None, times=pl.Series([5, 1, 2, 6, 3, 4])
    ... ).tolist()
    [2, 0, 0, 2, 1, 1]
    """
    if folds < 2:
        raise BadInput(f"folds: want 2 or more, got {folds}.")
    if times is not None:
        dealt = _stretches(times, folds)
    elif groups is not None:
        dealt = _groups(groups, folds, seed)
    else:
        dealt = _strata(strata, folds, seed)
    if (made := np.unique(dealt).size) != folds:
        raise BadInput(f"folds: want {folds} with rows in each, got {made} of {strata.size} rows. Take fewer folds.")
    return dealt


def _stretches(times: pl.Series, folds: int) -> Ints:
    if times.null_count():
        raise BadInput(f"time '{times.name}': want a moment in every row, got {times.null_count()} missing.")
    ranks = times.rank("min").to_numpy().astype(np.int64) - 1
    return ranks * folds // len(ranks)


def _groups(groups: pl.Series, folds: int, seed: int) -> Ints:
    _, group = np.unique(groups.cast(pl.String).fill_null("").to_numpy().astype(str), return_inverse=True)
    sizes = np.bincount(group)
    chance = np.random.default_rng(seed).permutation(sizes.size)
    filled, fold_of = np.zeros(folds, dtype=np.int64), np.zeros(sizes.size, dtype=np.int64)
    for name in chance[np.argsort(-sizes[chance], kind="stable")]:
        fold_of[name] = filled.argmin()
        filled[fold_of[name]] += sizes[name]
    return fold_of[group]


def _strata(strata: Ints, folds: int, seed: int) -> Ints:
    rows = np.random.default_rng(seed).permutation(strata.size)
    rows = rows[np.argsort(strata[rows], kind="stable")]
    dealt = np.empty(strata.size, dtype=np.int64)
    dealt[rows] = np.arange(strata.size) % folds
    return dealt
