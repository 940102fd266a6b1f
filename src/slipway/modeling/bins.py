"""Cut X into a few bins a field, each with words for it: what slices are made of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.records.field import Field, FieldKind

Ints = npt.NDArray[np.int64]

_MOST_BINS = 8
_MOST_CATEGORIES = 20


class Binned(NamedTuple):
    """One field in bins.

    Attributes:
        codes: Bin of each row, shape (rows,); -1 where a row is in no bin (a rare category).
        words: What each bin is, such as ``hour in [17, 24)``.
    """

    codes: Ints
    words: tuple[str, ...]


def into_bins(x: pl.DataFrame, *, fields: Sequence[Field], learn: Ints) -> tuple[Binned, ...]:
    """Cut each field: a number at quantiles, a category at its values, missing apart.

    Args:
        x: As :func:`slipway.modeling.frame.as_x` makes it.
        fields: X in order.
        learn: Rows to learn the bins from, so that others stay fresh.
    """
    return tuple(
        _category(x[f.name], learn) if f.kind is FieldKind.CATEGORY else _number(x[f.name], learn, f) for f in fields
    )


def _category(column: pl.Series, learn: Ints) -> Binned:
    counts = column.gather(learn).alias("value").value_counts().sort("count", "value", descending=[True, False])
    names = counts["value"].head(_MOST_CATEGORIES).to_list()
    place = {name: i for i, name in enumerate(names)}
    codes = np.array([place.get(v, -1) for v in column], dtype=np.int64)
    return Binned(codes, tuple(f"{column.name} = {name}" if name else f"{column.name} missing" for name in names))


def _number(column: pl.Series, learn: Ints, field: Field) -> Binned:
    values = column.to_numpy()
    seen = values[learn]
    seen = seen[~np.isnan(seen)]
    distinct = np.unique(seen)
    if distinct.size <= _MOST_BINS:
        codes = np.searchsorted(distinct, values)
        codes = np.where(np.isin(values, distinct), codes, -1)
        words = [_yes_no(field, v) if field.kind is FieldKind.BOOLEAN else f"{field.name} = {v:g}" for v in distinct]
    else:
        cuts = np.unique(np.quantile(seen, np.arange(1, _MOST_BINS) / _MOST_BINS, method="nearest"))
        codes = np.searchsorted(cuts, values, side="right")
        words = [_range(field.name, low, high) for low, high in zip([None, *cuts], [*cuts, None], strict=True)]
    codes = np.where(np.isnan(values), len(words), codes).astype(np.int64)
    return Binned(codes, (*words, f"{field.name} missing"))


def _yes_no(field: Field, value: float) -> str:
    return field.name if value else f"not {field.name}"


def _range(name: str, low: float | None, high: float | None) -> str:
    if low is None:
        return f"{name} < {high:g}"
    return f"{name} >= {low:g}" if high is None else f"{name} in [{low:g}, {high:g})"
