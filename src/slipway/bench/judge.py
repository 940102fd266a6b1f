"""Whether a rate was held, and when a run cannot tell. Pure."""

from collections.abc import Mapping

from slipway.records.load_test import Hold, Limits
from slipway.stats.log_counts import LogCounts
from slipway.words import count, number, percent

LEAST_REQUESTS = 1_000
"""Fewer say nothing of a 99th percentile: ten of these are beyond it."""

LATE_MS = 1.0
LATE_SHARE = 0.2
"""A generator may be late by 1 ms, or by a fifth of the latency limit, at its own 99th percentile."""


def judge(limits: Limits, *, latency: LogCounts, outcomes: Mapping[str, int], late: LogCounts) -> tuple[Hold, str]:
    """Return whether the limits held, and why.

    A failure counts as slower than every answer, so that a server cannot become fast by refusing. Where the generator
    was late it may have sent in bursts what was due evenly, and the run is void, unless the server was slower by more
    than that explains.

    Args:
        limits: What is to hold.
        latency: Microseconds of every request that was due.
        outcomes: Requests by what became of them; ``200`` is an answer.
        late: Microseconds by which the generator was late.
    """
    n = latency.n
    if n < LEAST_REQUESTS:
        return Hold.VOID, f"{count(n, 'request')} say too little of a 99th percentile: want {LEAST_REQUESTS:,}."
    failed = n - outcomes.get("200", 0)
    p99_ms, late_ms = latency.quantile(0.99) / 1000, late.quantile(0.99) / 1000
    allowed_ms = max(LATE_MS, LATE_SHARE * limits.latency_p99_ms)
    seen = f"p99 {number(p99_ms, digits=3)} ms against {number(limits.latency_p99_ms)}"
    if failed > limits.error_share * n:
        kinds = ", ".join(f"{k}: {v:,}" for k, v in sorted(outcomes.items()) if k != "200")
        share = f"{percent(failed / n, digits=2)} against {percent(limits.error_share, digits=2)}"
        return Hold.BREAKS, f"{failed:,} of {count(n, 'request')} failed, {share} ({kinds})."
    if p99_ms > limits.latency_p99_ms + late_ms:
        return Hold.BREAKS, f"{seen}, on {count(n, 'request')}."
    if not late_ms <= allowed_ms:
        told = f"its p99 is {number(late_ms, digits=3)} ms, and {number(allowed_ms)} may be"
        return Hold.VOID, f"the generator was late: {told}. Ask for less, add generators, or ask from another machine."
    if p99_ms > limits.latency_p99_ms:
        return Hold.BREAKS, f"{seen}, on {count(n, 'request')}."
    return Hold.HOLDS, f"{seen}, {percent(failed / n, digits=2)} failed, on {count(n, 'request')}."
