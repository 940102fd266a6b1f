"""Frames as tables for people: the schema of the sealed journal (``docs/reference/journal.md``).

Here missing is null, as SQL has it: NaN in a score (nothing could answer) and in X would poison every mean. No column
bears a word that SQL keeps for itself (``at``, ``offset``).
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl

from slipway.ports import Position
from slipway.records.frame import Frame, PredictionFrame
from slipway.records.held import Column
from slipway.storage.columns import decode_column, rows_of

_MOMENT, _TEXT, _COUNT, _NUMBER = pl.Datetime("us", "UTC"), pl.String(), pl.Int64(), pl.Float64()
_PLACE: dict[str, pl.DataType] = {"segment": _TEXT, "end_offset": _COUNT}
_ATTRIBUTES = {"received_at": "at_us", "of_segment": "segment", "of_offset": "offset"}
_OWN: dict[str, dict[str, pl.DataType]] = {
    "predictions": {
        "received_at": _MOMENT,
        "id": _TEXT,
        "entity": _TEXT,
        "route": _TEXT,
        "route_version": _COUNT,
        "arm": _TEXT,
        "fallback": pl.Boolean(),
        "score": _NUMBER,
        "latency_us": _COUNT,
        "shadows": pl.List(pl.String),
    },
    "shadows": {
        "id": _TEXT,
        "arm": _TEXT,
        "score": _NUMBER,
        "error": _TEXT,
        "of_segment": _TEXT,
        "of_offset": _COUNT,
    },
    "outcomes": {"received_at": _MOMENT, "id": _TEXT, "value": _NUMBER},
}

SCHEMAS: dict[str, pl.Schema] = {kind: pl.Schema({**own, **_PLACE}) for kind, own in _OWN.items()}
"""Columns of each kind of frame, in order; predictions have one more for each field of X, ``x_<field>``."""


def tables_of(frames: Iterable[tuple[Frame, Position]]) -> dict[str, pl.DataFrame]:
    """Return one table for each kind of frame, rows in the order written.

    A field that is absent from some frames is null there; one that changed its kind among them is text in all.
    """
    columns: dict[str, dict[str, list[Any]]] = {kind: {name: [] for name in schema} for kind, schema in SCHEMAS.items()}
    x: dict[str, list[tuple[int, Column]]] = {}
    for frame, position in frames:
        rows, kind = rows_of(frame), str(frame.__struct_config__.tag)
        if isinstance(frame, PredictionFrame):
            start = len(columns[kind]["id"])
            for name, column in frame.x.items():
                x.setdefault(name, []).append((start, column))
        for name, values in columns[kind].items():
            values.extend(_values(frame, name, rows=rows, position=position))
    tables = {kind: pl.DataFrame(columns[kind], schema=schema).fill_nan(None) for kind, schema in SCHEMAS.items()}
    predictions = tables["predictions"]
    tables["predictions"] = predictions.with_columns(
        _field(f"x_{name}", parts, rows=predictions.height) for name, parts in x.items()
    )
    return tables


def _values(frame: Frame, name: str, *, rows: int, position: Position) -> list[Any]:
    if name in _PLACE:
        return [position.segment if name == "segment" else position.offset] * rows
    value = getattr(frame, _ATTRIBUTES.get(name, name))
    return value if isinstance(value, list) else [value] * rows


def _field(name: str, parts: list[tuple[int, Column]], *, rows: int) -> pl.Series:
    if all(isinstance(column, bytes) for _, column in parts):
        numbers = np.full(rows, np.nan)
        for start, column in parts:
            values = decode_column(column)
            numbers[start : start + len(values)] = values
        return pl.Series(name, numbers).fill_nan(None)
    texts: list[str | None] = [None] * rows
    for start, column in parts:
        listed = column if isinstance(column, list) else _as_text(column)
        texts[start : start + len(listed)] = listed
    return pl.Series(name, texts, dtype=pl.String)


def _as_text(numbers: bytes) -> list[str | None]:
    return [None if math.isnan(v) else repr(v) for v in decode_column(numbers).tolist()]
