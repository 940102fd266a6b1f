"""How versions were divided that were made before rows were dealt by their content: by where each row stood.

Only to find the rows that such a version holds out, in the order in which it keeps them; nothing new is divided so.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.split import Split, strata_of
from slipway.records.dataset import SplitKind

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def split_by_place(kind: SplitKind, *, y: Floats, groups: pl.Series | None, test_share: float, seed: int) -> Split:
    """Return the rows that were held out.

    Args:
        kind: Random, group or stratified; by time and by column no chance was needed.
        y: Truth, shape (rows,), in the order in which the rows are kept.
        groups: Group of each row, where groups were kept whole.
        test_share: Part that was held out.
        seed: Seed of the chance that dealt.

    >>> split_by_place(SplitKind.RANDOM, y=np.zeros(12), groups=None, test_share=0.3, seed=5).test.tolist()
    [1, 3, 9, 11]
    """
    chance = np.random.default_rng(seed)
    test = np.zeros(y.size, dtype=np.bool_)
    if kind is SplitKind.RANDOM:
        test[chance.permutation(y.size)[: _held_out(y.size, test_share)]] = True
    elif kind is SplitKind.GROUP and groups is not None:
        names, group = _groups(groups)
        test = np.isin(group, chance.permutation(names)[: _held_out(names, test_share)])
    elif groups is not None:
        test = _deal_groups(strata_of(y), groups, test_share, chance)
    else:
        strata = strata_of(y)
        for stratum in range(int(strata.max()) + 1):
            rows = chance.permutation(np.flatnonzero(strata == stratum))
            test[rows[: _held_out(rows.size, test_share)]] = True
    return Split(kind=kind, train=np.flatnonzero(~test), test=np.flatnonzero(test))


def _groups(groups: pl.Series) -> tuple[int, Rows]:
    codes = groups.cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    names, group = np.unique(codes, return_inverse=True)
    return names.size, group.astype(np.int64)


def _deal_groups(strata: Rows, groups: pl.Series, share: float, chance: np.random.Generator) -> npt.NDArray[np.bool_]:
    names, group = _groups(groups)
    table = np.zeros((names, int(strata.max()) + 1))
    np.add.at(table, (group, strata), 1.0)
    wanted, held = share * table.sum(axis=0), np.zeros(table.shape[1])
    scale = np.maximum(wanted, 1.0)
    chosen = np.zeros(names, dtype=np.bool_)
    for name in chance.permutation(names):
        if (((held + table[name] - wanted) / scale) ** 2).sum() < (((held - wanted) / scale) ** 2).sum():
            chosen[name] = True
            held += table[name]
    if chosen.all() or not chosen.any():
        chosen[table.sum(axis=1).argmin()] ^= True
    return np.asarray(chosen[group], dtype=np.bool_)


def _held_out(n: int, share: float) -> int:
    return min(n - 1, max(1, round(n * share)))
