"""Requests out of the journal as a batch for a shadow arm. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.ports import Columns
from slipway.records.field import Field, FieldKind
from slipway.records.frame import PredictionFrame
from slipway.storage.columns import columns_of


def unanswered_by(arm: str, frames: Sequence[PredictionFrame]) -> list[npt.NDArray[np.intp]]:
    """Return, for each frame, the rows that the arm has not answered itself: a comparison with itself says nothing."""
    return [np.array([i for i, by in enumerate(frame.arm) if by != arm], np.intp) for frame in frames]


def batch_of(
    frames: Sequence[PredictionFrame], *, rows: Sequence[npt.NDArray[np.intp]], fields: Sequence[Field]
) -> Columns:
    """Return the chosen rows of some frames as one batch over the fields.

    A field that the journal does not hold, or holds as a pseudonym where a number is wanted, is missing.

    Args:
        frames: At least one.
        rows: Indices of the chosen rows, one array a frame.
        fields: Fields of X.
    """
    held = [columns_of(frame) for frame in frames]
    return {
        field.name: np.concatenate(
            [_column(columns.get(field.name), field, len(at))(at) for columns, at in zip(held, rows, strict=True)]
        )
        for field in fields
    }


def _column(column: npt.NDArray[Any] | None, field: Field, rows: int) -> Any:
    if field.kind is FieldKind.CATEGORY:
        if column is None or column.dtype != object:
            return lambda _: np.full(rows, None, object)
    elif column is None or column.dtype == object:
        return lambda _: np.full(rows, np.nan)
    return column.__getitem__
