"""Frames as tables for people: the schema of the sealed journal (``docs/reference/journal.md``).

Here missing is null, as SQL has it: NaN in a score (nothing could answer) and in X would poison every mean. No column
bears a word that SQL keeps for itself (``at``, ``offset``).
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.ports import Position
from slipway.records.frame import DecisionFrame, Frame, MetricFrame, PredictionFrame, ShadowFrame
from slipway.records.handover import People
from slipway.storage.columns import columns_of, form_of, joined_people, rows_of

Placed = tuple[Frame, Position]
PIECE_FRAMES, PIECE_ROWS = 1024, 65_536
"""How much is turned into a table at once: many small frames fall out of the processor's cache."""

_MOMENT, _TEXT, _COUNT, _NUMBER = pl.Datetime("us", "UTC"), pl.String(), pl.Int64(), pl.Float64()
_PLACE: dict[str, pl.DataType] = {"segment": _TEXT, "end_offset": _COUNT}
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
        "course": _TEXT,
        "asked": _TEXT,
        "suggestion": _NUMBER,
        "shown": pl.Boolean(),
        "due_at": _MOMENT,
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
    "decisions": {
        "received_at": _MOMENT,
        "id": _TEXT,
        "decision": _NUMBER,
        "decided_by": _TEXT,
        "decided_at": _MOMENT,
        "saw_answer": pl.Boolean(),
        "part": _TEXT,
    },
    "metrics": {"received_at": _MOMENT, "id": _TEXT, "metric": _TEXT, "value": _NUMBER},
}

SCHEMAS: dict[str, pl.Schema] = {kind: pl.Schema({**own, **_PLACE}) for kind, own in _OWN.items()}
"""Columns of each kind of frame, in order; predictions have one more for each field of X, ``x_<field>``."""


def tables_of(frames: Iterable[Placed]) -> dict[str, pl.DataFrame]:
    """Return one table for each kind of frame, rows in the order written.

    A field that is absent from some frames is null there; one that changed its kind among them is text in all.
    """
    parts: dict[str, list[pl.DataFrame]] = {kind: [] for kind in SCHEMAS}
    for piece in _pieces(frames):
        for alike in map(list, (group for _, group in groupby(piece, key=_alike))):
            kind, table = _table(alike)
            parts[kind].append(table)
    return {
        kind: pl.concat(tables, how="diagonal_relaxed") if tables else pl.DataFrame(schema=SCHEMAS[kind])
        for kind, tables in parts.items()
    }


def _pieces(frames: Iterable[Placed]) -> Iterator[list[Placed]]:
    """Yield frames in pieces, kind by kind within a piece."""
    held: list[Placed] = []
    rows = 0
    for placed in frames:
        held.append(placed)
        rows += rows_of(placed[0])
        if rows >= PIECE_ROWS or len(held) >= PIECE_FRAMES:
            yield sorted(held, key=_kind)
            held, rows = [], 0
    yield sorted(held, key=_kind)


def _kind(placed: Placed) -> str:
    return str(placed[0].__struct_config__.tag)


def _alike(placed: Placed) -> Hashable:
    """Return what the rows of neighbours must have in common to be one table."""
    frame, position = placed
    match frame:
        case PredictionFrame():
            return (
                position.segment,
                frame.route,
                frame.route_version,
                frame.shadows,
                frame.people is None,
                form_of(frame.x),
            )
        case ShadowFrame():
            return position.segment, frame.arm, frame.error, frame.segment
        case _:
            return _kind(placed), position.segment


def _table(alike: Sequence[Placed]) -> tuple[str, pl.DataFrame]:
    frames: list[Any] = [frame for frame, _ in alike]
    sizes = [rows_of(frame) for frame in frames]
    first, segment = frames[0], alike[0][1].segment
    columns: dict[str, Any] = {}
    if not isinstance(first, ShadowFrame):
        columns["received_at"] = _ints(f.at_us for f in frames)
    columns["id"] = _joined(f.id for f in frames)
    if isinstance(first, PredictionFrame):
        columns |= {"entity": _joined(f.entity for f in frames), "route": first.route}
        columns |= {"route_version": first.route_version, "arm": _joined(f.arm for f in frames)}
        columns |= {"fallback": _joined(f.fallback for f in frames), "score": _floats(f.score for f in frames)}
        columns |= {"latency_us": _ints(f.latency_us for f in frames), "shadows": list(first.shadows)}
        columns |= _people(joined_people(frames))
    elif isinstance(first, ShadowFrame):
        columns |= {"arm": first.arm, "score": _floats(f.score for f in frames), "error": first.error}
        columns |= {"of_segment": first.segment, "of_offset": np.repeat([f.offset for f in frames], sizes)}
    elif isinstance(first, DecisionFrame):
        columns |= {"decision": _floats(f.value for f in frames), "decided_by": _joined(f.by for f in frames)}
        columns |= {"decided_at": _ints(f.decided_us for f in frames), "saw_answer": _joined(f.saw for f in frames)}
        columns["part"] = [part or None for f in frames for part in f.part or [""] * len(f.id)]
    else:
        if isinstance(first, MetricFrame):
            columns["metric"] = _joined(f.metric for f in frames)
        columns["value"] = _floats(f.value for f in frames)
    columns |= {"segment": segment, "end_offset": np.repeat([position.offset for _, position in alike], sizes)}
    kind, rows = _kind(alike[0]), sum(sizes)
    made = [_series(name, columns[name], dtype=dtype, rows=rows) for name, dtype in SCHEMAS[kind].items()]
    if isinstance(first, PredictionFrame):
        made += [_field(f"x_{name}", values) for name, values in columns_of([f.x for f in frames]).items()]
    return kind, pl.DataFrame(made).fill_nan(None)


def _people(people: People | None) -> dict[str, Any]:
    if people is None:
        return dict.fromkeys(("course", "asked", "suggestion", "shown", "due_at"))
    return {
        "course": people.course,
        "asked": [name or None for name in people.asked],
        "suggestion": np.array(people.suggestion, dtype=np.float64),
        "shown": people.shown,
        "due_at": [us or None for us in people.due_us],
    }


def _series(name: str, values: Any, *, dtype: pl.DataType, rows: int) -> pl.Series:
    """Return a column of one value a row, or of one value for all."""
    if isinstance(values, np.ndarray):
        return pl.Series(name, values).cast(dtype)
    if isinstance(values, list) and dtype != pl.List(pl.String):
        return pl.Series(name, values, dtype=dtype)
    return pl.Series(name, [values], dtype=dtype).new_from_index(0, rows)


def _field(name: str, values: npt.NDArray[Any]) -> pl.Series:
    if values.dtype == object:
        return pl.Series(name, values.tolist(), dtype=pl.String)
    return pl.Series(name, np.ascontiguousarray(values))


def _joined(parts: Iterable[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(parts))


def _ints(parts: Iterable[list[int]]) -> npt.NDArray[np.int64]:
    return np.array(_joined(parts), dtype=np.int64)


def _floats(parts: Iterable[list[float]]) -> npt.NDArray[np.float64]:
    return np.array(_joined(parts), dtype=np.float64)
