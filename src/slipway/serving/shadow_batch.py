"""Requests out of the journal as a batch for a shadow arm. Pure."""

from collections.abc import Sequence
from itertools import groupby
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.records.field import Field, FieldKind
from slipway.records.frame import PredictionFrame
from slipway.records.held import Held
from slipway.runtime.batch import Batch, BatchPlan
from slipway.storage.columns import block_of, columns_of, form_of

Index = npt.NDArray[np.intp]


def unanswered_by(arm: str, frames: Sequence[PredictionFrame]) -> list[Index | None]:
    """Return, for each frame, the rows that the arm has not answered itself, None for all of them.

    A comparison of an arm with itself says nothing.
    """
    return [
        np.array([i for i, by in enumerate(frame.arm) if by != arm], np.intp) if arm in frame.arm else None
        for frame in frames
    ]


def batch_of(frames: Sequence[PredictionFrame], *, rows: Sequence[Index | None], fields: Sequence[Field]) -> Batch:
    """Return the chosen rows of some frames as one batch over the fields.

    A field that the journal does not hold, or holds as a pseudonym where a number is wanted, is missing.

    Args:
        frames: At least one.
        rows: Indices of the chosen rows, one array a frame; None is all.
        fields: Fields of X.
    """
    plan = BatchPlan(fields)
    parts: list[Batch] = []
    chosen = zip(frames, rows, strict=True)
    for _, alike in groupby(chosen, key=lambda pair: form_of(pair[0].x)):  # mostly all of them
        some, places = zip(*alike, strict=True)
        whole = _whole([frame.x for frame in some], sum(len(frame.id) for frame in some), plan, fields)
        parts.append(whole if set(map(type, places)) == {NoneType} else whole.take(_end_to_end(some, places)))
    return plan.join(parts)


def _end_to_end(frames: Sequence[PredictionFrame], rows: Sequence[Index | None]) -> Index:
    """Return where the chosen rows of each frame lie once the frames are laid end to end."""
    chosen, before = [], 0
    for frame, at in zip(frames, rows, strict=True):
        size = len(frame.id)
        chosen.append((np.arange(size) if at is None else at) + before)
        before += size
    return np.concatenate(chosen)


def _whole(held: Sequence[Held], rows: int, plan: BatchPlan, fields: Sequence[Field]) -> Batch:
    columns = columns_of(held)
    numbers = tuple(f.name for f in fields if f.kind is not FieldKind.CATEGORY)
    texts = {f.name: _text(columns.get(f.name), rows) for f in fields if f.kind is FieldKind.CATEGORY}
    if held[0].names == numbers:
        return plan.columns(block_of(held), texts)
    block = np.full((rows, len(numbers)), np.nan)
    for i, name in enumerate(numbers):
        column = columns.get(name)
        if column is not None and column.dtype != object:
            block[:, i] = column
    return plan.columns(block, texts)


def _text(column: npt.NDArray[Any] | None, rows: int) -> npt.NDArray[Any]:
    return np.full(rows, None, object) if column is None or column.dtype != object else column
