"""Windows of a table: what several parts need is read at once, and held for as long as they come for it.

A Parquet file is read by its row groups, so a slice of one costs nearly what all of it costs: a file with row groups of
250,000 rows took twice the time in slices of 65,536. Parts are taken in order, so the last two windows are enough.
"""

import threading
from collections.abc import Callable, Hashable

import polars as pl

WINDOW_BYTES = 32 << 20
"""What a window may take, reckoned at eight bytes a value: as much as all parts under way take together."""
MOST_ROWS = 1 << 18
_HELD = 2


def window_rows(columns: int) -> int:
    """Return how many rows a window has: a power of two, as a part has, so that no part lies in two.

    >>> window_rows(31), window_rows(300)
    (131072, 8192)
    """
    fits = max(WINDOW_BYTES // (8 * columns), 1)
    return min(1 << (fits.bit_length() - 1), MOST_ROWS)


class Windows:
    """The windows that were asked for last; for threads."""

    def __init__(self) -> None:
        self._held = dict[Hashable, _Window]()
        self._lock = threading.Lock()

    def table(self, key: Hashable, *, read: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return a window, read once for all who ask while it is held.

        Args:
            key: Names it.
            read: Reads it; what it raises is raised here, and the next one who asks tries again.

        >>> windows, told = Windows(), []
        >>> for key in (1, 1, 2, 3, 2, 1):
        ...     _ = windows.table(key, read=lambda: told.append(key) or pl.DataFrame())
        >>> told
        [1, 2, 3, 1]
        """
        with self._lock:
            window = self._held.get(key)
            if window is None:
                window = self._held[key] = _Window()
                for old in list(self._held)[:-_HELD]:
                    del self._held[old]
        with window.lock:
            if window.table is None:
                window.table = read()
        return window.table


class _Window:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.table: pl.DataFrame | None = None
