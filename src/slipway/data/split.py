"""Hold rows out, so that what is said of a model is said of rows it has not seen.

With a time, the latest rows are held out: a model is asked about the future. Without, rows are dealt by chance, or
whole groups are, where rows of one group (an entity, a hospital) resemble each other; either may keep classes in
proportion. Or a column of the data says which rows are held out.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.records.dataset import SplitKind
from slipway.stats.evidence import check_share

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MOST_CLASSES, _TENTHS = 20, 10


class Split(NamedTuple):
    """Which rows go where: disjoint, and together all rows that have a place.

    Attributes:
        kind: How the rows were divided.
        train: Indices of the rows to learn from, increasing.
        test: Indices of the rows held out, increasing.
    """

    kind: SplitKind
    train: Rows
    test: Rows


def split_by_time(times: pl.Series, *, test_share: float) -> Split:
    """Hold out the latest rows; rows of one moment stay together.

    Args:
        times: The moment at which each X was known; any sort that has an order, none missing.
        test_share: Part of the rows to hold out, in (0, 1); ties may make it a little more.

    Raises:
        BadInput: A moment is missing, or there is only one, so that nothing could be held out.

    >>> split_by_time(pl.Series([3, 1, 2, 4, 5]), test_share=0.4).test.tolist()
    [3, 4]
    """
    check_share("test_share", test_share)
    if times.null_count():
        raise BadInput(
            f"time '{times.name}': want a moment in every row, got {times.null_count()} missing. "
            "Drop those rows or leave the time out of the scope."
        )
    if times.n_unique() < 2:
        raise BadInput(f"time '{times.name}': want at least two moments, got {times.n_unique()}.")
    ranks = times.rank("min").to_numpy().astype(np.int64) - 1
    boundary = np.sort(ranks)[max(1, len(ranks) - _held_out(len(ranks), test_share))]
    late = ranks >= (boundary if boundary > 0 else int(ranks[ranks > 0].min()))
    return Split(kind=SplitKind.TIME, train=np.flatnonzero(~late), test=np.flatnonzero(late))


def split_by_chance(rows: int, *, test_share: float, seed: int) -> Split:
    """Hold out rows dealt by chance; the same seed deals the same rows, on every machine.

    Raises:
        BadInput: Fewer than two rows.
    """
    check_share("test_share", test_share)
    if rows < 2:
        raise BadInput(f"rows: want at least 2 to hold one out, got {rows}.")
    test = np.zeros(rows, dtype=np.bool_)
    test[np.random.default_rng(seed).permutation(rows)[: _held_out(rows, test_share)]] = True
    return Split(kind=SplitKind.RANDOM, train=np.flatnonzero(~test), test=np.flatnonzero(test))


def split_by_group(groups: pl.Series, *, test_share: float, seed: int) -> Split:
    """Hold out whole groups dealt by chance, so that no group is on both sides; a missing group is one of its own.

    The share is that of groups, not of rows.

    Raises:
        BadInput: Fewer than two groups.
    """
    names, group = _groups(groups)
    dealt = split_by_chance(names, test_share=test_share, seed=seed)
    test = np.isin(group, dealt.test)
    return Split(kind=SplitKind.GROUP, train=np.flatnonzero(~test), test=np.flatnonzero(test))


def split_stratified(y: Floats, *, test_share: float, seed: int, groups: pl.Series | None = None) -> Split:
    """Hold out the same share of each class, or of each tenth of a number that takes more than twenty values.

    With groups none is on both sides, and the shares are met as nearly as a greedy deal of whole groups can.

    Args:
        y: Truth, shape (rows,), finite.
        test_share: Part of the rows of each stratum to hold out, in (0, 1).
        seed: Seed of the chance.
        groups: Group of each row, or None where each row may go where it will.

    Raises:
        BadInput: A class with one row only, or fewer than two groups.

    >>> y = np.array([0.0] * 80 + [1.0] * 20)
    >>> float(y[split_stratified(y, test_share=0.25, seed=0).test].sum())
    5.0
    """
    check_share("test_share", test_share)
    strata = _strata(y)
    counts = np.bincount(strata)
    if groups is None and counts.min() < 2:
        alone = float(y[np.flatnonzero(strata == counts.argmin())[0]])
        raise BadInput(
            f"split: want two or more rows of each class to hold one out, got one row with {alone:g}. "
            "Leave it out, or split at random."
        )
    test = _deal_rows(strata, test_share, seed) if groups is None else _deal_groups(strata, groups, test_share, seed)
    return Split(kind=SplitKind.STRATIFIED, train=np.flatnonzero(~test), test=np.flatnonzero(test))


def split_by_column(held_out: pl.Series) -> Split:
    """Hold out the rows where a column of booleans (or of 0 and 1) is true.

    Raises:
        BadInput: Another sort of column, a missing value, or nothing on one side.

    >>> split_by_column(pl.Series("fresh", [False, True, False])).test.tolist()
    [1]
    """
    if not (held_out.dtype == pl.Boolean or held_out.dtype.is_numeric()) or held_out.null_count():
        raise BadInput(
            f"split column '{held_out.name}': want true or false in every row, got {held_out.dtype} with "
            f"{held_out.null_count()} missing."
        )
    values = held_out.cast(pl.Float64).to_numpy()
    if not np.isin(values, (0.0, 1.0)).all() or np.unique(values).size != 2:
        raise BadInput(
            f"split column '{held_out.name}': want both true and false, and nothing else, got "
            f"{np.unique(values)[:5].tolist()}."
        )
    return Split(kind=SplitKind.COLUMN, train=np.flatnonzero(values == 0), test=np.flatnonzero(values == 1))


def _groups(groups: pl.Series) -> tuple[int, Rows]:
    codes = groups.cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    names, group = np.unique(codes, return_inverse=True)
    if names.size < 2:
        raise BadInput(f"group '{groups.name}': want at least two groups, got {names.size}.")
    return names.size, group.astype(np.int64)


def _strata(y: Floats) -> Rows:
    values, codes = np.unique(y, return_inverse=True)
    if values.size <= _MOST_CLASSES:
        return codes.astype(np.int64)
    cuts = np.unique(np.quantile(y, np.arange(1, _TENTHS) / _TENTHS))
    return np.unique(np.searchsorted(cuts, y, side="right"), return_inverse=True)[1].astype(np.int64)


def _deal_rows(strata: Rows, share: float, seed: int) -> npt.NDArray[np.bool_]:
    rng, test = np.random.default_rng(seed), np.zeros(strata.size, dtype=np.bool_)
    for stratum in range(int(strata.max()) + 1):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        test[rows[: _held_out(rows.size, share)]] = True
    return test


def _deal_groups(strata: Rows, groups: pl.Series, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Take groups in an order of chance, and hold one out while that brings the strata nearer to their shares."""
    names, group = _groups(groups)
    table = np.zeros((names, int(strata.max()) + 1))
    np.add.at(table, (group, strata), 1.0)
    wanted, held = share * table.sum(axis=0), np.zeros(table.shape[1])
    scale = np.maximum(wanted, 1.0)
    chosen = np.zeros(names, dtype=np.bool_)
    for name in np.random.default_rng(seed).permutation(names):
        if (((held + table[name] - wanted) / scale) ** 2).sum() < (((held - wanted) / scale) ** 2).sum():
            chosen[name] = True
            held += table[name]
    if chosen.all() or not chosen.any():  # a giant among them: the smallest goes to the empty side
        chosen[table.sum(axis=1).argmin()] ^= True
    return np.asarray(chosen[group], dtype=np.bool_)


def _held_out(n: int, share: float) -> int:
    return min(n - 1, max(1, round(n * share)))
