"""Which rows belong together, so that folds keep them on one side."""

import polars as pl

from slipway.records.dataset import SplitKind
from slipway.wiring import Parts


def kin(parts: Parts, table: pl.DataFrame) -> pl.Series | None:
    """Return what rows that belong together have in common: their group, else their entity; None where none do.

    The group is the column by which rows were dealt. Where ``split = "column"``, that column says who is held out, and
    nothing of who belongs together.
    """
    data, entity = parts.scope.data, parts.scope.task.entity
    by = data.split_by if data.split_by and data.split is not SplitKind.COLUMN else entity
    if by not in table.columns or table[by].n_unique() == table.height:
        return None
    return table[by]
