"""What bins cannot tell of a row: which of its numbers leap far beyond what was, and whether it repeats another row."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]

_WORD = 8
_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(31)
_REMEMBERED = 10_000


class RowMarks:
    """Marks rows of X, a few bytes each.

    Args:
        limits: Column to its lowest and highest number that is not far; None where nobody can say, as for text. Its
            order is that of the columns.
    """

    def __init__(self, limits: Mapping[str, tuple[float, float] | None]) -> None:
        self.names: Sequence[str] = tuple(limits)
        self._limits = list(limits.items())
        self._bits = (len(self._limits) + 7) // 8
        self._texts: dict[object, int] = {}

    def mark(self, x: Mapping[str, Array], *, rows: int) -> Marks:
        """Return the marks of rows, shape (rows, :attr:`width`).

        Args:
            x: Field to float64 array, or to objects that are text or None; what is not there counts as missing.
            rows: How many.
        """
        far = np.zeros((rows, len(self._limits)), dtype=np.bool_)
        words = np.zeros(rows, dtype=np.uint64)
        for i, (name, limit) in enumerate(self._limits):
            column = x.get(name)
            if column is None:
                continue
            number = column.dtype != object
            if number and limit is not None:
                far[:, i] = (column < limit[0]) | (column > limit[1])
            words = (words ^ (self._bits_of(column) if number else self._words_of(column)) ^ np.uint64(i)) * _ODD
            words = (words ^ (words >> _HALF)) * _MIX
        packed = np.packbits(far, axis=1) if self._limits else np.zeros((rows, 0), dtype=np.uint8)
        return np.concatenate([packed, words.view(np.uint8).reshape(rows, _WORD)], axis=1)

    @property
    def basis(self) -> bytes:
        """What decides the marks: the same bytes, the same marks."""
        return repr(self._limits).encode()

    @property
    def width(self) -> int:
        """Bytes a row."""
        return self._bits + _WORD

    def far(self, marks: Marks) -> Ints:
        """Count the rows that are far, per column."""
        bits = np.unpackbits(marks[:, : self._bits], axis=1, count=len(self._limits))
        return np.asarray(bits.sum(axis=0, dtype=np.int64))

    def repeats(self, marks: Marks) -> int:
        """Count the rows that are, value for value, as a row before them; two that differ hardly ever do."""
        words = np.ascontiguousarray(marks[:, self._bits :]).view(np.uint64).ravel()
        return len(words) - len(np.unique(words))

    def pairs(self, marks: Marks) -> int:
        """Count the pairs of rows that are alike."""
        words = np.ascontiguousarray(marks[:, self._bits :]).view(np.uint64).ravel()
        _, times = np.unique(words, return_counts=True)
        return int((times * (times - 1) // 2).sum())

    @staticmethod
    def _bits_of(column: Array) -> npt.NDArray[np.uint64]:
        numbers = np.asarray(column, dtype=np.float64) + 0.0  # -0.0 is 0.0, and the copy may be written to
        numbers[np.isnan(numbers)] = np.nan  # there are many NaN, and they mean the same
        return numbers.view(np.uint64)

    def _words_of(self, column: Array) -> npt.NDArray[np.uint64]:
        if len(self._texts) > _REMEMBERED:
            self._texts.clear()
        known = self._texts
        for value in set(column.tolist()) - known.keys():
            text = b"" if value is None else str(value).encode("utf-8", "surrogatepass") + b"\0"
            known[value] = zlib.crc32(text) << 32 | zlib.adler32(text)
        return np.fromiter(map(known.__getitem__, column.tolist()), dtype=np.uint64, count=len(column))
