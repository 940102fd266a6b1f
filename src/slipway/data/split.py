"""Hold rows out, so that what is said of a model is said of rows it has not seen.

With a time, the latest rows are held out: a model is asked about the future. Without, rows are dealt by chance, or
whole entities are, where rows of one entity resemble each other.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.records.dataset import SplitKind
from slipway.stats.evidence import check_share

Rows = npt.NDArray[np.int64]


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


def split_by_entity(entities: pl.Series, *, test_share: float, seed: int) -> Split:
    """Hold out whole entities dealt by chance, so that no entity is on both sides; a missing entity is one of its own.

    The share is that of entities, not of rows.

    Raises:
        BadInput: Fewer than two entities.
    """
    codes = entities.cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    names, group = np.unique(codes, return_inverse=True)
    if names.size < 2:
        raise BadInput(f"entity '{entities.name}': want at least two entities, got {names.size}.")
    dealt = split_by_chance(names.size, test_share=test_share, seed=seed)
    test = np.isin(group, dealt.test)
    return Split(kind=SplitKind.ENTITY, train=np.flatnonzero(~test), test=np.flatnonzero(test))


def _held_out(n: int, share: float) -> int:
    return min(n - 1, max(1, round(n * share)))
