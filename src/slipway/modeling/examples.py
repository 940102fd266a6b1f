"""Record examples: rows with the graph's answers, which go with a package so that its loader can ask again."""

import numpy as np
import polars as pl

from slipway.errors import BadInput
from slipway.modeling.answers import Scorer
from slipway.modeling.frame import as_columns
from slipway.records.examples import Examples
from slipway.records.field import Field, FieldKind
from slipway.records.held import Column

MOST_ROWS, FEWEST_ROWS = 64, 32
"""As many rows are recorded, and as many have to be there."""


def record_examples(x: pl.DataFrame, *, fields: tuple[Field, ...], score: Scorer) -> Examples:
    """Record what a graph answers to rows of the whole length, so that the examples are not all of one day.

    Args:
        x: Rows, as :func:`slipway.modeling.frame.as_x` makes them.
        fields: X in order.
        score: Asks the graph.

    Raises:
        BadInput: There are fewer than 32 rows.
    """
    if x.height < FEWEST_ROWS:
        raise BadInput(f"package: want at least {FEWEST_ROWS} rows held out to record, got {x.height}.")
    rows = x[np.unique(np.linspace(0, x.height - 1, MOST_ROWS).astype(np.int64))]
    given = score(as_columns(rows, fields=fields), rows.height)
    return Examples(x={f.name: _column(rows[f.name], f) for f in fields}, score=given.tolist())


def _column(column: pl.Series, field: Field) -> Column:
    if field.kind is FieldKind.CATEGORY:
        return [text or None for text in column]
    return column.to_numpy().astype("<f8").tobytes()
