"""From prediction id to row, for millions of ids: an open hash table in two arrays, asked and filled by the batch."""

import numpy as np
import numpy.typing as npt

from slipway.control.hashes import NONE, Hashes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ABSENT = -1
"""Place of a key that is not there."""

_LEAST = 1 << 10
_FULL = 0.66  # a key that is absent is looked for in five slots on average


class HashIndex:
    """Keys to places, with linear probing; 24 to 48 bytes a key. For one thread.

    >>> index = HashIndex()
    >>> index.put(np.array([7, 9], dtype=np.uint64), places=np.array([70, 90]))
    >>> index.find(np.array([9, 8], dtype=np.uint64)).tolist(), len(index)
    ([90, -1], 2)
    """

    def __init__(self) -> None:
        self._clear(_LEAST)

    def __len__(self) -> int:
        return self._used

    @property
    def size_bytes(self) -> int:
        """Memory of the table."""
        return self._keys.nbytes + self._places.nbytes

    def items(self) -> tuple[Hashes, Ints]:
        """Return (keys, places), in no particular order."""
        there = self._keys != NONE
        return self._keys[there], self._places[there]

    def find(self, keys: Hashes) -> Ints:
        """Return each key's place, or ``ABSENT``, shape (keys,)."""
        out = np.full(len(keys), ABSENT, dtype=np.int64)
        rows, slots = np.arange(len(keys)), self._first_slots(keys)
        while len(rows):
            held = self._keys[slots]
            hit = held == keys[rows]
            out[rows[hit]] = self._places[slots[hit]]
            further = ~hit & (held != NONE)
            rows, slots = rows[further], (slots[further] + 1) & self._mask
        return out

    def put(self, keys: Hashes, *, places: Ints) -> None:
        """Note where keys are, those that were there before too.

        Args:
            keys: Not 0, each once, shape (n,).
            places: At least 0, shape (n,).
        """
        if self._used + len(keys) > _FULL * len(self._keys):
            self._rebuild(*self.items(), room=self._used + len(keys))
        rows, slots = np.arange(len(keys)), self._first_slots(keys)
        while len(rows):
            free = self._keys[slots] == NONE
            self._keys[slots[free]] = keys[rows[free]]
            mine = self._keys[slots] == keys[rows]  # of several that met in a free slot, one has it
            self._places[slots[mine]] = places[rows[mine]]
            self._used += int((mine & free).sum())
            rows, slots = rows[~mine], (slots[~mine] + 1) & self._mask

    def keep(self, wanted: Bools) -> None:
        """Drop all keys but those wanted, shape and order as :meth:`items` has them; the table shrinks."""
        keys, places = self.items()
        self._rebuild(keys[wanted], places[wanted], room=int(wanted.sum()))

    def _first_slots(self, keys: Hashes) -> Ints:
        return (keys & np.uint64(self._mask)).astype(np.int64)

    def _rebuild(self, keys: Hashes, places: Ints, *, room: int) -> None:
        size = _LEAST
        while room > _FULL * size:
            size *= 2
        self._clear(size)
        self.put(keys, places=places)

    def _clear(self, size: int) -> None:
        self._keys = np.zeros(size, dtype=np.uint64)
        self._places = np.empty(size, dtype=np.int64)
        self._mask, self._used = size - 1, 0
