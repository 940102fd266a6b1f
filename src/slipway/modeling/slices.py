"""Where is the model wrong? The worst slices of the data, found on one half of the rows and confirmed on the other.

Among thousands of slices some look bad by luck. So the search sees one half only, and each slice it finds is measured
again on the rows it has not seen, with an interval whose miss probability is shared among all that are measured.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.modeling.bins import Binned, into_bins
from slipway.modeling.slice_search import Found, search
from slipway.records.field import Field
from slipway.records.run import Level, Slice
from slipway.stats.checks import as_floats
from slipway.stats.evidence import FixedInterval
from slipway.stats.fixed import clustered_interval, mean_interval

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_CANDIDATES = 200
_SHARED, _NEARLY = 0.5, 0.8


class Reached(NamedTuple):
    """What somebody else reaches on the rows.

    Attributes:
        by: Who.
        loss: His loss on each row, shape (rows,), or the same number for all where only his mean is known.
    """

    by: Level
    loss: Floats | float


def worst_slices(
    x: pl.DataFrame,
    *,
    fields: Sequence[Field],
    loss: Any,
    seed: int,
    clusters: Any | None = None,
    reached: Reached | None = None,
    depth: int = 3,
    most: int = 5,
    least_share: float = 0.01,
    alpha: float = 0.05,
) -> tuple[Slice, ...]:
    """Return slices on which the loss is confirmed to be higher than elsewhere, largest headroom first.

    Args:
        x: Rows that the model has not learned from, as :func:`slipway.modeling.frame.as_x` makes them; besides X they
            may hold columns that the model never sees, such as tags.
        fields: The columns of ``x`` in order.
        loss: The model's loss on each row, shape (rows,).
        seed: Seed of the halves.
        clusters: Cluster of each row (a day); whole clusters go to one half. None where rows are independent.
        reached: What somebody else reaches on the same rows, for the headroom; None holds slices against the rest.
        depth: The most conditions of a slice, 1 to 4.
        most: The most slices to measure on the fresh half.
        least_share: The smallest part of the rows that a slice may be.
        alpha: Chance that any of the slices returned is no worse than the rest.

    Raises:
        BadInput: Lengths differ, or there are fewer than four rows or clusters to halve.
    """
    losses = as_floats("loss", loss)
    if losses.size != x.height:
        raise BadInput(f"loss: want {x.height} values, one for each row, got {losses.size}.")
    groups = np.arange(x.height) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    if groups.size != x.height or np.unique(groups).size < 4:
        raise BadInput(f"clusters: want {x.height} names of four or more clusters, got {np.unique(groups).size}.")
    seen = _half(groups, seed)
    binned = into_bins(x, fields=fields, learn=np.flatnonzero(seen))
    found = search(
        [b.codes[seen] for b in binned],
        loss=losses[seen],
        least_rows=max(2, round(least_share * int(seen.sum()))),
        depth=depth,
        most=_CANDIDATES,
    )
    chosen = _distinct(found, binned, most)
    fresh = ~seen
    level = None if reached is None else np.broadcast_to(np.asarray(reached.loss, dtype=np.float64), losses.shape)
    measured = [
        _measure(
            _rows(slice_, binned)[fresh],
            losses[fresh],
            level=None if level is None else level[fresh],
            level_of=Level.REST if reached is None else reached.by,
            where=_words(slice_, binned),
            clusters=None if clusters is None else groups[fresh],
            alpha=alpha / len(chosen),
        )
        for slice_ in chosen
    ]
    confirmed = [s for s in measured if s is not None and s.low > 0]
    return tuple(sorted(confirmed, key=lambda s: -s.headroom))


def _half(groups: Ints, seed: int) -> Flags:
    names = int(groups.max()) + 1
    first = np.zeros(names, dtype=np.bool_)
    first[np.random.default_rng(seed).permutation(names)[: names // 2]] = True
    return first[groups]


def _rows(found: Found, binned: Sequence[Binned]) -> Flags:
    inside = [binned[field].codes == code for field, code in found.where]
    return np.asarray(np.logical_and.reduce(inside), dtype=np.bool_)


def _words(found: Found, binned: Sequence[Binned]) -> str:
    return " and ".join(binned[field].words[code] for field, code in found.where)


def _distinct(found: Sequence[Found], binned: Sequence[Binned], most: int) -> list[Found]:
    """Say a thing once, and as simply as it can be said.

    A slice gives way to a more general one that scores nearly as high, and one that mostly shares its rows with a
    slice already chosen is left out.
    """
    scores = {slice_.where: slice_.score for slice_ in found}
    simple = [s for s in found if not any(scores.get(g, 0.0) >= _NEARLY * s.score for g in _more_general(s))]
    chosen: list[tuple[Found, Flags]] = []
    for slice_ in simple:
        rows = _rows(slice_, binned)
        if all((rows & other).sum() <= _SHARED * min(rows.sum(), other.sum()) for _, other in chosen):
            chosen.append((slice_, rows))
        if len(chosen) == most:
            break
    return [slice_ for slice_, _ in chosen]


def _more_general(found: Found) -> Iterator[tuple[tuple[int, int], ...]]:
    return chain.from_iterable(combinations(found.where, level) for level in range(1, len(found.where)))


def _measure(
    inside: Flags,
    loss: Floats,
    *,
    level: Floats | None,
    level_of: Level,
    where: str,
    clusters: Ints | None,
    alpha: float,
) -> Slice | None:
    n = int(inside.sum())
    if not 2 <= n <= loss.size - 2:
        return None
    value, rest = float(loss[inside].mean()), float(loss[~inside].mean())
    gap = _gap_interval(inside, loss, value=value, rest=rest, clusters=clusters, alpha=alpha)
    share = n / loss.size
    reached = rest if level is None else float(level[inside].mean())
    return Slice(
        where=where,
        n=n,
        share=share,
        value=value,
        rest=rest,
        low=gap.low,
        high=gap.high,
        level=reached,
        level_of=level_of,
        headroom=(value - reached) * share,
    )


def _gap_interval(
    inside: Flags, loss: Floats, *, value: float, rest: float, clusters: Ints | None, alpha: float
) -> FixedInterval:
    """Bound the mean inside minus the mean outside, through each row's influence on it."""
    share = float(inside.mean())
    influence = np.where(inside, (loss - value) / share, (rest - loss) / (1 - share))
    each = value - rest + influence
    if clusters is not None and np.unique(clusters).size >= 2:
        return clustered_interval(each, clusters=clusters, alpha=alpha)
    return mean_interval(each, alpha=alpha)
