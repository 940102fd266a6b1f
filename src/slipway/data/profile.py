"""What each column looked like when a version was made."""

import polars as pl

from slipway.data.canonical import Sort, sort_of
from slipway.errors import BadInput
from slipway.records.dataset import ColumnProfile
from slipway.records.field import FieldKind

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
TOP = 20


def kind_of(name: str, dtype: pl.DataType) -> FieldKind:
    """Tell the kind of field that a column would make; moments and durations are numbers.

    >>> kind_of("carrier", pl.String()).value, kind_of("time", pl.Datetime("us")).value
    ('category', 'number')
    """
    sort = sort_of(name, dtype)
    if sort is Sort.BOOLEAN:
        return FieldKind.BOOLEAN
    return FieldKind.CATEGORY if sort in (Sort.TEXT, Sort.BYTES) else FieldKind.NUMBER


def profile(table: pl.DataFrame, *, hashes: dict[str, str]) -> tuple[ColumnProfile, ...]:
    """Profile every column, in the order of the table.

    Moments are profiled as seconds since the epoch, durations and times of day as seconds. NaN and None are both
    missing. Quantiles are values that occur (the nearest one), so that a count stays a whole number.

    Args:
        table: Any number of rows.
        hashes: Column name to content hash, from :func:`slipway.data.version.content`.

    Raises:
        BadInput: A column has no hash.

    >>> [p] = profile(pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, None]}), hashes={"x": "ab"})
    >>> p.missing_share, p.mean, round(p.sd, 4), p.quantiles[0], p.quantiles[-1]  # R: sd(1:4)
    (0.2, 2.5, 1.291, 1.0, 4.0)
    """
    if missing := [name for name in table.columns if name not in hashes]:
        raise BadInput(f"hashes: want one for each column, got none for {missing}. Take them from content(table).")
    return tuple(_column(table[name], hashes[name]) for name in table.columns)


def as_number(column: pl.Series) -> pl.Series:
    """Return numbers, booleans or moments as float64 with null for missing; moments in seconds since the epoch."""
    if column.dtype in (pl.Datetime, pl.Duration, pl.Date):
        target = pl.Duration("us") if column.dtype == pl.Duration else pl.Datetime("us")
        return column.cast(target).to_physical().cast(pl.Float64) / 1e6
    if column.dtype == pl.Time:
        return column.to_physical().cast(pl.Float64) / 1e9
    return column.cast(pl.Float64).fill_nan(None)


def _column(column: pl.Series, digest: str) -> ColumnProfile:
    kind = kind_of(column.name, column.dtype)
    if kind is FieldKind.CATEGORY:
        return _category(column, digest)
    values = as_number(column)
    seen = values.drop_nulls()
    ranked = seen.sort()  # once: each quantile and the number of values are then a look at it
    numeric = kind is FieldKind.NUMBER and len(seen) > 0
    return ColumnProfile(
        name=column.name,
        kind=kind,
        hash=digest,
        missing_share=_share(values.null_count(), len(values)),
        distinct=ranked.n_unique(),
        mean=float(seen.mean()) if len(seen) else None,  # type: ignore[arg-type]  # polars types every mean as any literal
        sd=float(seen.std()) if numeric and len(seen) > 1 else None,  # type: ignore[arg-type]  # as above
        quantiles=tuple(float(ranked.quantile(q)) for q in QUANTILES) if numeric else (),  # type: ignore[arg-type]  # as above
        top=_top(_counts(column.cast(pl.String)), rows=len(column)) if kind is FieldKind.BOOLEAN else (),
    )


def _category(column: pl.Series, digest: str) -> ColumnProfile:
    text = column.bin.encode("hex") if column.dtype == pl.Binary else column.cast(pl.String)
    counts = _counts(text)
    return ColumnProfile(
        name=column.name,
        kind=FieldKind.CATEGORY,
        hash=digest,
        missing_share=_share(text.null_count(), len(text)),
        distinct=counts.height,
        top=_top(counts, rows=len(text)),
    )


def _counts(text: pl.Series) -> pl.DataFrame:
    return text.drop_nulls().alias("value").value_counts()


def _top(counts: pl.DataFrame, *, rows: int) -> tuple[tuple[str, float], ...]:
    """Name the most frequent values; of those that are equally frequent the first in the order of the alphabet."""
    frequent = counts.filter(pl.col("count") >= pl.col("count").top_k(TOP).min())
    ranked = frequent.bottom_k(TOP, by=[-pl.col("count").cast(pl.Int64), "value"]).sort(
        ["count", "value"], descending=[True, False]
    )
    return tuple((str(value), _share(int(count), rows)) for value, count in ranked.iter_rows())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
