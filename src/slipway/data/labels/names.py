"""How rows and their labels are named, so that what a person said of a row is known to be about that row."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from slipway.data.version import row_hashes
from slipway.errors import BadInput

_HASH_DIGITS = 16


def row_names(table: pl.DataFrame, *, entity: str, without: Sequence[str]) -> list[str]:
    """Name each row: by its entity where each row has its own, else by the hash of its content.

    A name by content does not change with the label, nor with the order of the rows. Rows that are equal but for the
    label are numbered in the order of the table.

    Args:
        table: Rows of a dataset version.
        entity: Column of the entity.
        without: Columns that are not part of the content, such as the label's.

    Raises:
        BadInput: Nothing is left to tell rows apart by.

    >>> row_names(pl.DataFrame({"id": ["a", "b"], "y": [0, 1]}), entity="id", without=["y"])
    ['a', 'b']
    """
    if entity in table.columns and entity not in without and _names(table[entity]):
        return [said(value) for value in table[entity]]
    kept = table.drop(without, strict=False)
    if not kept.width:
        raise BadInput(f"rows: want a column besides {list(without)} to name rows by, got none.")
    hashes = np.ascontiguousarray(row_hashes(kept)).view("V16").ravel()
    names = [value.tobytes().hex()[:_HASH_DIGITS] for value in hashes]
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[place] = f"{name}-{seen[name]}"
    return names


def _names(column: pl.Series) -> bool:
    return not column.null_count() and column.n_unique() == column.len()


def said(value: object) -> str:
    """Write a label or an id as text: whole numbers without a point, booleans as 0 and 1.

    >>> said(1.0), said(True), said(2.5), said("cat")
    ('1', '1', '2.5', 'cat')
    """
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
