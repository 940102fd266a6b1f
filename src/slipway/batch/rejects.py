"""Rows that were not answered, and why: one JSON object a line, in the words that a caller would be told. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from slipway.batch.fitting import row_of
from slipway.serving.refusal import ErrorBody
from slipway.serving.tabular import Values

_ENCODER = msgspec.json.Encoder()


class Reject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the file of rejects.

    Attributes:
        row: Number of the row in the input, from 0.
        id: Prediction id, where the row fitted but no arm could answer.
        error: What is wrong, as a caller would be told.
        wanted: What would have been right.
        got: What came.
        hint: The way out.
        values: The fields and the entity of the row.
    """

    row: int
    id: str = ""
    error: str
    wanted: str = ""
    got: str = ""
    hint: str = ""
    values: dict[str, Any]


def reject(columns: Mapping[str, Values], i: int, *, first: int, body: ErrorBody, id: str = "") -> Reject:  # noqa: A002 - the field's own word
    """Return the line of one row.

    Args:
        columns: The part's fields and entity.
        i: Index in the part.
        first: Number of the part's first row.
        body: What a caller would be told.
        id: Prediction id, where the row is in the journal.
    """
    return Reject(
        row=first + i,
        id=id,
        error=body.error,
        wanted=body.wanted,
        got=body.got,
        hint=body.hint,
        values=row_of(columns, i),
    )


def lines(rejects: Sequence[Reject]) -> bytes:
    """Return the file's lines, in order of the rows."""
    return _ENCODER.encode_lines(sorted(rejects, key=lambda r: r.row))
