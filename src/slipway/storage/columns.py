"""Between columns in memory and columns in a frame; the one place that knows both forms.

In memory a field is a float64 array (NaN is missing; a boolean is 0 or 1) or an object array of text or None. In a
frame it is little-endian float64 bytes or a list.
"""

from collections.abc import Hashable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import asdict

from slipway.errors import BadInput
from slipway.ports import Columns, Floats
from slipway.records.frame import DecisionFrame, Frame, MetricFrame, OutcomeFrame, PredictionFrame
from slipway.records.handover import People
from slipway.records.held import Column, Held

_NUMBER = np.dtype("<f8")


def rows_of(frame: Frame) -> int:
    """Return the number of rows of a frame."""
    return len(frame.id)


def encode_column(values: npt.NDArray[Any], *, name: str = "column") -> Column:
    """Turn one field's values into what a frame holds.

    Args:
        values: Shape (rows,): any real or boolean dtype, or objects that are text or None.
        name: Field name, for the message.

    Raises:
        BadInput: Not one-dimensional, or an object that is neither text nor None.

    >>> encode_column(np.array([1.0])).hex()  # IEEE 754 double 1.0 is 3ff0000000000000, little end first
    '000000000000f03f'
    >>> encode_column(np.array(["EV", None], dtype=object))
    ['EV', None]
    """
    if values.ndim != 1:
        raise BadInput(f"field {name}: want one value a row, shape (rows,), got shape {values.shape}.")
    if values.dtype.kind in "biuf":
        return values.astype(_NUMBER, copy=False).tobytes()
    listed: list[str | None] = values.tolist()
    if odd := {type(v) for v in listed} - {str, type(None)}:
        names = sorted(t.__name__ for t in odd)
        raise BadInput(f"field {name}: want text or None in a category, or a float64 array; got {', '.join(names)}.")
    return listed


def decode_column(column: Column) -> npt.NDArray[Any]:
    """Turn what a frame holds back into an array; numbers come as a read-only view of the frame's bytes."""
    if isinstance(column, bytes):
        return np.frombuffer(column, dtype=_NUMBER)
    out = np.empty(len(column), dtype=object)
    out[:] = column
    return out


def encode_columns(columns: Columns) -> dict[str, Column]:
    """Turn a batch of X into what a prediction frame holds."""
    return {name: encode_column(values, name=name) for name, values in columns.items()}


def columns_of(parts: Sequence[Held]) -> dict[str, npt.NDArray[Any]]:
    """Return the X of some frames as arrays, field by field, end to end; read-only, or views of one block.

    Args:
        parts: At least one; all with the same fields in the same order and form (:func:`form_of`).

    >>> two = Held({}, names=("a", "b"), block=np.array([[1.0, 2.0]]).tobytes())
    >>> columns_of([two, two])["b"].tolist()
    [2.0, 2.0]
    """
    first = parts[0]
    found: dict[str, npt.NDArray[Any]] = dict(zip(first.names, block_of(parts).T, strict=True))
    for name in first.columns:
        found[name] = _end_to_end([part.columns[name] for part in parts])
    return found


def joined_people(frames: Sequence[PredictionFrame]) -> People | None:
    """Return what people have to do with the rows of some frames, end to end; None where with those of none.

    Args:
        frames: All with people, or all without.
    """
    found = [frame.people for frame in frames if frame.people is not None]
    if not found:
        return None
    return People(**{n: list(chain.from_iterable(getattr(p, n) for p in found)) for n in People.__struct_fields__})


def block_of(parts: Sequence[Held]) -> Floats:
    """Return the blocks of some frames of one form end to end, shape (rows, fields of the block)."""
    names = len(parts[0].names)
    if not names:
        return np.empty((0, 0))
    return np.frombuffer(b"".join([part.block for part in parts]), dtype=_NUMBER).reshape(-1, names)


def form_of(held: Held) -> Hashable:
    """Return what two frames must have in common so that their X may be laid end to end."""
    return held.names, tuple((name, type(column)) for name, column in held.columns.items())


def _end_to_end(parts: list[Any]) -> npt.NDArray[Any]:
    return decode_column(b"".join(parts) if isinstance(parts[0], bytes) else list(chain.from_iterable(parts)))


def check_frame(frame: Frame) -> None:
    """Refuse a frame whose columns differ in length, before it can reach the disk.

    Raises:
        BadInput: Names the column, and both lengths.
    """
    rows = rows_of(frame)
    if _is_even(frame, rows):
        return
    for name, length in _lengths(frame):
        if length != rows:
            raise BadInput(f"{type(frame).__name__}.{name}: want {rows} rows, one an id, got {length:g}.")


def _is_even(frame: Frame, rows: int) -> bool:
    """Answer fast, for every tick passes here; :func:`_lengths` finds the name when the answer is no."""
    if type(frame) is not PredictionFrame:
        return False
    f = frame
    if f.people is not None:
        return False
    own = len(f.at_us) == len(f.entity) == len(f.arm) == len(f.fallback) == len(f.score) == len(f.latency_us) == rows
    return own and f.x.is_even(rows)


def _lengths(frame: Frame) -> list[tuple[str, float]]:
    if isinstance(frame, PredictionFrame):
        named = ("at_us", "entity", "arm", "fallback", "score", "latency_us")
        x = [(f"x[{k!r}]", len(c) / 8 if isinstance(c, bytes) else len(c)) for k, c in frame.x.columns.items()]
        if frame.x.names:
            x.append((f"x[{', '.join(frame.x.names)}]", len(frame.x.block) / 8 / len(frame.x.names)))
        people = [] if frame.people is None else [(f"people.{n}", len(c)) for n, c in asdict(frame.people).items()]
        return [(n, len(getattr(frame, n))) for n in named] + people + x
    if isinstance(frame, OutcomeFrame):
        return [("at_us", len(frame.at_us)), ("value", len(frame.value))]
    if isinstance(frame, DecisionFrame):
        part = ("part",) if frame.part else ()
        return [(n, len(getattr(frame, n))) for n in ("at_us", "value", "by", "decided_us", "saw", *part)]
    if isinstance(frame, MetricFrame):
        return [(n, len(getattr(frame, n))) for n in ("at_us", "metric", "value")]
    return [("score", len(frame.score))]
