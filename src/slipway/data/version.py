"""Name data by its content, whatever the order of its rows and columns.

Each row gets 128 mixed bits; sorted by them, rows stand in an order that depends on nothing but their content. In that
order each column is put through SHA-256, spelled as in :mod:`slipway.data.canonical`; the id is the SHA-256 of the
names, sorts and hashes of all columns and of the sorted row hashes. So nobody can make two tables with one id without
breaking SHA-256, and the mix only has to put rows in order.

polars' own ``hash_rows`` will not do: its numbers change between versions, by its own documentation.
"""

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.canonical import Fixed, canonical_column, sort_of
from slipway.data.mixing import mix_fixed, mix_varying
from slipway.errors import BadInput

Words = npt.NDArray[np.uint64]

_FORMAT = b"slipway rows 1"


class Content(NamedTuple):
    """What a table holds, in hashes.

    Attributes:
        id: SHA-256 of the whole, 64 hex digits; which rows are held out is no part of it.
        columns: Column name to the SHA-256 of its values in canonical row order.
        rows: Sorted row hashes, shape (rows, 2).
    """

    id: str
    columns: dict[str, str]
    rows: Words


def content(table: pl.DataFrame, *, hashes: Words | None = None) -> Content:
    """Name the content of a table.

    The same rows in any order, chunked in any way, with columns in any order give the same id; one changed cell, a
    row more or less, a renamed column or a changed sort of value give another. Costs O(rows x columns + rows log rows).

    Args:
        table: The rows.
        hashes: :func:`row_hashes` of the table where the caller has them, else None.

    Raises:
        BadInput: The table has no columns, or one whose values are not plain.

    >>> a = content(pl.DataFrame({"x": [1, 2], "y": ["a", None]}))
    >>> b = content(pl.DataFrame({"y": [None, "a"], "x": [2.0, 1.0]}))
    >>> a.id == b.id, a.id == content(pl.DataFrame({"x": [1, 2], "y": ["a", ""]})).id
    (True, False)
    """
    if not table.width:
        raise BadInput("table: want at least one column, got none.")
    names = sorted(table.columns)
    rows = row_hashes(table) if hashes is None else hashes
    order = _canonical_order(rows)
    digests = {name: _digest(table[name], order) for name in names}
    whole = hashlib.sha256(_FORMAT)
    whole.update(table.height.to_bytes(8, "little"))
    for name in names:
        label = f"{sort_of(name, table[name].dtype)}:{name}".encode()
        whole.update(len(label).to_bytes(4, "little") + label + digests[name])
    ranked = np.ascontiguousarray(rows[order])
    whole.update(ranked.data)
    return Content(id=whole.hexdigest(), columns={n: d.hex() for n, d in digests.items()}, rows=ranked)


def row_hashes(table: pl.DataFrame) -> Words:
    """Return 128 bits a row, shape (rows, 2), in the order of the table; equal rows have equal bits."""
    total = np.zeros((table.height, 2), dtype=np.uint64)
    for name in table.columns:
        column = canonical_column(table[name])
        key = f"{sort_of(name, table[name].dtype)}:{name}"
        total += mix_fixed(column, key=key) if isinstance(column, Fixed) else mix_varying(column, key=key)
    return total


def name_held_out(rows: Words) -> str:
    """Name a test set: SHA-256 over the hashes of the rows held out, whatever their order.

    Args:
        rows: :func:`row_hashes` of the rows, shape (rows, 2).
    """
    return hashlib.sha256(np.ascontiguousarray(rows[_canonical_order(rows)]).data).hexdigest()


def name_held_out_before(rows: Words) -> str:
    """Name a test set as it was until November 2026: the two halves of the hashes, each sorted by itself.

    So two sets with the same halves in other pairs have one name; versions and runs of that time are known by it.

    Args:
        rows: As for :func:`name_held_out`.
    """
    return hashlib.sha256(np.sort(rows, axis=0).tobytes()).hexdigest()


def name_version(rows_id: str, *, held_out: str) -> str:
    """Name rows together with which of them are held out.

    Args:
        rows_id: :attr:`Content.id`.
        held_out: From :func:`name_held_out`.
    """
    return hashlib.sha256(f"slipway version 2 {rows_id} {held_out}".encode()).hexdigest()


def _canonical_order(rows: Words) -> npt.NDArray[np.intp]:
    """Sort by both lanes. One lane nearly always suffices, and takes a quarter of the time."""
    first = np.ascontiguousarray(rows[:, 0])
    order = np.argsort(first)
    ranked = rows[order]
    tied = ranked[1:, 0] == ranked[:-1, 0]
    if (ranked[1:, 1] != ranked[:-1, 1])[tied].any():
        return np.lexsort((rows[:, 1], first))
    return order


def _digest(column: pl.Series, order: npt.NDArray[np.intp]) -> bytes:
    """Hash a column in the order given: what is missing, then lengths where they vary, then the values."""
    spelled = canonical_column(column.gather(order))
    digest = hashlib.sha256()
    if isinstance(spelled, Fixed):
        digest.update(np.ascontiguousarray(spelled.special).data)
        digest.update(np.ascontiguousarray(spelled.words).data)
    else:
        digest.update(np.where(spelled.missing, -1, spelled.lengths).astype("<i8").data)
        digest.update(spelled.data)
    return digest.digest()
