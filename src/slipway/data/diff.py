"""What changed between two versions of the data, in numbers and in words."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.version import row_hashes
from slipway.errors import BadInput


class Changes(NamedTuple):
    """How one table came from another.

    Attributes:
        added: Rows that are new.
        removed: Rows that are gone.
        relabelled: Rows with the same id and another Y.
        edited: Rows with the same id and another value in a column that is not Y.
        columns: Column to the number of rows, of those on both sides, in which it changed.
        new_columns: Columns that came.
        lost_columns: Columns that went.
        rows: Names of the rows by what became of them (``added``, ``removed``, ``relabelled``, ``edited``), in the
            order of the tables; empty where rows are known by their content only.
    """

    added: int
    removed: int
    relabelled: int
    edited: int
    columns: dict[str, int]
    new_columns: tuple[str, ...]
    lost_columns: tuple[str, ...]
    rows: dict[str, pl.Series]

    @property
    def words(self) -> str:
        """The change in words, such as ``+90 rows, -3 rows, 412 relabelled``."""
        parts = [f"+{self.added:,} rows"] * bool(self.added) + [f"-{self.removed:,} rows"] * bool(self.removed)
        parts += [f"{self.relabelled:,} relabelled"] * bool(self.relabelled)
        if self.edited:
            where = ", ".join(f"{name} in {rows:,}" for name, rows in self.columns.items())
            parts.append(f"{self.edited:,} edited ({where})")
        parts += [f"new column {name}" for name in self.new_columns]
        parts += [f"lost column {name}" for name in self.lost_columns]
        return ", ".join(parts) or "nothing changed"


def compare_tables(old: pl.DataFrame, *, new: pl.DataFrame, row_id: str | None, target: str | None) -> Changes:
    """Compare two versions of the data.

    Args:
        old: The version before.
        new: The version after.
        row_id: Column that names a row on both sides, unique and never missing. Without one a row is known by its
            whole content, so that an edited row counts as one removed and one added.
        target: Column of Y, whose changes count as relabelled; None if there is none.

    Raises:
        BadInput: An id is missing or comes twice.

    >>> old = pl.DataFrame({"id": [1, 2, 3], "x": [5, 6, 7], "y": [0, 0, 1]})
    >>> new = pl.DataFrame({"id": [2, 3, 4, 5], "x": [6, 8, 9, 9], "y": [1, 1, 0, 0]})
    >>> compare_tables(old, new=new, row_id="id", target="y").words
    '+2 rows, -1 rows, 1 relabelled, 1 edited (x in 1)'
    """
    shared = [name for name in old.columns if name in new.columns]
    came = tuple(name for name in new.columns if name not in old.columns)
    went = tuple(name for name in old.columns if name not in new.columns)
    if row_id is None:
        added, removed = _by_content(old.select(shared), new.select(shared))
        return Changes(added, removed, 0, 0, {}, came, went, {})
    for table, which in ((old, "before"), (new, "after")):
        _check_id(table, row_id, which)
    before, after = _matched(old, new, row_id)
    differs = {
        name: (row_hashes(before.select(name)) != row_hashes(after.select(name))).any(axis=1)
        for name in shared
        if name != row_id
    }
    none = np.zeros(before.height, dtype=np.bool_)
    labels = differs.pop(target, none) if target else none
    edited = np.any(list(differs.values()), axis=0) if differs else none
    return Changes(
        added=new.height - after.height,
        removed=old.height - before.height,
        relabelled=int(labels.sum()),
        edited=int(edited.sum()),
        columns={name: int(rows.sum()) for name, rows in differs.items() if rows.any()},
        new_columns=came,
        lost_columns=went,
        rows={
            "added": new[row_id].filter(~new[row_id].is_in(before[row_id].implode())),
            "removed": old[row_id].filter(~old[row_id].is_in(before[row_id].implode())),
            "relabelled": before[row_id].filter(pl.Series(labels, dtype=pl.Boolean)),
            "edited": before[row_id].filter(pl.Series(edited, dtype=pl.Boolean)),
        },
    )


def _matched(old: pl.DataFrame, new: pl.DataFrame, row_id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that are on both sides, in the same order."""
    places = (
        old.select(pl.col(row_id), pl.int_range(pl.len()).alias("old"))
        .join(new.select(pl.col(row_id), pl.int_range(pl.len()).alias("new")), on=row_id, how="inner")
        .select("old", "new")
    )
    return old[places["old"]], new[places["new"]]


def _by_content(old: pl.DataFrame, new: pl.DataFrame) -> tuple[int, int]:
    both = np.concatenate([row_hashes(old), row_hashes(new)])
    _, group = np.unique(both.view([("a", np.uint64), ("b", np.uint64)]).ravel(), return_inverse=True)
    before = np.bincount(group[: old.height], minlength=group.max(initial=-1) + 1)
    after = np.bincount(group[old.height :], minlength=group.max(initial=-1) + 1)
    return _excess(after, before), _excess(before, after)


def _excess(a: npt.NDArray[np.intp], b: npt.NDArray[np.intp]) -> int:
    return int(np.maximum(a - b, 0).sum())


def _check_id(table: pl.DataFrame, row_id: str, which: str) -> None:
    if row_id not in table.columns:
        raise BadInput(f"row id '{row_id}': want that column in the table {which}, got {table.columns}.")
    if table[row_id].null_count() or table[row_id].n_unique() != table.height:
        raise BadInput(
            f"row id '{row_id}': want a value in every row that comes once, got "
            f"{table[row_id].null_count()} missing and {table.height - table[row_id].n_unique()} repeated in the table "
            f"{which}. Give another column, or none to know rows by their whole content."
        )
