"""Waiting times counted in buckets of one relative width: any quantile within a stated error, in a few hundred numbers.

What never ended is counted too, and is longer than everything that did: a quantile that falls among it is infinite.
Leaving it out would make the slowest requests the ones that flatter the result.
"""

import math
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import check_count, check_positive
from slipway.stats.evidence import check_share


class LogCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Positive values by bucket; bucket i holds ``ratio**(i - 1) < value <= ratio**i`` (in the unit of the values).

    Parts add up exactly, in any order: :meth:`merge` of two streams is what one count over both would have given.

    Attributes:
        error: Relative error of a quantile, in (0, 1); ``ratio`` is (1 + error) / (1 - error).
        first: Index of the first bucket that is kept; 0 if there is none.
        counts: Values a bucket, from ``first`` on, without empty buckets at either end.
        endless: Values that were infinite: what was asked for never came.
        largest: The largest finite value, exactly; 0 if there is none.

    Reference:
        Masson, Rim & Lee (2019), "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
        guarantees", PVLDB 12(12), proposition 3.

    >>> counted = count_log([1.0, 2.0, 3.0, 4.0, 100.0], error=0.01)
    >>> counted.n, counted.largest, abs(counted.quantile(0.5) / 3 - 1) <= 0.01  # the third of five
    (5, 100.0, True)
    >>> count_log([1.0, math.inf], error=0.01).quantile(0.99)
    inf
    """

    error: float
    first: int = 0
    counts: tuple[int, ...] = ()
    endless: int = 0
    largest: float = 0.0

    def __post_init__(self) -> None:
        check_share("error", self.error)
        check_count("endless", self.endless)
        if min(self.counts, default=0) < 0:
            raise BadInput(f"counts: want none below 0, got {min(self.counts)}.")

    @property
    def n(self) -> int:
        """Values counted, the endless ones included."""
        return sum(self.counts) + self.endless

    def quantile(self, share: float) -> float:
        """Return the smallest value that at least this share of all values does not exceed, within the error.

        Args:
            share: In [0, 1]; 1 is the largest value, exactly.

        Returns:
            A value at most ``error`` off, relatively; infinite if it falls among the endless; NaN without any value.
        """
        if not 0 <= share <= 1:
            raise BadInput(f"share: want 0 <= share <= 1, got {share}. Shares are fractions: write 0.99 for p99.")
        finite = self.n - self.endless
        if not self.n:
            return math.nan
        rank = max(1, math.ceil(share * self.n - 1e-9))
        if rank > finite:
            return math.inf
        if rank == finite:
            return self.largest
        bucket = int(np.searchsorted(np.cumsum(self.counts), rank))
        ratio = _ratio(self.error)
        return min(self.largest, 2.0 * ratio ** (self.first + bucket) / (ratio + 1.0))

    def above(self, limit: float) -> int:
        """Return how many values lie above a limit; a bucket that holds the limit counts as above it, whole.

        So the answer is never too small, and too large at most by the values within ``2 * error`` below the limit.
        """
        check_positive("limit", limit)
        bucket = bucket_of(np.array([limit]), self.error)[0]
        below = max(0, int(bucket) - self.first)
        return sum(self.counts[below:]) + self.endless

    def bucket_above(self, share: float) -> int | None:
        """Return the first bucket such that at most this share of all values lies in it or in a later one.

        None without a finite value, or if more than this share never ended.

        Args:
            share: In (0, 1).

        >>> counted = count_log([1.0, 3.0, 9.0, 27.0], error=0.5)  # buckets 0, 1, 2 and 3
        >>> counted.bucket_above(0.5), counted.bucket_above(0.3), counted.bucket_above(0.2)
        (2, 3, 4)
        """
        check_share("share", share)
        room = share * self.n + 1e-9 - self.endless
        if not self.counts or room < 0:
            return None
        later = np.cumsum(self.counts[::-1])  # values in the last bucket, the last two, ...
        return self.first + len(self.counts) - int(np.searchsorted(later, room, side="right"))

    def merge(self, other: "LogCounts") -> "LogCounts":
        """Add two counts of one error; exact.

        Raises:
            BadInput: Their errors differ, so their buckets do.
        """
        if other.error != self.error:
            raise BadInput(f"error: want {self.error} in both parts, got {other.error}. Count both with one error.")
        parts = [part for part in (self, other) if part.counts]
        first = min((part.first for part in parts), default=0)
        total = np.zeros(max((part.first + len(part.counts) for part in parts), default=0) - first, np.int64)
        for part in parts:
            total[part.first - first : part.first - first + len(part.counts)] += part.counts
        return LogCounts(
            error=self.error,
            first=first,
            counts=tuple(total.tolist()),
            endless=self.endless + other.endless,
            largest=max(self.largest, other.largest),
        )


def count_log(values: npt.ArrayLike, *, error: float) -> LogCounts:
    """Count values.

    Args:
        values: Shape (n,), each above 0; infinity says that it never ended.
        error: Relative error to promise, in (0, 1).

    Raises:
        BadInput: A value is 0, negative or NaN. A time that was not measured is infinite, never zero.
    """
    check_share("error", error)
    column = np.asarray(values, dtype=np.float64).ravel()
    if not (column > 0).all():
        raise BadInput(f"values: want each above 0, got {column[~(column > 0)][0]}. What never ended is infinite.")
    finite = column[np.isfinite(column)]
    if not finite.size:
        return LogCounts(error=error, endless=int(column.size))
    buckets = bucket_of(finite, error)
    first = int(buckets.min())
    return LogCounts(
        error=error,
        first=first,
        counts=tuple(np.bincount(buckets - first).tolist()),
        endless=int(column.size - finite.size),
        largest=float(finite.max()),
    )


def bucket_of(values: npt.NDArray[np.float64], error: float) -> npt.NDArray[np.int64]:
    """Return the bucket of each finite positive value, shape (n,).

    >>> bucket_of(np.array([0.9, 1.0, 3.0, 3.1]), 0.5).tolist()  # ratio 3: up to 1, up to 3, up to 9
    [0, 0, 1, 2]
    """
    edges: npt.NDArray[Any] = np.ceil(np.log(values) / math.log(_ratio(error)) - 1e-9)
    return edges.astype(np.int64)


def _ratio(error: float) -> float:
    return (1.0 + error) / (1.0 - error)
