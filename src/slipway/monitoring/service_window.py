"""What the service did in the last minutes, hour or days, as rates, shares and quantiles. Pure."""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from slipway.monitoring.service_book import HOUR_S, MINUTE_S, MINUTES
from slipway.records.base import Record
from slipway.records.service import ServiceCounts, Spell
from slipway.records.service_book import ServiceBook


class Failure(StrEnum):
    """What kind of failure: the caller's own request, no room for it, or ours."""

    REFUSED = "refused"
    OVERLOAD = "overload"
    FAILED = "failed"


_CALLERS = frozenset(
    f"grpc_{code}"
    for code in (
        "cancelled",
        "invalid_argument",
        "not_found",
        "already_exists",
        "permission_denied",
        "failed_precondition",
        "aborted",
        "out_of_range",
        "unimplemented",
        "unauthenticated",
    )
)
_ECHO = frozenset({"http_429", "http_503", "grpc_resource_exhausted"})
"""Requests that were told of no room; where the queue was full, their rows are counted as ``overloaded`` already."""


def failures(errors: Mapping[str, int]) -> dict[Failure, int]:
    """Return failures by what kind they are.

    A request that met a full queue is counted by its rows and once more by what it was told; the larger of the two
    counts. So where a queue was full and no route was in force in one window, it may be fewer than there were.

    >>> told = failures({"http_400": 3, "unanswered": 2, "overloaded": 8, "http_503": 1, "grpc_invalid_argument": 1})
    >>> {str(kind): n for kind, n in told.items()}
    {'refused': 4, 'overload': 8, 'failed': 2}
    """
    if not errors:
        return dict.fromkeys(Failure, 0)
    refused = sum(n for kind, n in errors.items() if _is_refused(kind))
    echo = sum(errors.get(kind, 0) for kind in _ECHO)
    rest = sum(n for kind, n in errors.items() if kind not in _ECHO and kind != "overloaded" and not _is_refused(kind))
    overload = max(errors.get("overloaded", 0), echo)
    return {Failure.REFUSED: refused, Failure.OVERLOAD: overload, Failure.FAILED: rest}


def _is_refused(kind: str) -> bool:
    return kind in _CALLERS or (kind.startswith("http_4") and kind not in _ECHO)


class Quantile(Record, frozen=True, kw_only=True):
    """A quantile of the latency, as far as the buckets tell.

    Attributes:
        q: Which, such as 0.99.
        low_ms: It is not below.
        high_ms: It is not above; infinite where it lies in the open bucket.
    """

    q: float
    low_ms: float
    high_ms: float


def quantile(latency: Sequence[int], *, edges_s: Sequence[float], q: float) -> Quantile | None:
    """Return between which edges a quantile lies, or None where nothing was answered.

    No number inside a bucket is made up: what Prometheus interpolates there may be wrong by the bucket's width.

    Args:
        latency: Rows answered by bucket, shape (edges + 1,).
        edges_s: Upper ends of the buckets, in seconds, ascending; one more is open.
        q: Which quantile, in (0, 1).

    >>> found = quantile([90, 9, 1], edges_s=(0.01, 0.1), q=0.99)
    >>> found.low_ms, found.high_ms
    (10.0, 100.0)
    >>> quantile([90, 8, 2], edges_s=(0.01, 0.1), q=0.99).high_ms
    inf
    """
    total = sum(latency)
    if not total:
        return None
    so_far, ends = 0, (0.0, *edges_s, math.inf)
    for n, count in enumerate(latency):
        so_far += count
        if so_far >= q * total * (1 - 1e-12):
            return Quantile(q=q, low_ms=round(ends[n] * 1e3, 6), high_ms=round(ends[n + 1] * 1e3, 6))
    raise AssertionError("the buckets add up to their sum")


def spells(book: ServiceBook, *, length_s: float, now_us: int) -> tuple[Spell, ...]:
    """Return the minutes of a window that ends now, or the hours of one that is longer than the minutes reach.

    The first one may begin up to its own length before the window does.
    """
    long = length_s > MINUTES * MINUTE_S
    own_s = HOUR_S if long else MINUTE_S
    known = book.hours if long else book.minutes
    from_us = now_us - round((length_s + own_s) * 1e6)
    return known[bisect_right(known, from_us, key=_start) : bisect_right(known, now_us, key=_start)]


def _start(spell: Spell) -> int:
    return spell.start_us


def window(book: ServiceBook, *, length_s: float, now_us: int) -> Spell:
    """Return what is known of a window that ends now; where nobody looked it is empty, and ``watched_s`` says so.

    >>> window(ServiceBook(), length_s=300.0, now_us=10**12).watched_s
    0.0
    """
    whole = Spell(start_us=now_us - round(length_s * 1e6), length_s=length_s)
    for spell in spells(book, length_s=length_s, now_us=now_us):
        whole = whole.plus(spell)
    return msgspec.structs.replace(whole, watched_s=min(whole.watched_s, length_s)) if whole.watched_s else whole


def failed_rows(counts: ServiceCounts) -> int:
    """Return how many rows were not answered and are not the callers' own fault."""
    kinds = failures(counts.errors)
    return kinds[Failure.OVERLOAD] + kinds[Failure.FAILED]


def asked_rows(counts: ServiceCounts) -> int:
    """Return how many rows should have been answered."""
    return counts.answered + failed_rows(counts)
