"""Labels out of a table with one line a label, checked as a whole before any is taken."""

from typing import Any, NamedTuple

import polars as pl

from slipway.data.labels.names import said
from slipway.errors import BadInput, nearest
from slipway.records.label import Label


class LabelColumns(NamedTuple):
    """What the columns of a file of labels are called.

    Attributes:
        row: Which row of the data.
        annotator: Who.
        value: The label.
        at: When; need not be there.
    """

    row: str = "row"
    annotator: str = "annotator"
    value: str = "value"
    at: str = "at"


def labels_from_table(table: pl.DataFrame, *, columns: LabelColumns, guideline: str, source: str) -> list[Label]:
    """Return one label a line; lines without a value are left out.

    Args:
        table: One line a label.
        columns: What its columns are called.
        guideline: Id of the guideline that all of them go by, or empty.
        source: What to call the table in messages.

    Raises:
        BadInput: A column is not there, or a line does not say which row or who, or its moment is none.

    >>> table = pl.DataFrame({"row": ["a"], "annotator": ["ann"], "value": [1.0]})
    >>> labels_from_table(table, columns=LabelColumns(), guideline="", source="it")[0].value
    '1'
    """
    for name in columns[:3]:
        if name not in table.columns:
            raise BadInput(
                f"{source}: want the columns {list(columns[:3])}, got {table.columns}.{nearest(name, table.columns)} "
                "Name other columns with --row, --annotator and --value."
            )
    at_us = _moments(table, columns.at, source)
    labels = []
    lines = zip(*(table[name] for name in columns[:3]), at_us, strict=True)
    for number, (row, annotator, value, at) in enumerate(lines, 1):
        if value is None or value != value:  # noqa: PLR0124 - NaN is no label
            continue
        if row is None or annotator is None or not said(row) or not said(annotator):
            raise BadInput(f"{source}, line {number}: want a row and an annotator, got {row!r} and {annotator!r}.")
        labels.append(Label(row=said(row), annotator=said(annotator), value=said(value), guideline=guideline, at_us=at))
    if not labels:
        raise BadInput(f"{source}: want at least one label, got none in {table.height} lines.")
    return labels


def _moments(table: pl.DataFrame, name: str, source: str) -> list[int | None]:
    if name not in table.columns:
        return [None] * table.height
    column: Any = table[name]
    try:
        if column.dtype == pl.String:
            column = column.str.to_datetime(time_unit="us", time_zone="UTC")
        if column.dtype.is_temporal():
            column = column.cast(pl.Datetime("us")).to_physical()
        return [None if at is None else int(at) for at in column.cast(pl.Int64)]
    except pl.exceptions.PolarsError as error:
        raise BadInput(
            f"{source}, column '{name}': want moments such as 2026-11-23T10:00:00Z, or microseconds since the epoch, "
            f"got {column.dtype}: {str(error).splitlines()[0]}."
        ) from error
