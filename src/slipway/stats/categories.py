"""Has a category column drifted? Bets on each category's share, missing and unseen included.

A reference is a finite sample, so each category's share is known only between limits (Chernoff's, exact at every n).
Each bet says that one category's share has left its limits, the others keeping their proportions: a likelihood ratio
of two multinomials. The evidence is the mean over categories, directions and sizes of the change. A category that the
reference never held has a share between 0 and about ``ln(2 / delta) / n``: a few such rows are loud, one is not.

Promise: if rows are independent and drawn as the reference was, the chance that the evidence *ever* reaches
``1 / alpha`` is at most ``alpha + delta``.
"""

import functools
from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.bets import BetState, BetTable, BinCounts
from slipway.stats.evidence import EValue, check_share
from slipway.stats.shares import bets_on_shares, share_limits

Ints = npt.NDArray[np.int64]

_NAMED_EVERY = 5


class CategoryTick(BinCounts, frozen=True, eq=False):
    """Rows of one tick per bin: named categories, then rare ones together, unseen, and missing."""


class CategoryReference(msgspec.Struct, frozen=True, eq=False, tag="category", dict=True):
    """What a category column looked like when the model was made.

    One row in five says which categories are known, the others are counted. If all rows did both, no row could be
    "unseen", and the first rare category of a column with many would raise an alarm.

    Attributes:
        names: The most frequent categories, each with a bin of its own, most frequent first.
        rare: Known categories that share one bin; what is in neither tuple is unseen.
        counts: Reference rows per bin: names, rare, unseen, missing; shape (len(names) + 3,).
    """

    names: tuple[str, ...]
    rare: tuple[str, ...]
    counts: Ints

    @classmethod
    def of(cls, values: Iterable[object], *, bins: int = 64) -> "CategoryReference":
        """Learn from a column; None and NaN are missing, all else counts by its text.

        Args:
            values: One value a row, one or more rows. Rows should be independent.
            bins: The most categories that get a bin of their own, 1 or more.

        Raises:
            BadInput: No rows, or no bins.
        """
        rows = list(values)
        if not rows:
            raise BadInput("reference: want one row or more, got none.")
        if bins < 1:
            raise BadInput(f"bins: want 1 or more, got {bins}.")
        known = tally(rows[_NAMED_EVERY - 1 :: _NAMED_EVERY])
        ranked = sorted((name for name in known if name is not None), key=lambda name: (-known[name], name))
        empty = cls(names=tuple(ranked[:bins]), rare=tuple(ranked[bins:]), counts=np.empty(0, dtype=np.int64))
        del rows[_NAMED_EVERY - 1 :: _NAMED_EVERY]
        return msgspec.structs.replace(empty, counts=empty.tick(rows).counts)

    @property
    def n(self) -> int:
        """Rows counted, missing included."""
        return int(self.counts.sum())

    @functools.cached_property
    def labels(self) -> tuple[str, ...]:
        """One label a bin, in order."""
        return (*self.names, "(rare)", "(unseen)", "(missing)")

    @functools.cached_property
    def _bin_of(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)} | dict.fromkeys(self.rare, len(self.names))

    def tick(self, values: Iterable[object]) -> CategoryTick:
        """Count a slice of the live column."""
        return self.tick_of_counts(tally(values))

    def tick_of_counts(self, counts: Mapping[str | None, int]) -> CategoryTick:
        """Take a slice of the live column that is counted already; the key None is missing."""
        bins = np.zeros(len(self.names) + 3, dtype=np.int64)
        unseen = len(self.names) + 1
        for name, n in counts.items():
            bins[unseen + 1 if name is None else self._bin_of.get(name, unseen)] += n
        return CategoryTick(bins)


class CategoryDrift(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Evidence that a category column no longer is what the reference was.

    Attributes:
        reference: What it was.
        delta: Chance that the reference misleads, added to alpha; in (0, 1).
        tolerance: Change of a share that is too small to matter: 0.01 ignores a category that goes from 20 to 21 %.
        columns: Number of columns watched together, which share ``delta``.

    Reference:
        Waudby-Smith & Ramdas (2024), JRSS B 86(1), on bets; Lindon & Malek (2022), NeurIPS, on multinomials.

    >>> test = CategoryDrift(CategoryReference.of(["sea", "air", "sea", "road"] * 1000))
    >>> state = test.update(test.start(), test.tick(["sea", "sea", "air", "road"] * 50))
    >>> test.evidence(state).rejects(alpha=0.01)
    False
    >>> state = test.update(state, test.tick(["sea", "rail", "air", None] * 10))
    >>> test.evidence(state).rejects(alpha=0.01)
    True
    """

    reference: CategoryReference
    delta: float = 0.001
    tolerance: float = 0.0
    columns: int = 1

    def __post_init__(self) -> None:
        check_share("delta", self.delta)
        if not 0 <= self.tolerance < 1:
            raise BadInput(f"tolerance: want 0 <= tolerance < 1, got {self.tolerance}.")
        if self.columns < 1:
            raise BadInput(f"columns: want 1 or more, got {self.columns}.")

    @functools.cached_property
    def table(self) -> BetTable:
        """The bets: all bins, both directions, all sizes, with equal shares of the capital."""
        counts = self.reference.counts
        low, high = share_limits(counts, n=self.reference.n, delta=self.delta / (self.columns * len(counts)))
        low, high = np.maximum(low - self.tolerance, 0.0), np.minimum(high + self.tolerance, 1.0)
        yes, no = bets_on_shares(low, high)
        bins = len(counts)
        payoffs = np.where(np.eye(bins, dtype=np.bool_)[:, None, :], yes[:, :, None], no[:, :, None])
        flat = payoffs.reshape(-1, bins)
        return BetTable(payoffs=flat, weights=np.full(len(flat), 1 / len(flat)))

    def tick(self, values: Iterable[object]) -> CategoryTick:
        """Count a slice of the live column; None and NaN are missing."""
        return self.reference.tick(values)

    def start(self) -> BetState:
        """Return the state before any row."""
        return self.table.start()

    def update(self, state: BetState, tick: CategoryTick) -> BetState:
        """Return the state after one more tick."""
        return self.table.update(state, tick)

    def evidence(self, state: BetState) -> EValue:
        """Return the evidence of drift at any time up to now."""
        return self.table.evidence(state)


def tally(values: Iterable[object]) -> dict[str | None, int]:
    """Count values by their text; None and NaN count as None.

    >>> tally(["a", 1, None, float("nan"), "a"])
    {'a': 2, '1': 1, None: 2}
    """
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    result: dict[str | None, int] = {}
    for value, n in Counter(plain).items():
        name = None if value is None or value != value else str(value)  # noqa: PLR0124 - NaN is what differs from itself
        result[name] = result.get(name, 0) + n
    return result
