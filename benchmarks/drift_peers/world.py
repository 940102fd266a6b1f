"""What a world and a stream are: what changes in it, and the rows that everybody watches."""

from typing import NamedTuple

import numpy as np

DAY_US = 86_400_000_000


class Shape(NamedTuple):
    """How a stream is cut: rows of the reference, then batches; the change comes after some of them."""

    reference: int = 6_000
    batch: int = 500
    batches: int = 60
    change: int = 20
    columns: int = 10

    @property
    def rows(self):
        """All rows."""
        return self.reference + self.batch * self.batches

    @property
    def after(self):
        """Which rows come after the change, shape (rows,)."""
        return np.arange(self.rows) >= self.reference + self.batch * self.change


class World(NamedTuple):
    """What changes.

    Attributes:
        words: What it is called.
        kind: What a right answer says: `data`, `concept`, `both`, or nothing where nothing changes.
        columns: Inputs that move; one that names these names rightly.
        other: Inputs that move with them, so that it is right to name them and right not to.
        hurts: Whether the model becomes worse; None where nobody can tell beforehand.
        shape: How it is cut.
        real: Whether the rows are real ones.
    """

    words: str
    kind: str = ""
    columns: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    hurts: bool | None = False
    shape: Shape = Shape()
    real: bool = False

    def named(self, columns):
        """Tell whether exactly the columns that moved were named; None where that is not asked."""
        if not self.columns:
            return None if self.other or not self.kind else not columns
        return set(self.columns) <= set(columns) <= {*self.columns, *self.other}


class Stream(NamedTuple):
    """One stream.

    Attributes:
        x: Inputs, shape (rows, columns); the reference's rows come first.
        score: The model's probabilities, shape (rows,).
        y: What came true, 0 or 1.
        at_us: Moments, or None where a stream has no time.
        reference: How many rows are the reference's.
        batch: Rows a batch.
        change: The first batch that is different, or None.
        names: Of the columns.
    """

    x: np.ndarray
    score: np.ndarray
    y: np.ndarray
    at_us: np.ndarray | None
    reference: int
    batch: int
    change: int | None
    names: tuple[str, ...]

    @property
    def batches(self):
        """Rows of each batch, in order."""
        rows = np.arange(self.reference, len(self.y))
        return np.split(rows, range(self.batch, len(rows), self.batch))


def sigmoid(z):
    """Return 1 / (1 + exp(-z))."""
    return 1 / (1 + np.exp(-z))
