"""One spelling for each value, so that the same content has the same bytes on every machine and in every library.

What counts as the same: a number is its value, whatever type held it (1, 1.0 and a float32 1 are one number; 0.0 and
-0.0 are one; None and NaN are both missing). A text is its UTF-8 bytes, whether it came as text, category or enum;
the empty text is not missing. A moment is its microsecond; one with a time zone is an instant, one without is a
reading of a wall clock, and those differ. True is not 1.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput

Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_EXACT = 1 << 53
"""Up to here every whole number is a float64."""


class Sort(StrEnum):
    """What sort of value a column holds; part of every hash, so that the text ``1`` is not the number."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"
    BYTES = "bytes"
    INSTANT = "instant"
    WALL_CLOCK = "wall clock"
    DATE = "date"
    TIME = "time"
    DURATION = "duration"


class Fixed(NamedTuple):
    """Values of eight bytes.

    Attributes:
        words: One word a row; 0 where missing.
        special: 0 for an ordinary value, 1 for a missing one, 2 for a whole number that no float64 holds.
    """

    words: Words
    special: npt.NDArray[np.uint8]


class Varying(NamedTuple):
    """Values of any length.

    Attributes:
        data: All bytes, one value behind the other, followed by eight bytes of padding.
        starts: Where each value begins, shape (rows,).
        lengths: Bytes of each value; 0 where missing.
        missing: Which rows have no value.
    """

    data: bytes
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    missing: Flags


def sort_of(name: str, dtype: pl.DataType) -> Sort:
    """Tell the sort of a column from its type.

    Raises:
        BadInput: Lists, structs and objects are no values.

    >>> sort_of("a", pl.Int8()).value, sort_of("b", pl.Categorical()).value
    ('number', 'text')
    """
    if isinstance(dtype, pl.Datetime):
        return Sort.WALL_CLOCK if dtype.time_zone is None else Sort.INSTANT
    if dtype.is_numeric() or dtype == pl.Null:
        return Sort.NUMBER
    for sort, types in _SORTS.items():
        if isinstance(dtype, types):
            return sort
    raise BadInput(
        f"column {name}: want numbers, booleans, text or moments, got {dtype}. "
        "Make one column of each part (in polars: unnest a struct, explode a list)."
    )


_SORTS: dict[Sort, tuple[type[pl.DataType], ...]] = {
    Sort.BOOLEAN: (pl.Boolean,),
    Sort.TEXT: (pl.String, pl.Categorical, pl.Enum),
    Sort.BYTES: (pl.Binary,),
    Sort.DATE: (pl.Date,),
    Sort.TIME: (pl.Time,),
    Sort.DURATION: (pl.Duration,),
}


def canonical_column(column: pl.Series) -> Fixed | Varying:
    """Spell out a column; equal values become equal words or equal bytes."""
    sort = sort_of(column.name, column.dtype)
    if sort in (Sort.TEXT, Sort.BYTES):
        return _varying(column)
    if sort is Sort.NUMBER:
        return _number(column)
    if isinstance(column.dtype, pl.Datetime | pl.Duration):
        column = _microseconds(column)
    return _whole(column.to_physical().cast(pl.Int64))


def _varying(column: pl.Series) -> Varying:
    missing = column.is_null().to_numpy()
    raw = column.cast(pl.Binary) if column.dtype == pl.Binary else column.cast(pl.String).cast(pl.Binary)
    filled = raw.fill_null(b"")
    lengths = filled.bin.size().cast(pl.Int64).to_numpy()
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if len(lengths) else lengths
    return Varying(data=_joined(filled) + bytes(8), starts=starts, lengths=lengths, missing=missing)


def _joined(column: pl.Series) -> bytes:
    """Join in the engine where the bytes are text, value by value where they are not."""
    try:
        text = column.cast(pl.String)
    except pl.exceptions.PolarsError:
        return b"".join(column.to_list())
    joined = text.str.join("").item() if len(text) else ""
    return str(joined).encode()


def _number(column: pl.Series) -> Fixed:
    if column.dtype.is_integer() and not _all_exact(column):
        return _wide(column)
    if column.dtype.is_decimal():
        column = _decimal(column)
    values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy() + 0.0  # -0.0 + 0.0 is 0.0
    missing = np.isnan(values)
    values[missing] = 0.0
    return Fixed(words=values.astype("<f8").view("<u8"), special=missing.astype(np.uint8))


def _all_exact(column: pl.Series) -> bool:
    low, high = column.min(), column.max()
    return low is None or (int(str(low)) >= -_EXACT and int(str(high)) <= _EXACT)


def _wide(column: pl.Series) -> Fixed:
    if column.dtype not in (pl.Int64, pl.UInt64):
        raise BadInput(
            f"column {column.name}: want whole numbers of 64 bits, got {column.dtype} beyond 2^53. Write them as text."
        )
    missing = column.is_null().to_numpy()
    whole = column.fill_null(0).to_numpy()
    wide = (whole > _EXACT) | (whole < -_EXACT) if column.dtype == pl.Int64 else whole > _EXACT
    narrow = (np.where(wide, 0, whole).astype("<f8") + 0.0).view("<u8")
    special = missing.astype(np.uint8) + 2 * wide.astype(np.uint8)
    return Fixed(words=np.where(wide, whole.astype("<u8"), narrow), special=special)


def _decimal(column: pl.Series) -> pl.Series:
    exact = column.cast(pl.Float64)
    if (exact.cast(column.dtype) != column).any():
        raise BadInput(
            f"column {column.name}: want decimals that a float64 holds, got {column.dtype} with more digits. "
            "Write it as text or as a whole number of the smallest unit."
        )
    return exact


def _microseconds(column: pl.Series) -> pl.Series:
    """Bring moments to microseconds; finer ones must not lose anything on the way."""
    exact = column.dt.cast_time_unit("us")
    if getattr(column.dtype, "time_unit", "us") == "ns" and (exact.dt.cast_time_unit("ns") != column).any():
        raise BadInput(
            f"column {column.name}: want whole microseconds, got nanoseconds. Round it with dt.round('1us')."
        )
    return exact


def _whole(column: pl.Series) -> Fixed:
    missing = column.is_null().to_numpy()
    return Fixed(words=column.fill_null(0).to_numpy().astype("<i8").view("<u8"), special=missing.astype(np.uint8))
