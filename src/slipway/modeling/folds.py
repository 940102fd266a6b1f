"""Validation folds inside the rows to learn from, dealt as the rows held out were: no choice ever sees those."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.records.dataset import SplitKind

Rows = npt.NDArray[np.int64]
_TENTHS, _MOST_CLASSES = 10, 20


class Fold(NamedTuple):
    """One division: rows to learn from and rows to check on, both increasing and without a row in common."""

    learn: Rows
    check: Rows


def folds(
    kind: SplitKind,
    *,
    count: int,
    seed: int,
    y: npt.NDArray[np.float64],
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
        groups: The group of each row, where several rows may share one.

    Raises:
        BadInput: Fewer rows, moments or groups than folds need.

    >>> times = pl.Series([1, 1, 2, 3])
    >>> by_time = folds(SplitKind.TIME, count=2, seed=0, y=np.zeros(4), times=times)
    >>> [(f.learn.tolist(), f.check.tolist()) for f in by_time]
    [([0, 1], [2]), ([0, 1, 2], [3])]
    """
    if count < 2:
        raise BadInput(f"folds: want at least 2, got {count}.")
    if times is not None and kind in (SplitKind.TIME, SplitKind.COLUMN):
        return _by_time(times, count)
    rng, rows = np.random.default_rng(seed), y.size
    if groups is not None and groups.n_unique() < rows:
        unit = groups.rank("dense").fill_null(0).to_numpy().astype(np.int64)
        dealt = _deal(int(unit.max()) + 1, rng)
        number = _spread(unit, dealt, count)
    elif kind is SplitKind.STRATIFIED:
        number = np.empty(rows, dtype=np.int64)
        number[np.lexsort((_deal(rows, rng), _strata(y)))] = np.arange(rows) % count
    else:
        number = _deal(rows, rng) % count
    found = tuple(Fold(np.flatnonzero(number != k), np.flatnonzero(number == k)) for k in range(count))
    return _checked(found)


def _by_time(times: pl.Series, count: int) -> tuple[Fold, ...]:
    moment = times.rank("dense").to_numpy().astype(np.int64) - 1
    last = int(moment.max())
    if last < count:
        raise BadInput(f"folds: want at least {count + 1} moments for {count} folds, got {last + 1}.")
    ranks, cuts = np.sort(moment), [0]
    for k in range(1, count + 1):  # where rows of one moment crowd a boundary, the next moment is one
        wanted = int(ranks[k * ranks.size // (count + 1)])
        cuts.append(min(max(wanted, cuts[-1] + 1), last - count + k))
    cuts = [*cuts[1:], last + 1]
    found = [
        Fold(np.flatnonzero(moment < low), np.flatnonzero((moment >= low) & (moment < high)))
        for low, high in pairwise(cuts)
    ]
    return _checked(tuple(found))


def _spread(unit: Rows, dealt: Rows, count: int) -> Rows:
    """Give each group to the fold that has the fewest rows so far, in the order in which groups were dealt."""
    sizes, place, filled = np.bincount(unit), np.empty(dealt.size, dtype=np.int64), np.zeros(count)
    for group in np.argsort(dealt):
        place[group] = int(filled.argmin())
        filled[place[group]] += sizes[group]
    return place[unit]


def _strata(y: npt.NDArray[np.float64]) -> Rows:
    values, place = np.unique(y, return_inverse=True)
    if values.size <= _MOST_CLASSES:
        return place.astype(np.int64)
    return (y.argsort().argsort() * _TENTHS // y.size).astype(np.int64)


def _deal(count: int, rng: np.random.Generator) -> Rows:
    return rng.permutation(count).astype(np.int64)


def _checked(found: tuple[Fold, ...]) -> tuple[Fold, ...]:
    if min(min(f.learn.size, f.check.size) for f in found) < 1:
        sizes = [(f.learn.size, f.check.size) for f in found]
        raise BadInput(f"folds: want rows on both sides of each, got {sizes}. Take fewer folds.")
    return found
