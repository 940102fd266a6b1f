"""What rows are called when people are told of them: by their entity where it names each row once, else by place."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Rows = npt.NDArray[np.int64]

SHOWN = 10
"""At most this many rows are named at a time."""
_LONGEST = 40


class RowNames(NamedTuple):
    """The names of a table's rows.

    Attributes:
        ids: Entity of each row of the table, where each has one of its own; None where rows are called by their
            place in the table, counted from 0, as ``table[place]`` takes it.
        places: Where the rows asked about stand in the table, shape (rows asked about,); None for all of its rows.
    """

    ids: pl.Series | None = None
    places: Rows | None = None

    def say(self, rows: npt.ArrayLike) -> str:
        """Name the first ten of some rows.

        Args:
            rows: Indices of the rows asked about.

        >>> RowNames().say([3, 4]), RowNames(places=np.array([7, 9])).say([1])
        ('rows 3, 4', 'rows 9')
        >>> RowNames(ids=pl.Series("patient", ["a", "b", "c"]), places=np.array([0, 2])).say([0, 1])
        'patient a, c'
        """
        given = np.asarray(rows, dtype=np.int64)
        places = given if self.places is None else self.places[given]
        shown = places[:SHOWN].tolist() if self.ids is None else self.ids.gather(places[:SHOWN]).to_list()
        more = ", ..." if places.size > SHOWN else ""
        return f"{'rows' if self.ids is None else self.ids.name} {', '.join(cut(str(name)) for name in shown)}{more}"


BY_PLACE = RowNames()
"""Names rows by their place in the table that is asked about."""


def names_of(entities: pl.Series) -> RowNames:
    """Return what the rows of a table are called.

    Args:
        entities: Whose each row is, shape (rows,).

    >>> names_of(pl.Series("who", ["a", "a"])).say([1]), names_of(pl.Series("who", ["a", "b"])).say([1])
    ('rows 1', 'who b')
    """
    return RowNames(ids=entities) if names_rows(entities) else BY_PLACE


def names_rows(entities: pl.Series) -> bool:
    """Tell whether each row has an entity of its own."""
    return not entities.null_count() and entities.n_unique() == entities.len()


def cut(text: str) -> str:
    """Return a text that stays short, for what came from the data.

    >>> cut("short"), len(cut("long" * 100))
    ('short', 40)
    """
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
