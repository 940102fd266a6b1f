"""What came before its prediction: outcomes and shadow answers that wait to be joined.

Segments are read one after the other, so a shadow's answers may all be read before the requests that they answer.
"""

import numpy as np
import numpy.typing as npt

from slipway.control.hashes import Hashes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Columns = tuple[Hashes, Ints, Ints, Floats]
"""Key, moment, arm and value of each entry; all of shape (n,)."""


def empty() -> Columns:
    """Return no entries."""
    whole = np.empty(0, dtype=np.int64)
    return np.empty(0, dtype=np.uint64), whole, whole.copy(), np.empty(0)


class Waiting:
    """Entries by key; a key may have several.

    Args:
        columns: What waits at the beginning.
    """

    def __init__(self, columns: Columns | None = None) -> None:
        self._parts: list[Columns] = []
        self._sorted = empty()
        self._left = np.empty(0, dtype=bool)
        self._count = 0
        if columns is not None:
            self.add(*columns)

    def __len__(self) -> int:
        return self._count

    @property
    def size_bytes(self) -> int:
        """Memory of what waits."""
        return sum(column.nbytes for part in (*self._parts, self._sorted) for column in part)

    def columns(self) -> Columns:
        """Return all that waits, by key."""
        self._settle()
        return self._sorted

    def add(self, key: Hashes, when_us: Ints, arm: Ints, value: Floats) -> None:
        """Let entries wait; columns as in :data:`Columns`."""
        if len(key):
            self._parts.append((key, when_us, arm, value))
            self._count += len(key)

    def take(self, keys: Hashes) -> tuple[Ints, Columns]:
        """Return (for each entry whose key has come, where in ``keys`` it is; the entries), and drop them.

        Args:
            keys: Each once, shape (n,).
        """
        if not self._count:
            return np.empty(0, dtype=np.int64), empty()
        if self._parts or self._count < len(self._left) // 2:
            self._settle()
        held = self._sorted[0]
        first, last = (np.searchsorted(held, keys, side=side) for side in ("left", "right"))
        found = np.flatnonzero(last > first)
        counts = (last - first)[found]
        whose = np.repeat(found, counts)
        entries = np.arange(len(whose)) - np.repeat(np.cumsum(counts) - counts, counts) + first[whose]
        present = self._left[entries]
        whose, entries = whose[present], entries[present]
        self._left[entries] = False
        self._count -= len(entries)
        key, when_us, arm, value = self._sorted
        return whose, (key[entries], when_us[entries], arm[entries], value[entries])

    def drop_before(self, moment_us: int) -> int:
        """Give up what came before a moment, and return how many entries that were."""
        self._settle()
        early = self._sorted[1] < moment_us
        self._left[early] = False
        self._count -= int(early.sum())
        return int(early.sum())

    def _settle(self) -> None:
        key, when_us, arm, value = self._sorted
        left = self._left
        parts = [(key[left], when_us[left], arm[left], value[left]), *self._parts]
        keys, moments, arms, values = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(keys, kind="stable")
        self._sorted = (keys[order], moments[order], arms[order], values[order])
        self._left = np.ones(len(order), dtype=bool)
        self._parts = []
