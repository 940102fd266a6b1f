"""Requests that a collection passed before their outcome came, remembered so that a later one takes them.

They are not waited for without end, or each collection would read the journal from its oldest request on that never
had an outcome: given up is what is older than ten times ``rollout.maturity``, and than 90 days where that is less. What
the journal does not hold any more goes by itself.

Each is known by 128 bits of its id, so that nothing else of it is kept longer than the journal keeps it.
"""

from typing import NamedTuple

import numpy as np
import polars as pl

from slipway.data.version import row_hashes
from slipway.records.label import Collection
from slipway.wiring import Parts

_MARK = ("mark_a", "mark_b")
_MATURITIES, _LEAST_US = 10, 90 * 86_400_000_000


class Unresolved(NamedTuple):
    """Requests of a time that was collected, without an outcome.

    Attributes:
        marks: What they are known by, shape (requests, 2): columns ``mark_a`` and ``mark_b``.
        since_us: None of them was received before this moment; None where there are none.
        until_us: All of them were received before this moment.
    """

    marks: pl.DataFrame
    since_us: int | None
    until_us: int

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows that are among them; rows have an ``id``."""
        return rows.with_columns(marks(rows)).join(self.marks, on=_MARK, how="semi").drop(_MARK)


def marks(rows: pl.DataFrame) -> pl.DataFrame:
    """Return what requests are known by, one row an ``id``; the same on every machine."""
    words = row_hashes(rows.select(pl.col("id").cast(pl.String)))
    return pl.DataFrame({name: np.ascontiguousarray(words[:, lane]) for lane, name in enumerate(_MARK)})


def unresolved(parts: Parts, collection: Collection | None) -> Unresolved | None:
    """Return what a collection, and those that it went on from, left behind; None where that is nothing.

    Raises:
        NotFound, Corrupt: The list is gone, or is not what was written.
    """
    if collection is None or not collection.unresolved:
        return None
    words = np.frombuffer(parts.blobs.get(collection.unresolved), dtype="<u8").reshape(-1, 2)
    named = pl.DataFrame({name: words[:, lane].copy() for lane, name in enumerate(_MARK)})
    return Unresolved(named, collection.unresolved_since_us, collection.until_us)


def given_up_before_us(parts: Parts, *, until_us: int) -> int:
    """Return the moment before which a request without an outcome is not waited for any more.

    Args:
        parts: The project.
        until_us: Where a collection ends.
    """
    return until_us - max(_MATURITIES * round(parts.scope.rollout.maturity_s * 1e6), _LEAST_US)


def keep(parts: Parts, rows: pl.DataFrame) -> tuple[str, int | None]:
    """Keep which requests are left behind, and return the blob and the moment of the first; nothing for none.

    Args:
        parts: The project.
        rows: Requests without an outcome, with ``id`` and ``received_at``.
    """
    if rows.is_empty():
        return "", None
    first = rows["received_at"].cast(pl.Datetime("us", "UTC")).to_physical().min()
    words = marks(rows).sort(_MARK).to_numpy().astype("<u8")
    return parts.blobs.put(words.tobytes()), int(str(first))
