"""Hold rows out, so that what is said of a model is said of rows it has not seen.

With a time, the latest rows are held out: a model is asked about the future. Without, rows are dealt by chance, or
whole groups are, where rows of one group (an entity, a hospital) resemble each other; either may keep classes in
proportion. Or a column of the data says which rows are held out.

Chance is a keyed hash of what a row or a group *is*, never of where it stands: rows in another order are divided the
same, copies of a row go where it goes, and rows that come later move only those near the boundary.
"""

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.mixing import mix
from slipway.data.version import row_hashes
from slipway.errors import BadInput
from slipway.records.dataset import SplitKind
from slipway.stats.evidence import check_share

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

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


def split_by_chance(rows: Words, *, test_share: float, seed: int) -> Split:
    """Hold out rows dealt by chance; the same seed deals the same rows, in whatever order they come.

    Args:
        rows: The hash of each row, shape (rows,); equal ones go to the same side, so that the share may be more.
        test_share: Part of the rows to hold out, in (0, 1).
        seed: Seed of the chance.

    Raises:
        BadInput: Fewer than two rows that differ.
    """
    check_share("test_share", test_share)
    dealt = _dealt(rows, seed)
    if (found := _different(dealt).size) < 2:
        raise BadInput(f"rows: want at least 2 that differ to hold one out, got {found} of {rows.size}.")
    return _split(SplitKind.RANDOM, _lowest(dealt, test_share))


def split_by_group(groups: pl.Series, *, test_share: float, seed: int) -> Split:
    """Hold out whole groups dealt by chance, so that no group is on both sides; a missing group is one of its own.

    The share is that of groups, not of rows.

    Raises:
        BadInput: Fewer than two groups.
    """
    check_share("test_share", test_share)
    dealt = _dealt_groups(groups, seed)
    names = _different(dealt)
    return _split(SplitKind.GROUP, dealt < names[_held_out(names.size, test_share)])


def split_stratified(y: Floats, *, rows: Words, test_share: float, seed: int, groups: pl.Series | None = None) -> Split:
    """Hold out the same share of each class, or of each tenth of a number that takes more than twenty values.

    With groups none is on both sides, and the shares are met as nearly as a greedy deal of whole groups can.

    Args:
        y: Truth, shape (rows,), finite.
        rows: The hash of each row, shape (rows,); of one class, equal ones go to the same side.
        test_share: Part of the rows of each stratum to hold out, in (0, 1).
        seed: Seed of the chance.
        groups: Group of each row, or None where each row may go where it will.

    Raises:
        BadInput: A class whose rows are all one, or fewer than two groups.

    >>> y = np.array([0.0] * 80 + [1.0] * 20)
    >>> float(y[split_stratified(y, rows=np.arange(100, dtype=np.uint64), test_share=0.25, seed=0).test].sum())
    5.0
    """
    check_share("test_share", test_share)
    strata = strata_of(y)
    if groups is not None:
        return _split(SplitKind.STRATIFIED, _deal_groups(strata, _dealt_groups(groups, seed), test_share))
    dealt, test = _dealt(rows, seed), np.zeros(strata.size, dtype=np.bool_)
    for stratum in range(int(strata.max()) + 1):
        here = np.flatnonzero(strata == stratum)
        if dealt[here].min() == dealt[here].max():
            raise BadInput(
                f"split: want two or more rows of each class to hold one out, got one row with {float(y[here[0]]):g}. "
                "Leave it out, or split at random."
            )
        test[here] = _lowest(dealt[here], test_share)
    return _split(SplitKind.STRATIFIED, test)


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


def strata_of(y: Floats) -> Rows:
    """Return the stratum of each row, from 0: its class, or the tenth of a number that takes more than twenty values.

    >>> strata_of(np.array([1.0, 0.0, 1.0])).tolist()
    [1, 0, 1]
    """
    values, codes = np.unique(y, return_inverse=True)
    if values.size <= _MOST_CLASSES:
        return codes.astype(np.int64)
    cuts = np.unique(np.quantile(y, np.arange(1, _TENTHS) / _TENTHS))
    return np.unique(np.searchsorted(cuts, y, side="right"), return_inverse=True)[1].astype(np.int64)


def _split(kind: SplitKind, test: Flags) -> Split:
    return Split(kind=kind, train=np.flatnonzero(~test), test=np.flatnonzero(test))


def _dealt(hashes: Words, seed: int) -> Words:
    """Return the place of each row in an order of chance; only equal rows have the same."""
    key = hashlib.blake2b(f"slipway split {seed}".encode(), digest_size=8).digest()
    return mix(hashes ^ np.frombuffer(key, dtype="<u8"))


def _dealt_groups(groups: pl.Series, seed: int) -> Words:
    dealt = _dealt(row_hashes(groups.to_frame())[:, 0], seed)
    if (names := _different(dealt).size) < 2:
        raise BadInput(f"group '{groups.name}': want at least two groups, got {names}.")
    return dealt


def _different(dealt: Words) -> Words:
    """Return each place once, in order, as numpy's unique does; of millions of words in a hundredth of its time."""
    ranks = np.sort(dealt)
    return ranks[np.concatenate([[True], ranks[1:] != ranks[:-1]])] if ranks.size else ranks


def _lowest(dealt: Words, share: float) -> Flags:
    """Hold out the first rows in the order of chance; equal rows stay together, and not all are held out."""
    ranks = np.sort(dealt)
    last = ranks[_held_out(ranks.size, share) - 1]
    return np.asarray(dealt <= (last if last < ranks[-1] else ranks[ranks < last].max()), dtype=np.bool_)


def _deal_groups(strata: Rows, dealt: Words, share: float) -> Flags:
    """Take groups in an order of chance, and hold one out while that brings the strata nearer to their shares."""
    names, group = np.unique(dealt, return_inverse=True)
    table = np.zeros((names.size, int(strata.max()) + 1))
    np.add.at(table, (group, strata), 1.0)
    wanted, held = share * table.sum(axis=0), np.zeros(table.shape[1])
    scale = np.maximum(wanted, 1.0)
    chosen = np.zeros(names.size, dtype=np.bool_)
    for name in range(names.size):
        if (((held + table[name] - wanted) / scale) ** 2).sum() < (((held - wanted) / scale) ** 2).sum():
            chosen[name] = True
            held += table[name]
    if chosen.all() or not chosen.any():  # a giant among them: the smallest goes to the empty side
        chosen[table.sum(axis=1).argmin()] ^= True
    return np.asarray(chosen[group], dtype=np.bool_)


def _held_out(n: int, share: float) -> int:
    return min(n - 1, max(1, round(n * share)))
