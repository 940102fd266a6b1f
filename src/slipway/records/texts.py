"""Many texts without an object each: end to end in one piece of memory, or as numbers behind a common beginning.

Both are sequences of text, so whoever needs a text asks for it; whoever passes on thousands passes on the whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]


class Texts(Sequence[str]):
    """Texts that lie end to end as UTF-8. A slice shares the memory.

    Args:
        data: Their bytes, and it may be those of others before and behind.
        places: Where each begins in ``data``, and behind them where the last one ends, shape (rows + 1,).
        lengths: Bytes of each, shape (rows,).

    >>> two = Texts("aéb".encode(), np.array([0, 1, 4]), np.array([1, 3]))
    >>> list(two), two[1], list(two[1:]), len(two)
    (['a', 'éb'], 'éb', ['éb'], 2)
    """

    __slots__ = ("_data", "_places", "lengths")

    def __init__(self, data: bytes, places: Ints, lengths: Ints) -> None:
        self._data, self._places, self.lengths = data, places, lengths

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        """Return texts as such."""
        if isinstance(texts, cls):
            return texts
        encoded = [text.encode() for text in texts]
        return cls.cut(b"".join(encoded), np.fromiter(map(len, encoded), np.int64, len(encoded)))

    @classmethod
    def cut(cls, data: bytes, lengths: Ints) -> "Texts":
        """Return texts from the bytes of all and how many of them each has.

        >>> list(Texts.cut(b"abc", np.array([1, 2])))
        ['a', 'bc']
        """
        places = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=places[1:])
        return cls(data, places, lengths)

    @property
    def data(self) -> bytes:
        """The bytes of all, end to end."""
        start, end = int(self._places[0]), int(self._places[-1])
        return self._data if (start, end) == (0, len(self._data)) else self._data[start:end]

    def fit(self, *, longest: int) -> bool:
        """Tell whether each has one character at least, and at most so many.

        >>> Texts.of(["é", "abc"]).fit(longest=2), Texts.of([""]).fit(longest=2), Texts.of(["éé"]).fit(longest=2)
        (False, False, True)
        """
        if self.lengths.min(initial=1) < 1:
            return False
        return bool(self.lengths.max(initial=0) <= longest) or max(map(len, self)) <= longest

    def __len__(self) -> int:
        return len(self._places) - 1

    def __iter__(self) -> Iterator[str]:
        data = self.data
        ends = pairwise((self._places - self._places[0]).tolist())
        if data.isascii():
            text = data.decode()
            return iter([text[start:end] for start, end in ends])
        return iter([data[start:end].decode() for start, end in ends])

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> "Sequence[str]": ...
    def __getitem__(self, at: int | slice) -> "str | Sequence[str]":
        if isinstance(at, slice):
            start, end, step = at.indices(len(self))
            end = max(end, start)
            return (
                Texts(self._data, self._places[start : end + 1], self.lengths[start:end])
                if step == 1
                else list(self)[at]
            )
        row = range(len(self))[at]
        return self._data[self._places[row] : self._places[row + 1]].decode()

    def __repr__(self) -> str:
        return f"Texts({list(self)!r})"


class Numbered(Sequence[str]):
    """Texts of a common beginning and numbers that follow on one another.

    Args:
        prefix: The beginning.
        first: The first number, at least 0.
        rows: How many.

    >>> list(Numbered("b1f-", first=7, rows=2)), Numbered("b1f-", first=7, rows=9)[2:][0]
    (['b1f-7', 'b1f-8'], 'b1f-9')
    """

    __slots__ = ("first", "prefix", "rows")

    def __init__(self, prefix: str, *, first: int, rows: int) -> None:
        self.prefix, self.first, self.rows = prefix, first, rows

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[str]:
        return iter([f"{self.prefix}{n}" for n in range(self.first, self.first + self.rows)])

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> "Sequence[str]": ...
    def __getitem__(self, at: int | slice) -> "str | Sequence[str]":
        numbers = range(self.first, self.first + self.rows)[at]
        if isinstance(numbers, int):
            return f"{self.prefix}{numbers}"
        if numbers.step == 1:
            return Numbered(self.prefix, first=numbers.start, rows=len(numbers))
        return [f"{self.prefix}{n}" for n in numbers]

    def __repr__(self) -> str:
        return f"Numbered({self.prefix!r}, first={self.first}, rows={self.rows})"
