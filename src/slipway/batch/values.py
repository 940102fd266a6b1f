"""Columns of a file as the values that a request would carry. Pure.

Files know fewer or other types than JSON. A null and a NaN are missing; a whole number 0 or 1 may stand for false or
true; text of a CSV file is read as the field's kind. What cannot be read stays as it is, for the decoder to refuse.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from slipway.errors import BadInput, nearest
from slipway.records.field import Field, FieldKind
from slipway.records.texts import Texts
from slipway.serving.tabular import Values

_TEXTS = (pl.String, pl.Categorical, pl.Enum)
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
_WANTED = {FieldKind.NUMBER: "numbers", FieldKind.BOOLEAN: "true and false", FieldKind.CATEGORY: "text"}


def check_columns(
    schema: Mapping[str, pl.DataType], *, fields: Sequence[Field], others: Sequence[str], untyped: bool, where: str
) -> None:
    """Return if each column that is wanted is there and holds values of its kind.

    A column of the wrong kind would refuse every row, and one that is missing might be misspelt, also where its field
    is not required; either is said once, before anything is scored.

    Args:
        schema: Columns of the file.
        fields: Fields of X.
        others: Columns wanted beside them: the entity, the id, what is to be kept.
        untyped: Whether the file has text only, as CSV does.
        where: Name of the file.

    Raises:
        BadInput: Names each column, what was wanted, and the nearest spelling.

    >>> check_columns(
    ...     {"dely": pl.Float64()},
    ...     fields=[Field(name="delay", kind=FieldKind.NUMBER)],
    ...     others=[],
    ...     untyped=False,
    ...     where="in.parquet",
    ... )  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    slipway.errors.BadInput: in.parquet: want a column 'delay', got none. Did you mean 'dely'? ...
    """
    missing = [n for n in dict.fromkeys([*(f.name for f in fields), *others]) if n not in schema]
    if missing:
        told = " ".join(f"want a column '{n}', got none.{nearest(n, schema)}" for n in missing)
        raise BadInput(
            f"{where}: {told} Columns are {', '.join(schema)}. Where a value is not known, give the column with nulls."
        )
    odd = [f for f in fields if not untyped and not _may_hold(schema[f.name], f.kind)]
    if odd:
        told = " ".join(f"column '{f.name}': want {_WANTED[f.kind]}, got {schema[f.name]}." for f in odd)
        raise BadInput(f"{where}: {told} Cast it when the file is written.")


def check_names(schema: Mapping[str, pl.DataType], *, names: Sequence[str], where: str) -> None:
    """Return if columns hold what can name somebody: text or whole numbers.

    Raises:
        BadInput: Names the column and its type.
    """
    for name in names:
        kind = schema[name]
        if not (kind in _TEXTS or kind.is_integer() or kind == pl.Null):
            raise BadInput(f"{where}: column '{name}': want text or whole numbers, got {kind}. Cast it to text.")


def values_of(column: pl.Series, *, kind: FieldKind | None, untyped: bool = False) -> Values:
    """Return a column as :class:`slipway.serving.tabular.ColumnDecoder` takes it.

    Args:
        column: As read.
        kind: Kind of its field; None for an entity that is not one of the fields.
        untyped: Whether all of the file is text.

    >>> values_of(pl.Series([1, None]), kind=FieldKind.NUMBER).tolist()
    [1.0, nan]
    >>> values_of(pl.Series(["1.5", "x", None]), kind=FieldKind.NUMBER, untyped=True)
    [1.5, 'x', None]
    >>> values_of(pl.Series([0, 1, 7]), kind=FieldKind.BOOLEAN)
    [False, True, 7]
    """
    if column.dtype in _TEXTS:
        text = column.cast(pl.String)
        if kind is None and not text.null_count():
            return texts_of(text)
        return _read(text, kind) if untyped and kind in (FieldKind.NUMBER, FieldKind.BOOLEAN) else text.to_list()
    if column.dtype == pl.Null:
        return [None] * len(column)
    if kind is FieldKind.BOOLEAN and column.dtype.is_integer():
        return [bool(v) if v in (0, 1) else v for v in column.to_list()]
    if column.dtype == pl.Boolean or (kind is not FieldKind.NUMBER and column.null_count()):
        return column.to_list()
    if column.dtype.is_decimal():
        column = column.cast(pl.Float64)
    return column.to_numpy()


def texts_of(column: pl.Series) -> Texts:
    """Return a column of text, none of it missing, without an object a row.

    >>> texts_of(pl.Series(["a", "éb"])).lengths.tolist()
    [1, 3]
    """
    return Texts.cut(column.str.join("").item().encode(), column.str.len_bytes().to_numpy())


def _may_hold(dtype: pl.DataType, kind: FieldKind) -> bool:
    if dtype == pl.Null:
        return True
    if kind is FieldKind.CATEGORY:
        return dtype in _TEXTS
    if kind is FieldKind.BOOLEAN:
        return dtype == pl.Boolean or dtype.is_integer()
    return dtype.is_numeric()


def _read(text: pl.Series, kind: FieldKind | None) -> Values:
    if kind is FieldKind.BOOLEAN:
        return [None if v is None else _TRUTH.get(v.strip().lower(), v) for v in text.to_list()]
    numbers = text.str.strip_chars().cast(pl.Float64, strict=False)
    if numbers.null_count() == text.null_count():
        return numbers.to_numpy()
    return [said if number is None else number for number, said in zip(numbers.to_list(), text.to_list(), strict=True)]
